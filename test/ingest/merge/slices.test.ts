// A partition is merged in slices, each a transaction of its own. What others edit meanwhile is kept, and an interrupted
// partition goes on where it stopped.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Database } from '../../../src/db/postgres/connection/database.ts';
import { COUNTS_LOCK } from '../../../src/db/postgres/locks/advisory-locks.ts';
import { mergeStaged } from '../../../src/ingest/merge/merge-staged.ts';
import { createTestDatabase } from '../../support/database/database.ts';
import { expectExactCounts } from '../../support/imports/catalogue.ts';
import { holdLock, waitForWaiting } from '../../support/imports/hold-lock.ts';
import { merge, type StagedRow, stage } from '../../support/imports/staged-import.ts';

const NEVER = new AbortController().signal;
const SOURCE = '0f8fad5b-d9cb-469f-a165-70867728950e';
/** More than a slice has at first. */
const ROWS = 9000;

const skuOf = (number: number) => `sku-${String(number).padStart(6, '0')}`;
const rowsOf = (numbers: number[], nameOf: (number: number) => string): StagedRow[] =>
  numbers.map((number, index) => [index + 2, skuOf(number), nameOf(number), 'x'.repeat((number * 37) % 400)]);
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);

const BEFORE = rowsOf(range(0, ROWS / 2), (number) => `Old ${number % 50}`);
const FILE = rowsOf(range(0, ROWS), (number) => `New ${number % 70}`);
const SHUFFLED = FILE.toSorted((a, b) => ((a[0] * 7919) % ROWS) - ((b[0] * 7919) % ROWS));

test('a partition that was interrupted goes on after its last slice, and keeps what was edited there', async (t) => {
  const database = await createTestDatabase(t, { max: 5 });
  await merge(database, await stage(database, BEFORE, false));
  const task = { ...(await stage(database, FILE, false)), lanes: 1 };
  const drained = await mergeUntilFirstSlice(database, task);
  assert.ok(drained > 0 && drained < ROWS, `${drained} rows in the first slice`);
  await expectExactCounts({ database });
  const [{ last } = {}] = await database.sql<{ last: string }[]>`
    SELECT merged_through AS last FROM import_partitions WHERE import_id = ${task.importId} AND merged_at IS NULL`;
  assert.equal(last, skuOf(drained - 1));

  await rename(database, skuOf(0), 'Edited');
  await rename(database, skuOf(drained), 'Overwritten');
  const [ledger] = await merge(database, task);
  assert.deepEqual(ledger, {
    staged: ROWS,
    inserted: ROWS / 2,
    updated: ROWS / 2,
    unchanged: 0,
    deleted: 0,
    kept: 0,
    superseded: 0,
  });
  await expectExactCounts({ database });
  assert.equal(await nameOf(database, skuOf(0)), 'Edited');
  assert.equal(await nameOf(database, skuOf(drained)), `New ${drained % 70}`);
  const [{ count } = {}] = await database.sql`SELECT count(*) FROM products WHERE name LIKE 'New %'`;
  assert.equal(count, ROWS - 1);
});

test('slices are in the order of SKU, however rows are compared', async (t) => {
  for (const products of [0, ROWS, 8 * ROWS]) {
    const database = await createTestDatabase(t, { max: 5 });
    await database.sql`
      INSERT INTO products SELECT 'other-' || n, 'Other', repeat('x', 100) FROM generate_series(1, ${products}::int) AS n`;
    if (products > 0) await database.sql`INSERT INTO product_name_counts VALUES ('Other', ${products})`;
    const task = { ...(await stage(database, SHUFFLED, false)), lanes: 1 };
    const merged = await mergeUntilFirstSlice(database, task);
    assert.ok(merged < ROWS);
    const [{ last } = {}] = await database.sql`SELECT max(sku) AS last FROM products WHERE sku LIKE 'sku-%'`;
    assert.equal(last, skuOf(merged - 1));
    const [ledger] = await merge(database, task);
    assert.equal(ledger?.inserted, ROWS);
  }
});

test('products that others create, rename or delete after the comparison are as in the file, with exact counts', async (t) => {
  const database = await createTestDatabase(t, { max: 5 });
  await merge(database, await stage(database, BEFORE, false));
  const task = { ...(await stage(database, FILE, false)), lanes: 1 };
  const lock = await holdLock(t, { database }, `SELECT pg_advisory_xact_lock(${COUNTS_LOCK})`);
  const merged = merge(database, task);
  await waitForWaiting({ database }, 'merge');
  // Of a later slice than the one that waits.
  const [renamed, same] = [ROWS / 2 - 1, ROWS / 2 - 2];
  await renameDirectly(database, skuOf(renamed), 'Renamed');
  await renameDirectly(database, skuOf(same), `New ${same % 70}`);
  const [created, deleted] = [ROWS - 1, ROWS / 2 - 3];
  await createDirectly(database, skuOf(created), 'Created');
  await deleteDirectly(database, skuOf(deleted));
  await lock.release();
  const [ledger] = await merged;
  assert.deepEqual(ledger, {
    staged: ROWS,
    inserted: ROWS / 2,
    updated: ROWS / 2 - 1,
    unchanged: 1,
    deleted: 0,
    kept: 0,
    superseded: 0,
  });
  for (const number of [renamed, created, deleted]) {
    assert.equal(await nameOf(database, skuOf(number)), `New ${number % 70}`);
  }
  await expectExactCounts({ database });
});

