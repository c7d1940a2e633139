// A first load makes the staging table the catalogue. It does what an ordinary merge does, whatever happens meanwhile.

import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import type postgres from 'postgres';
import { stagingTable, supersededTable } from '../../../src/db/imports/staging.ts';
import {
  countNames,
  isStagedForFirstLoad,
  moveSuperseded,
} from '../../../src/db/merge/first-load/first-load.ts';
import type { PartitionLedger } from '../../../src/db/merge/partitions/partition-ledger.ts';
import { StagingLostError } from '../../../src/db/merge/superseded/require-staged-rows.ts';
import { openMergeSession } from '../../../src/db/merge/turn/merge-session.ts';
import { MergeTurn } from '../../../src/db/merge/turn/merge-turn.ts';
import type { Database } from '../../../src/db/postgres/connection/database.ts';
import { Session } from '../../../src/db/postgres/connection/session.ts';
import type { MergeTask } from '../../../src/ingest/merge/merge-staged.ts';
import { createTestDatabase } from '../../support/database/database.ts';
import { needsOwnership } from '../../support/database/serving-role.ts';
import { productsTable } from '../../support/imports/catalogue.ts';
import { holdLock, waitForWaiting } from '../../support/imports/hold-lock.ts';
import { merge, type StagedRow, stage, stateOf } from '../../support/imports/staged-import.ts';
import { releaseAfter } from '../../support/release.ts';

const NEVER = new AbortController().signal;
const SOURCE = '0f8fad5b-d9cb-469f-a165-70867728950e';

const ROWS: StagedRow[] = [
  [2, 'a-1', 'Ann', 'first'],
  [3, 'b-1', 'Bob', 'x'],
  [4, 'a-1', 'Ann', 'a "quoted", text'],
  [6, 'c-1', 'Ann', 'x'],
  [7, 'a-1', 'Bob', 'last'],
  [8, 'd-1', 'Only superseded', 'x'],
  [9, 'd-1', 'Ann', 'x'],
];

const WITH_ATTRIBUTES: StagedRow[] = ROWS.map(([line, sku, name, description]) => [
  line,
  sku,
  name,
  description,
  { size: `${line}` },
]);

test('a first load and an ordinary merge have the same result', {
  skip: needsOwnership(),
}, async (t) => {
  const cases: [StagedRow[], MergeTask['winner'], withRecord?: boolean][] = [
    [ROWS, 'LAST'],
    [[], 'LAST'],
    [randomRows(300, 3), 'LAST'],
    [randomRows(300, 5000), 'LAST'],
    [ROWS, 'FIRST'],
    [randomRows(300, 100), 'FIRST'],
    [ROWS, 'LAST', true],
    [WITH_ATTRIBUTES, 'FIRST', true],
    [randomRows(300, 100), 'LAST', true],
  ];
  for (const [rows, winner, withRecord] of cases) {
    const results = [];
    for (const isFirstLoad of [true, false]) {
      const database = await createTestDatabase(t, { max: 5 });
      const task = await stage(database, rows, isFirstLoad, 1, withRecord);
      const merged = await merge(database, { ...task, winner, sourceId: SOURCE });
      results.push({ merged, ...(await stateOf(database, task.importId)) });
      assert.equal(await isStagedForFirstLoad(database.sql, task), false);
    }
    assert.deepEqual(results[0], results[1]);
  }
});

test('the new tables are defined as the ones that they replace', {
  skip: needsOwnership(),
}, async (t) => {
  const database = await createTestDatabase(t, { max: 5 });
  const before = await definitionsOf(database);
  for (const withRecord of [false, true]) {
    await database.sql`TRUNCATE products, product_name_counts, imports CASCADE`;
    const replaced = await productsTable({ database });
    await merge(database, await stage(database, ROWS, true, 1, withRecord));
    assert.notEqual(await productsTable({ database }), replaced);
    assert.deepEqual(await definitionsOf(database), before);
  }
  const [{ instants } = {}] = await database.sql`SELECT count(DISTINCT updated_at) AS instants FROM products`;
  assert.equal(instants, 1);
  await assert.rejects(database.sql`INSERT INTO products VALUES ('a-1', 'x', 'x')`, { code: '23505' });
  await assert.rejects(database.sql`UPDATE product_name_counts SET product_count = 0`, { code: '23514' });
});

test('an import whose process died after the tables were replaced can end', async (t) => {
  const database = await createTestDatabase(t, { max: 5 });
  const task = await stage(database, ROWS, true);
  await merge(database, task);
  const before = await stateOf(database, task.importId);
  assert.deepEqual(await merge(database, { ...task, partitions: [] }), []);
  assert.deepEqual(await stateOf(database, task.importId), before);
});

test('functions and prepared statements go on with the new tables', async (t) => {
  const database = await createTestDatabase(t, { max: 5 });
  const session = await Session.open(database, 'test', '');
  releaseAfter(t, () => session.close());
  const update = async () => {
    const [row] = await session.sql`SELECT outcome FROM update_product('b-1', 'Bea', NULL, NULL)`;
    return row?.['outcome'];
  };
  const count = async () =>
    (await session.sql`SELECT count(*) FROM products WHERE sku > ${'a'}`)[0]?.['count'];
  assert.equal(await update(), 'NOT_FOUND');
  assert.equal(await count(), 0);
  await merge(database, await stage(database, ROWS, true));
  assert.equal(await count(), 4);
  assert.equal(await update(), 'UPDATED');
  assert.deepEqual(await countsOf(database), [
    ['Ann', 2],
    ['Bea', 1],
    ['Bob', 1],
  ]);
});

