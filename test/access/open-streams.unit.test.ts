// Streams end when the grant of their client does: by its time, or because its token was revoked.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OpenStreams } from '../../src/access/open-streams.ts';
import type { TokenDirectory } from '../../src/access/token-directory.ts';
import type { AccessToken } from '../../src/db/access/access-token-store.ts';

const IDENTITY = { id: 'token:1', name: 'Test', role: 'reader' } as const;
const TOKEN = { id: '1', expiresAt: null, revokedAt: null } as AccessToken;

function streamsWith(read: () => Promise<AccessToken[]>) {
  let announce = () => {};
  const tokens = {
    read,
    onChange: (listener: () => void) => {
      announce = listener;
    },
  } as unknown as TokenDirectory;
  return { streams: new OpenStreams(tokens), announce: () => announce() };
}

/** Lets reads of tokens finish. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

test('a grant that expires ends its streams within five seconds', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval', 'Date'] });
  const { streams } = streamsWith(async () => []);
  const ended: string[] = [];
  streams.add({ identity: IDENTITY, expiresAt: Date.now() + 60_000 }, (reason) => ended.push(reason));
  t.mock.timers.tick(55_000);
  assert.deepEqual(ended, []);
  t.mock.timers.tick(5000);
  assert.deepEqual(ended, ['The token has expired.']);
});

test('a revoked token ends its streams, even if nobody could tell this process', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  let tokens = [TOKEN];
  const { streams, announce } = streamsWith(async () => tokens);
  const ended: string[] = [];
  const grant = { identity: IDENTITY, tokenId: '1' };
  const remove = streams.add(grant, (reason) => ended.push(reason));
  announce();
  await settled();
  assert.deepEqual(ended, []);
  tokens = [{ ...TOKEN, revokedAt: new Date() }];
  t.mock.timers.tick(5000);
  await settled();
  assert.deepEqual(ended, ['The token was revoked.']);
  remove();
  tokens = [];
  announce();
  await settled();
  assert.equal(ended.length, 1, 'a stream that has ended is not told again');
});

test('while the database is away, streams go on', async () => {
  const { streams, announce } = streamsWith(async () => {
    throw new Error('no connection');
  });
  const remove = streams.add({ identity: IDENTITY, tokenId: '1' }, () => assert.fail('it ended'));
  announce();
  await settled();
  remove();
});
