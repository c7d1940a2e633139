// Tables that an import changed a lot are analyzed, without waiting for locks.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sampleChunks } from '../../../src/cli/sample/sample-rows.ts';
import { gatherStatistics } from '../../../src/db/merge/statistics.ts';
import type { Database } from '../../../src/db/postgres/connection/database.ts';
import { needsOneNode } from '../../support/database/cluster.ts';
import { createTestDatabase } from '../../support/database/database.ts';
import { holdLock } from '../../support/imports/hold-lock.ts';
import { importEnds } from '../../support/imports/import-state.ts';
import { expectNoErrors, upload } from '../../support/server/graphql-client.ts';
import { startTestServer } from '../../support/server/server.ts';

const NOTHING = { products: 0, changes: 0, names: 0, issues: 0, claims: 0 };

test('tables of which more than a tenth has changed are analyzed', { skip: needsOneNode() }, async (t) => {
  const database = await createTestDatabase(t);
  await addProducts(database, 1000);
  await gatherStatistics(database, { ...NOTHING, products: 1000 });
  assert.equal(await rowsKnown(database, 'products'), 1000);
  assert.equal(await rowsKnown(database, 'product_name_counts'), -1);

  await addProducts(database, 100);
  await gatherStatistics(database, { ...NOTHING, products: 100 });
  assert.equal(await rowsKnown(database, 'products'), 1000);
  await gatherStatistics(database, { ...NOTHING, products: 101 });
  assert.equal(await rowsKnown(database, 'products'), 1100);
});

test('a locked table is skipped', async (t) => {
  const database = await createTestDatabase(t);
  await addProducts(database, 10);
  const lock = await holdLock(t, { database }, 'LOCK TABLE products IN SHARE UPDATE EXCLUSIVE MODE');
  await gatherStatistics(database, { ...NOTHING, products: 10 });
  assert.equal(await rowsKnown(database, 'products'), -1);
  await lock.release();
});

test('an import into a table that is empty according to its statistics is merged as fast as any other', async (t) => {
  const server = await startTestServer(t);
  const { sql } = server.database;
  await sql`ALTER TABLE products SET (autovacuum_enabled = off)`;
  const file = Buffer.concat([...sampleChunks(40_000, 5)].map(({ bytes }) => bytes));
  // SKUs are lower case already: every name changes, but no SKU.
  const changed = file.toString().replace(/[A-Z]/g, '$&x');
  for (const content of [file, changed]) {
    await sql`UPDATE pg_class SET reltuples = 0 WHERE relname = 'products'`;
    await sql`DELETE FROM pg_statistic WHERE starelid = 'products'::regclass`;
    const { id } = expectNoErrors(await upload(server.url, 'a.csv', content)).importProducts;
    // A nested loop over all rows would take many minutes.
    assert.equal((await importEnds(server.url, id)).status, 'COMPLETED');
  }
});

async function addProducts({ sql }: Database, count: number): Promise<void> {
  await sql`
    INSERT INTO products (sku, name, description)
    SELECT gen_random_uuid()::text, 'Ada', '' FROM generate_series(1, ${count})`;
}

async function rowsKnown({ sql }: Database, table: string): Promise<number> {
  const [known] = await sql<
    { rows: number }[]
  >`SELECT reltuples AS rows FROM pg_class WHERE relname = ${table}`;
  return known?.rows ?? 0;
}
