// A schema that breaks clients of the last release does not pass `npm run check`.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createTemporaryFolder } from '../support/temporary-folder.ts';

const ROOT = join(import.meta.dirname, '../..');
const SCHEMA = readFileSync(join(ROOT, 'schema.graphql'), 'utf8');

function check(schema: string) {
  const { status, stderr } = spawnSync(process.execPath, ['scripts/check-evolution.ts', schema], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  return { status, stderr };
}

test('the schema of this version keeps what the last release had', () => {
  assert.deepEqual(check('schema.graphql'), { status: 0, stderr: '' });
});

test('a removed field makes the check fail, and a new one does not', async (t) => {
  const path = join(await createTemporaryFolder(t), 'changed.graphql');
  writeFileSync(path, SCHEMA.replace('\n  updatedAt: DateTime!\n', '\n  changedAt: DateTime!\n'));
  const { status, stderr } = check(path);
  assert.equal(status, 1);
  assert.match(stderr, /\.updatedAt was removed\.\n/);
  writeFileSync(path, `${SCHEMA}\ntype Extra {\n  field: Int\n}\n`);
  assert.deepEqual(check(path), { status: 0, stderr: '' });
});

test('an accepted change that was taken back must leave the list', async (t) => {
  const path = join(await createTemporaryFolder(t), 'changed.graphql');
  writeFileSync(path, SCHEMA.replace('code: RowIssueCode\n', 'code: String\n'));
  const { status, stderr } = check(path);
  assert.equal(status, 1);
  assert.match(stderr, /accepts changes that are not there:\n {2}Import\.issues arg code/);
});