test('an ordinary merge takes over where somebody uses the catalogue for long', async (t) => {
  const database = await createTestDatabase(t, { max: 5 });
  const task = await stage(database, ROWS, true);
  const reader = await holdLock(t, { database }, 'LOCK TABLE products IN ACCESS SHARE MODE');
  const kept = await productsTable({ database });
  const merged = await merge(database, task);
  await reader.release();
  assert.equal(await productsTable({ database }), kept);
  await expectMerged(t, database, task.importId, merged);
});

test('an ordinary merge takes over where products were inserted by other means', async (t) => {
  const database = await createTestDatabase(t, { max: 5 });
  const task = await stage(database, ROWS, true);
  // While the first load waits for this lock, somebody inserts a product.
  const other = await holdLock(
    t,
    { database },
    `
    LOCK TABLE products IN ROW EXCLUSIVE MODE;
    INSERT INTO products VALUES ('b-1', 'Bob', 'before');
    INSERT INTO product_name_counts VALUES ('Bob', 1)`,
  );
  const merging = merge(database, task);
  await waitForWaiting({ database }, 'merge');
  await other.commit();
  const merged = await merging;
  assert.deepEqual(merged, [
    { staged: 7, inserted: 3, updated: 1, unchanged: 0, superseded: 3, deleted: 0, kept: 0 },
  ]);
  assert.deepEqual(await countsOf(database), [
    ['Ann', 2],
    ['Bob', 2],
  ]);
});

test('an attempt that was interrupted is begun again from its staged rows', async (t) => {
  const count = (sql: postgres.Sql, turn: MergeTurn, task: MergeTask) =>
    countNames(sql, turn, task, Promise.resolve());
  const interrupted = [[moveSuperseded], [moveSuperseded, count]].flatMap((steps) => [
    { steps, withRecord: false },
    { steps, withRecord: true },
  ]);
  for (const { steps, withRecord } of interrupted) {
    const database = await createTestDatabase(t, { max: 5 });
    const task = await stage(database, ROWS, true, 1, withRecord);
    const turn = await MergeTurn.take(database, () => {}, NEVER);
    const session = await openMergeSession(database);
    for (const step of steps) await step(session.sql, turn, task);
    await session.close();
    await turn[Symbol.asyncDispose]();
    await expectMerged(t, database, task.importId, await merge(database, task), withRecord);
  }
});

test('staged rows that were lost are noticed, and nothing is written', async (t) => {
  const losses = [
    'DELETE FROM %s WHERE line = 3',
    'TRUNCATE %s',
    'DROP TABLE %s',
    // As versions before staged it.
    'ALTER TABLE %s DROP COLUMN may_repeat',
    'ALTER TABLE %superseded DROP COLUMN place',
  ];
  for (const lose of losses) {
    const database = await createTestDatabase(t, { max: 5 });
    const task = await stage(database, ROWS, true);
    // The name alone decides what is staged for a first load, once the table is gone.
    await database.sql.unsafe(
      lose.replace('%superseded', supersededTable(task, 0)).replace('%s', stagingTable(task, 0)),
    );
    await assert.rejects(merge(database, task), StagingLostError);
    assert.deepEqual(await countsOf(database), []);
  }
});

async function expectMerged(
  t: TestContext,
  database: Database,
  importId: string,
  merged: PartitionLedger[],
  withRecord = false,
) {
  const expected = await createTestDatabase(t, { max: 5 });
  const task = await stage(expected, ROWS, false, 1, withRecord);
  assert.deepEqual(merged, await merge(expected, task));
  assert.deepEqual(await stateOf(database, importId), await stateOf(expected, task.importId));
}

async function countsOf({ sql }: Database): Promise<unknown[]> {
  const counts = await sql`SELECT name, product_count FROM product_name_counts ORDER BY name`;
  return counts.map(({ name, product_count }) => [name, product_count]);
}

async function definitionsOf({ sql }: Database) {
  const tables = ['products', 'product_name_counts'];
  return {
    tables: [
      ...(await sql`
        SELECT relname, relkind, relpersistence, relreplident, relnamespace, relowner, relacl, reloptions, reltablespace
        FROM pg_class WHERE relname IN ${sql(tables)} ORDER BY relname`),
    ],
    columns: [
      ...(await sql`
        SELECT attrelid::regclass::text AS table, attname, format_type(atttypid, atttypmod) AS type, attcollation,
          attnotnull, attstorage, pg_get_expr(adbin, adrelid) AS default
        FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
        WHERE attrelid::regclass::text IN ${sql(tables)} AND attnum > 0 AND NOT attisdropped
        ORDER BY 1, attnum`),
    ],
    indexes: [
      ...(await sql`
        SELECT pg_get_indexdef(indexrelid) AS index, indisprimary, indisvalid FROM pg_index
        WHERE indrelid::regclass::text IN ${sql(tables)} ORDER BY 1`),
    ].filter(({ index }) => !index.includes('USING hash')),
    constraints: [
      ...(await sql`
        SELECT conrelid::regclass::text AS table, conname, contype, pg_get_constraintdef(oid) AS definition
        FROM pg_constraint WHERE conrelid::regclass::text IN ${sql(tables)} ORDER BY 1, 2`),
    ],
  };
}

function randomRows(count: number, skus: number): StagedRow[] {
  return Array.from({ length: count }, (_, index) => [
    index + 2,
    `s-${randomInt(skus)}`,
    `name ${randomInt(20)}`,
    ['', 'x', 'a, b', '"'][randomInt(4)] ?? '',
  ]);
}
