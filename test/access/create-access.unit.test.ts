// Whether a server starts open, requires tokens, or refuses to start.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pino } from 'pino';
import { type AccessSettings, createAccess } from '../../src/access/create-access.ts';
import { readSettings } from '../../src/config.ts';
import type { AccessTokenStore } from '../../src/db/access/access-token-store.ts';
import type { Database } from '../../src/db/postgres/connection/database.ts';

async function decide(env: Record<string, string>, hasTokens = false) {
  const logged: string[] = [];
  const tokens = { hasAny: async () => hasTokens } as unknown as AccessTokenStore;
  const log = pino({ level: 'warn' }, { write: (line) => logged.push(line) });
  const settings: AccessSettings = readSettings(env);
  const { isOpen } = await createAccess(settings, { database: {} as Database, tokens, log });
  return { isOpen, logged };
}

const JWT = { JWT_JWKS_URL: 'https://login.example/keys', JWT_ISSUER: 'i', JWT_AUDIENCE: 'a' };

test('on loopback, access is open until it is configured', async () => {
  for (const HOST of ['127.0.0.1', '127.8.8.8', '::1', 'localhost', '::ffff:127.0.0.1'])
    assert.deepEqual(await decide({ HOST }), { isOpen: true, logged: [] }, HOST);
  assert.equal((await decide({}, true)).isOpen, false);
  assert.equal((await decide({ ACCESS: 'required' })).isOpen, false);
  assert.equal((await decide(JWT)).isOpen, false);
});

test('on another address, it does not start until access is configured', async () => {
  for (const HOST of ['0.0.0.0', '::', '10.0.0.1', 'loadstone.example', '::ffff:10.0.0.1']) {
    await assert.rejects(decide({ HOST }), (error: Error) => {
      assert.equal(error.name, 'SettingsError');
      assert.match(error.message, /no access is configured\. Make a token with `npm run token -- create/);
      return true;
    });
    assert.equal((await decide({ HOST }, true)).isOpen, false);
    assert.equal((await decide({ HOST, ...JWT })).isOpen, false);
    assert.equal((await decide({ HOST, ACCESS: 'required' })).isOpen, false);
  }
});

test('ACCESS=open is logged as a warning', async () => {
  for (const HOST of ['127.0.0.1', '0.0.0.0']) {
    const { isOpen, logged } = await decide({ HOST, ACCESS: 'open' }, true);
    assert.equal(isOpen, true);
    assert.match(logged[0] ?? '', /"level":40.*whoever reaches this server may do everything/);
  }
});

test('JWTs need an issuer and an audience, and keys over a connection that is safe', async () => {
  const { JWT_JWKS_URL } = JWT;
  await assert.rejects(decide({ JWT_JWKS_URL }), /JWT_ISSUER and JWT_AUDIENCE is not set/);
  await assert.rejects(decide({ JWT_ISSUER: 'i', JWT_AUDIENCE: 'a' }), /JWT_JWKS_URL is not set/);
  await assert.rejects(decide({ JWT_JWKS_URL: 'http://login.example/keys' }), /must be an address .* https/);
});