test('a slice is refused if the count of a name that it takes a product from is missing', async (t) => {
  const database = await createTestDatabase(t, { max: 5 });
  await merge(database, await stage(database, BEFORE, false));
  await database.sql`DELETE FROM product_name_counts WHERE name = 'Old 7'`;
  await assert.rejects(merge(database, await stage(database, FILE, false)), { code: '23514' });
});

test('attributes that a file does not speak of stay, whatever others do to products after the comparison', async (t) => {
  const database = await createTestDatabase(t, { max: 5 });
  const withColor = (color: string, others = {}) => {
    return ([line, sku, name, description]: StagedRow): StagedRow => [
      line,
      sku,
      name,
      description,
      { color, ...others },
    ];
  };
  await merge(database, await stage(database, BEFORE.map(withColor('old', { size: '1' })), false));
  // The names are the same: attributes alone differ.
  const rows = rowsOf(range(0, ROWS), (number) => `Old ${number % 50}`).map(withColor('new'));
  const task = { ...(await stage(database, rows, false)), lanes: 1 };
  const lock = await holdLock(t, { database }, `SELECT FROM products WHERE sku = '${skuOf(0)}' FOR UPDATE`);
  const merged = merge(database, task);
  await waitForWaiting({ database }, 'merge');
  const [renamed, created, deleted] = [ROWS / 2 - 1, ROWS - 1, ROWS / 2 - 3];
  await renameDirectly(database, skuOf(renamed), 'Renamed');
  await createDirectly(database, skuOf(created), 'Created');
  await deleteDirectly(database, skuOf(deleted));
  await lock.release();
  const [ledger] = await merged;
  assert.deepEqual([ledger?.inserted, ledger?.updated], [ROWS / 2, ROWS / 2]);
  const attributesOf = async (number: number) =>
    (await database.sql`SELECT attributes FROM products WHERE sku = ${skuOf(number)}`)[0]?.['attributes'];
  assert.deepEqual(await attributesOf(0), { color: 'new', size: '1' });
  assert.deepEqual(await attributesOf(renamed), { color: 'new', size: '1' });
  assert.deepEqual(await attributesOf(created), { color: 'new' });
  assert.deepEqual(await attributesOf(deleted), { color: 'new' });
  await expectExactCounts({ database });
});

test('slices claim unchanged products for a source, and an upload releases them', async (t) => {
  const database = await createTestDatabase(t, { max: 5 });
  await merge(database, await stage(database, FILE, false));
  const [claimed] = await merge(database, { ...(await stage(database, FILE, false)), sourceId: SOURCE });
  assert.equal(claimed?.unchanged, ROWS);
  const claims = async () => (await database.sql`SELECT count(*) FROM source_products`)[0]?.['count'];
  assert.equal(await claims(), ROWS);
  const [released] = await merge(database, await stage(database, FILE.slice(0, 100), false));
  assert.equal(released?.unchanged, 100);
  assert.equal(await claims(), ROWS - 100);
});

/** @returns how many rows are merged */
async function mergeUntilFirstSlice(database: Database, task: Parameters<typeof merge>[1]): Promise<number> {
  const drain = new AbortController();
  let rows = 0;
  const merging = mergeStaged(database, task, {
    signal: NEVER,
    drain: drain.signal,
    onTurn: () => {},
    onShare: () => {},
    onDeleted: () => {},
    onMerged: (_, { inserted, updated }) => {
      rows = inserted + updated;
      drain.abort();
    },
  });
  await assert.rejects(merging, { name: 'AbortError' });
  return rows;
}

async function rename({ sql }: Database, sku: string, name: string): Promise<void> {
  const [row] = await sql`SELECT outcome FROM update_product(${sku}, ${name}, NULL, NULL)`;
  assert.equal(row?.['outcome'], 'UPDATED');
}

/** Without waiting for the lock of counts. */
async function renameDirectly({ sql }: Database, sku: string, name: string): Promise<void> {
  await sql.begin(async (tx) => {
    const [old] = await tx`SELECT name FROM products WHERE sku = ${sku}`;
    await tx`UPDATE products SET name = ${name} WHERE sku = ${sku}`;
    await tx`UPDATE product_name_counts SET product_count = product_count - 1 WHERE name = ${old?.['name']}`;
    await tx`
      INSERT INTO product_name_counts AS counts VALUES (${name}, 1)
      ON CONFLICT (name) DO UPDATE SET product_count = counts.product_count + 1`;
  });
}

async function createDirectly({ sql }: Database, sku: string, name: string): Promise<void> {
  await sql.begin(async (tx) => {
    await tx`INSERT INTO products (sku, name, description) VALUES (${sku}, ${name}, 'x')`;
    await tx`INSERT INTO product_name_counts VALUES (${name}, 1)`;
  });
}

async function deleteDirectly({ sql }: Database, sku: string): Promise<void> {
  await sql.begin(async (tx) => {
    const [deleted] = await tx`DELETE FROM products WHERE sku = ${sku} RETURNING name`;
    await tx`UPDATE product_name_counts SET product_count = product_count - 1 WHERE name = ${deleted?.['name']}`;
  });
}

async function nameOf({ sql }: Database, sku: string): Promise<string | undefined> {
  return (await sql`SELECT name FROM products WHERE sku = ${sku}`)[0]?.['name'];
}
