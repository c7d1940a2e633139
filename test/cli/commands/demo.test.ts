// The demo shows an import from start to finish.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestDatabase } from '../../support/database/database.ts';
import { createTemporaryFolder } from '../../support/temporary-folder.ts';
import { ownOperationsOnly, runCommand, startCommand } from '../support.ts';

test('it imports its sample, shows the ledger and the names, changes a count, and exits; also where only a list is executed', async (t) => {
  const env = await demoSettings(t);
  const { status, stdout, stderr } = await runCommand(t, 'demo', ['--rows', '3000', '--exit'], env);
  assert.equal(status, 0, stderr);
  assert.match(stdout, /COMPLETED after /);
  assert.match(stdout, /read {8}3,000\n/);
  assert.match(stdout, /The most frequent of [\d,]+ names:\n(\w+ \w+ +\d+\n){10}/);
  assert.match(stdout, /Ada Lovelace +0 +1\n/);

  const closed = { ...env, ...(await ownOperationsOnly(t)) };
  const again = await runCommand(t, 'demo', ['--rows', '3000', '--exit'], closed);
  assert.equal(again.status, 0, again.stderr);
  assert.doesNotMatch(again.stdout, /Generating a sample/, 'the sample is still there');
  assert.match(again.stdout, /inserted +0\nupdated +1\n/, 'what the first demo changed is put right');
});

test('it keeps serving until Ctrl-C', async (t) => {
  const command = startCommand(t, 'demo', ['--rows', '10'], await demoSettings(t));
  const output = await command.printed('Press Ctrl-C to stop.');
  const url = /GraphQL +(\S+)/.exec(output)?.[1] ?? '';
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: '{ imports { edges { node { status } } } }' }),
  });
  assert.deepEqual(await answer.json(), {
    data: { imports: { edges: [{ node: { status: 'COMPLETED' } }] } },
  });
  command.process.kill('SIGINT');
  const { status, stderr } = await command.finished;
  assert.equal(status, 0);
  assert.match(stderr, /Stopped\.\n$/);
});

async function demoSettings(t: Parameters<typeof createTestDatabase>[0]): Promise<Record<string, string>> {
  const { url } = await createTestDatabase(t);
  return { DATABASE_URL: url, DATA_DIR: await createTemporaryFolder(t), PORT: '0' };
}
