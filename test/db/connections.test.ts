// Transactions, also on connections that are lost in the middle of them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql as raw } from 'drizzle-orm';
import type { Database } from '../../src/db/client.ts';
import { createTestDatabase } from '../support/database.ts';
import { waitUntil } from '../support/wait-until.ts';

const SLEEPING: Record<string, (database: Database) => Promise<unknown>> = {
  'of SQL': ({ sql }) => sql.begin((tx) => tx`SELECT pg_sleep(60)`),
  'of SQL, with a mode': ({ sql }) => sql.begin('read only', (tx) => tx`SELECT pg_sleep(60)`),
  'of Drizzle': ({ orm }) => orm.transaction((tx) => tx.execute(raw`SELECT pg_sleep(60)`)),
};

for (const [kind, sleep] of Object.entries(SLEEPING)) {
  test(`a connection that is lost in a transaction ${kind} fails that transaction, and nothing else`, async (t) => {
    const database = await createTestDatabase(t, { max: 1 });
    const admin = await createTestDatabase(t, { max: 1 });
    const [backend] = await database.sql`SELECT pg_backend_pid() AS pid`;
    const pid = Number(backend?.['pid']);
    const lost = assert.rejects(sleep(database), /CONNECTION_CLOSED/);
    await waitUntil('it sleeps', async () => {
      const sleeping =
        await admin.sql`SELECT FROM pg_stat_activity WHERE pid = ${pid} AND wait_event = 'PgSleep'`;
      return sleeping.length > 0;
    });
    await admin.sql`SELECT pg_terminate_backend(${pid})`;
    await lost;
    // postgres.js may tell the next query of the loss once more.
    await database.sql`SELECT 1`.catch(() => {});
    assert.deepEqual([...(await database.sql`SELECT 1 AS one`)], [{ one: 1 }]);
  });
}

test('what fails in a transaction is undone, and thrown as it is', async (t) => {
  const { sql } = await createTestDatabase(t, { max: 1 });
  const failure = new Error('no more');
  const failed = sql.begin(async (tx) => {
    await tx`INSERT INTO products VALUES ('a', 'A', '')`;
    throw failure;
  });
  await assert.rejects(failed, failure);
  await assert.rejects(
    sql.begin((tx) => tx`SELECT 1 / 0`),
    { code: '22012' },
  );
  assert.deepEqual([...(await sql`SELECT sku FROM products`)], []);
});
