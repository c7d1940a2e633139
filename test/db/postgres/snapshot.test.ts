// Reads in one snapshot: an abort or a timeout cancels them in the database, and cancels no other query.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openDatabase } from '../../../src/db/postgres/connection/database.ts';
import { inOneSnapshot } from '../../../src/db/postgres/snapshot.ts';
import { createTestDatabase } from '../../support/database/database.ts';
import { releaseAfter } from '../../support/release.ts';

const SLEEP = 'SELECT pg_sleep(60)';

test('all queries of a read see the same snapshot', async (t) => {
  const database = await createTestDatabase(t);
  const seen = await inOneSnapshot(database, async (sql) => {
    const before = await sql`SELECT FROM products`;
    await database.sql`INSERT INTO products (sku, name, description) VALUES ('a', 'Ada', '')`;
    const after = await sql`SELECT FROM products`;
    return [before.length, after.length];
  });
  assert.deepEqual(seen, [0, 0]);
});

test('aborting the signal cancels the running query in the database', async (t) => {
  const database = await createTestDatabase(t, { max: 1 });
  const leaving = new AbortController();
  const reading = inOneSnapshot(
    database,
    async (sql) => {
      setTimeout(() => leaving.abort(), 50);
      await sql.unsafe(SLEEP);
    },
    leaving.signal,
  );
  await assert.rejects(reading, { name: 'AbortError' });
  const [free] = await database.sql`SELECT 1 AS one`;
  assert.equal(free?.['one'], 1);
});

test('a read whose signal is already aborted does not start', async (t) => {
  const database = await createTestDatabase(t);
  const reading = inOneSnapshot(database, () => assert.fail('it was read'), AbortSignal.abort());
  await assert.rejects(reading, { name: 'AbortError' });
});

test('a read that exceeds its time limit fails with QUERY_TIMEOUT, other failures are unchanged', async (t) => {
  const { url } = await createTestDatabase(t);
  const database = openDatabase(url, { statementTimeoutMs: 200, applicationName: 'test' });
  releaseAfter(t, () => database.close());
  await assert.rejects(
    inOneSnapshot(database, (sql) => sql.unsafe(SLEEP)),
    { code: 'QUERY_TIMEOUT', message: /^The query took longer than 0\.2 seconds/ },
  );
  await assert.rejects(
    inOneSnapshot(database, (sql) => sql.unsafe('SELECT 1 / 0')),
    { code: '22012' },
  );
});

test('cancelling many reads never cancels a later query on the same connection', async (t) => {
  const database = await createTestDatabase(t, { max: 2 });
  for (let round = 0; round < 40; round++) {
    const leaving = new AbortController();
    const cancelled = inOneSnapshot(database, (sql) => sql.unsafe(SLEEP), leaving.signal);
    setTimeout(() => leaving.abort(), round % 10);
    await assert.rejects(cancelled, { name: 'AbortError' });
    const others = Array.from({ length: 4 }, () => database.sql`SELECT pg_sleep(0.002), 1 AS one`);
    for (const [row] of await Promise.all(others)) assert.equal(row?.['one'], 1);
  }
});
