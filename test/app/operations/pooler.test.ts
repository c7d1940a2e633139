// Behind a connection pooler, the server works in session mode and refuses to start in any other.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sampleChunks } from '../../../src/cli/sample/sample-rows.ts';
import { openDatabase } from '../../../src/db/postgres/connection/database.ts';
import { migrateDatabase } from '../../../src/db/postgres/startup/migrate.ts';
import { createTestDatabase } from '../../support/database/database.ts';
import { NO_PGBOUNCER, startPgbouncer } from '../../support/database/pgbouncer.ts';
import { expectExactCounts } from '../../support/imports/catalogue.ts';
import { importAndWait } from '../../support/server/graphql-client.ts';
import { startTestServer } from '../../support/server/server.ts';

const SAMPLE = Buffer.concat([...sampleChunks(20_000, 1)].map(({ bytes }) => bytes));

test('a server behind pgbouncer in session mode starts, imports and names its connections', {
  skip: NO_PGBOUNCER,
}, async (t) => {
  const database = await createTestDatabase(t, { hostile: true });
  const databaseUrl = await startPgbouncer(t, database.url, {
    pool_mode: 'session',
    default_pool_size: 40,
    application_name_add_host: 1,
  });
  const server = await startTestServer(t, { databaseUrl });
  const done = await importAndWait(server.url, SAMPLE);
  assert.deepEqual([done.status, done.rows.read], ['COMPLETED', 20_000]);
  await expectExactCounts(server);
  const named = await database.sql`
    SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name ~ '^loadstone presence @.{8}$'`;
  assert.equal(named.length, 1);
  await server.close();
});

for (const [mode, settings] of [
  ['transaction', {}],
  ['transaction', { server_round_robin: 1 }],
  ['statement', {}],
  ['statement', { server_round_robin: 1 }],
] as const) {
  const turns = 'server_round_robin' in settings ? ' with round-robin connections' : '';
  test(`pgbouncer in ${mode} mode is rejected${turns}`, { skip: NO_PGBOUNCER }, async (t) => {
    const { url } = await createTestDatabase(t, { bare: true });
    const pooled = await startPgbouncer(t, url, { pool_mode: mode, default_pool_size: 5, ...settings });
    for (const connections of [0, 2, 4]) {
      // The pooler already has this many connections to the database.
      const others = openDatabase(pooled, { max: 5, applicationName: 'test' });
      await Promise.all(Array.from({ length: connections }, () => others.sql.unsafe('SELECT pg_sleep(0.2)')));
      await others.close();
      await assert.rejects(
        migrateDatabase(pooled),
        /^SettingsError: DATABASE_URL points to a connection pooler in transaction or statement mode.*pool_mode = session/,
      );
    }
  });
}

test('a pooler limited to one connection is rejected', { skip: NO_PGBOUNCER }, async (t) => {
  const { url } = await createTestDatabase(t, { bare: true });
  const pooled = await startPgbouncer(t, url, {
    pool_mode: 'session',
    default_pool_size: 1,
    query_wait_timeout: 1,
  });
  await assert.rejects(migrateDatabase(pooled), /allows no second connection .*default_pool_size/);
});
