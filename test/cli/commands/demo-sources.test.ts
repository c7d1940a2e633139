// The demo of data sources merges two sources, then changes one of them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestDatabase } from '../../support/database/database.ts';
import { createTemporaryFolder } from '../../support/temporary-folder.ts';
import { ownOperationsOnly, runCommand } from '../support.ts';

test('it merges two sources, changes one, shows the differences, and can be run again where only a list is executed', async (t) => {
  const { url } = await createTestDatabase(t);
  const env = { DATABASE_URL: url, DATA_DIR: await createTemporaryFolder(t), PORT: '0' };
  const { status, stdout, stderr } = await runCommand(t, 'demo-sources', ['--rows', '1000', '--exit'], env);
  assert.equal(status, 0, stderr);
  assert.match(stdout, /Demo: north +1,000 +\d+ +0 /);
  assert.match(stdout, /Demo: south +1,000 /);
  // 50 products removed, 25 added and 100 renamed: the other lines show what both sources had before.
  const [, deleted = ''] = /changes: [\s\S]*?Demo: north +\d+ +25 +\d+ +\d+ +0 +0 +(\d+) /.exec(stdout) ?? [];
  assert.ok(Number(deleted) > 25 && Number(deleted) <= 50, stdout);
  assert.match(stdout, /Ada Lovelace +0 +125\n/);

  const closed = { ...env, ...(await ownOperationsOnly(t)) };
  const again = await runCommand(t, 'demo-sources', ['--rows', '1000', '--exit'], closed);
  assert.equal(again.status, 0, again.stderr);
  assert.match(again.stdout, /Ada Lovelace +\d+ +125\n/);
});

test('invalid options are reported', async (t) => {
  const { status, stderr } = await runCommand(t, 'demo-sources', ['--rows', '10']);
  assert.equal(status, 2);
  assert.match(stderr, /--rows must be a whole number from 1000/);
});
