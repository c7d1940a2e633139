// An operator makes, lists and revokes tokens from the command line.

import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { query } from '../../support/server/graphql-client.ts';
import { ONE_LANE, startTestServer } from '../../support/server/server.ts';
import { makeToken } from '../../support/server/tokens.ts';
import { createTemporaryFolder } from '../../support/temporary-folder.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { runCommand } from '../support.ts';

const NAMES = '{ productCountTotals { names } }';

test('a token is in force once it is made, and no more once it is revoked', async (t) => {
  const server = await startTestServer(t, { ...ONE_LANE, access: 'required' });
  const env = { DATABASE_URL: server.settings.databaseUrl ?? '' };
  const run = (...args: string[]) => runCommand(t, 'token', args, env);
  const status = async (token: string) =>
    (await query(server.url, NAMES, {}, { authorization: `Bearer ${token}` })).status;

  const made = await run('create', '--role', 'writer', '--name', 'Shop sync', '--expires-days', '90');
  assert.equal(made.status, 0, made.stderr);
  assert.match(made.stdout, /^loadstone_[\da-f]{32}_[\w-]{43}\n$/);
  assert.match(made.stderr, /^The token of Shop sync, with the role writer until 20.*shown this once:\n$/);
  const token = made.stdout.trim();
  assert.equal(await status(token), 200);
  const stored = await server.database.sql`SELECT access_tokens::text AS row FROM access_tokens`;
  assert.doesNotMatch(String(stored[0]?.['row']), new RegExp(token.slice(-43)));

  const again = await run('create', '--role', 'reader', '--name', 'Shop sync');
  assert.equal(again.status, 1);
  assert.match(again.stderr, /There is a token Shop sync already\./);

  const listed = await run('list');
  const [header, row] = listed.stdout.split('\n');
  assert.match(header ?? '', /^name +role +state +created +expires +last used +id$/);
  assert.match(
    row ?? '',
    /^Shop sync +writer +in force +20\d\d-\d\d-\d\d +20\d\d-\d\d-\d\d +(20\d\d-\d\d-\d\d|-) +[\da-f-]{36}$/,
  );
  assert.doesNotMatch(listed.stdout, new RegExp(token.slice(-43)));

  const revoked = await run('revoke', 'Shop sync');
  assert.deepEqual([revoked.status, revoked.stdout], [0, 'Revoked the token of Shop sync.\n']);
  await waitUntil('it is refused', async () => (await status(token)) === 401);
  const twice = await run('revoke', 'Shop sync');
  assert.equal(twice.status, 1);
  assert.match(twice.stderr, /There is no token Shop sync in force\./);
});

test('commands that use a server send the token that they are given', async (t) => {
  const server = await startTestServer(t, { ...ONE_LANE, access: 'required' });
  const { text } = await makeToken(server.database, 'writer');
  const folder = await createTemporaryFolder(t);
  const [file, out] = [join(folder, 'in.csv'), join(folder, 'out.csv')];
  await writeFile(file, 'name,sku,description\nLamp,a,\n');
  const url = ['--url', server.url];

  const refused = await runCommand(t, 'import', [file, ...url]);
  assert.equal(refused.status, 1);
  assert.match(
    refused.stderr,
    /needs an access token.*Commands take it from --token or the variable LOADSTONE_TOKEN/,
  );
  const imported = await runCommand(t, 'import', [file, ...url], { LOADSTONE_TOKEN: text });
  assert.equal(imported.status, 0, imported.stderr);
  const exported = await runCommand(t, 'export', ['--out', out, '--token', text, ...url]);
  assert.equal(exported.status, 0, exported.stderr);
  assert.match(await readFile(out, 'utf8'), /Lamp/);
  const wrong = await runCommand(t, 'undo', ['some', '--token', 'two words']);
  assert.deepEqual(
    [wrong.status, wrong.stderr.split('\n')[0]],
    [2, '--token is not a token: it has other characters.'],
  );
});

test('wrong arguments say what is right', async (t) => {
  const wrong: [string[], RegExp][] = [
    [[], /^Use create, list, or revoke/],
    [['create', '--name', 'X'], /^--role must be reader, writer or admin\./],
    [['create', '--role', 'root', '--name', 'X'], /^--role must be reader, writer or admin, not "root"\./],
    [['create', '--role', 'reader'], /^Say with --name/],
    [['create', '--role', 'reader', '--name', ' '], /^--name must not be blank\./],
    [['create', '--role', 'reader', '--name', 'X', '--expires-days', '0'], /^--expires-days must be/],
  ];
  const results = await Promise.all(wrong.map(([args]) => runCommand(t, 'token', args)));
  for (const [index, { status, stderr }] of results.entries()) {
    assert.equal(status, 2);
    assert.match(stderr, wrong[index]?.[1] ?? /never/);
  }
});
