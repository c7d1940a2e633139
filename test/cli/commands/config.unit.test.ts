// The settings in force: values without secrets, where each comes from, and the connections that they allow.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settingsInForce } from '../../../src/config.ts';
import { connectionsNeeded } from '../../../src/db/postgres/connection/connection-budget.ts';
import { runCommand } from '../support.ts';

test('each setting has its value and its source, and no secret is shown', () => {
  const env = { PORT: '4001', HOST: ' ', DATABASE_URL: 'postgres://me:s3cret@db:5432/shop?password=other' };
  const found = settingsInForce(env, { PORT: '4002', LOG_LEVEL: 'warn' });
  const of = (name: string) => found.find(({ variable }) => variable === name);
  assert.deepEqual(of('PORT'), { variable: 'PORT', value: '4001', source: 'environment' });
  assert.deepEqual(of('HOST'), { variable: 'HOST', value: '127.0.0.1', source: 'default' });
  assert.deepEqual(of('LOG_LEVEL'), { variable: 'LOG_LEVEL', value: 'warn', source: '.env' });
  assert.equal(of('DATABASE_URL')?.value, 'postgres://me:***@db:5432/shop');
  assert.doesNotMatch(JSON.stringify(found), /s3cret|other/);
  assert.throws(() => settingsInForce({ PORT: 'x' }, {}), /PORT is "x"/);
});

test('the last line says how many connections a server may take, and for what', async (t) => {
  const settings = { maxActiveImports: 3, ingestLanes: 5, sharedRates: true };
  const env = { MAX_ACTIVE_IMPORTS: '3', INGEST_LANES: '5', SHARED_RATES: 'true' };
  const { status, stdout } = await runCommand(t, 'config', [], env);
  assert.equal(status, 0);
  assert.match(stdout, /^MAX_ACTIVE_IMPORTS +3 +environment$/m);
  const [, total, uses = ''] = /\n\nConnections: at most (\d+): (.+)\n$/.exec(stdout) ?? [];
  assert.equal(Number(total), connectionsNeeded(settings));
  const counts = new Map(
    uses.split(', ').map((use) => [use.replace(/ \d+$/, ''), Number(use.match(/\d+$/))]),
  );
  assert.deepEqual([counts.get('edits'), counts.get('rates'), counts.get('lanes')], [4, 2, 15]);
  assert.equal(
    [...counts.values()].reduce((sum, count) => sum + count, 0),
    Number(total),
  );
  const json = await runCommand(t, 'config', ['--json'], env);
  assert.ok(Array.isArray(JSON.parse(json.stdout)), 'programs get the settings alone');
});
