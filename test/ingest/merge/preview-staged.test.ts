// A preview says exactly what the merge of the same rows does, and reads one moment.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import * as fc from 'fast-check';
import { stagingTable, supersededTable } from '../../../src/db/imports/staging.ts';
import { StagingLostError } from '../../../src/db/merge/superseded/require-staged-rows.ts';
import type { Database } from '../../../src/db/postgres/connection/database.ts';
import { isTransient } from '../../../src/db/postgres/sqlstate.ts';
import type { MergeTask } from '../../../src/ingest/merge/merge-staged.ts';
import { needsOneNode } from '../../support/database/cluster.ts';
import { createTestDatabase } from '../../support/database/database.ts';
import { holdLock, waitForWaiting } from '../../support/imports/hold-lock.ts';
import { merge, preview, type StagedRow, stage } from '../../support/imports/staged-import.ts';
import { waitUntil } from '../../support/wait-until.ts';

const ROW = fc.tuple(
  fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'é'),
  fc.constantFrom('Ann', 'Bob', 'Cat', "D'or"),
  fc.constantFrom('', 'x'),
);
const FILE = fc.record({
  rows: fc.array(ROW, { maxLength: 30 }),
  partitions: fc.constantFrom(1, 3),
  winner: fc.constantFrom('FIRST' as const, 'LAST' as const),
});

test('its numbers are the ledger of the merge, its names and samples what the merge changes', async (t) => {
  const database = await createTestDatabase(t, { max: 10 });
  await fc.assert(
    fc.asyncProperty(fc.array(FILE, { minLength: 1, maxLength: 3 }), async (files) => {
      await database.sql`TRUNCATE products, product_name_counts, import_partitions, import_row_issues`;
      for (const { rows, partitions, winner } of files) {
        const staged = rows.map(([sku, name, text], at): StagedRow => [at + 2, sku, name, text]);
        const task = { ...(await stage(database, staged, false, partitions)), winner };
        const before = await catalogue(database);
        const previewed = await preview(database, task);
        assert.deepEqual(await catalogue(database), before);
        const ledgers = await merge(database, task);
        const after = await catalogue(database);

        for (const column of ['inserted', 'updated', 'unchanged', 'superseded'] as const) {
          const total = ledgers.reduce((sum, ledger) => sum + ledger[column], 0);
          assert.equal(previewed[column], total, column);
        }
        const moves = movesBetween(before.counts, after.counts);
        assert.deepEqual(previewed.names, moves);
        assert.equal(previewed.namesChanged, moves.length);
        const superseded = await database.sql<{ line: number; winningLine: number }[]>`
          SELECT line, winning_line AS "winningLine" FROM import_row_issues WHERE import_id = ${task.importId}`;
        const winningLines = new Map(superseded.map(({ line, winningLine }) => [line, winningLine]));
        const values = ({ name, description }: { name: string; description: string }) => ({
          name,
          description,
        });
        assert.deepEqual(
          previewed.samples.map(({ before: was, after: is, ...sample }) => ({
            ...sample,
            before: was && values(was),
            after: values(is),
          })),
          staged.map(([line, sku, name, description]) => {
            const product = before.products.get(sku);
            const row = { name, description };
            if (winningLines.has(line)) {
              const winningLine = winningLines.get(line);
              return { kind: 'SUPERSEDED', line, sku, winningLine, before: null, after: row };
            }
            const isSame = product?.name === name && product.description === description;
            const kind = !product ? 'INSERTED' : isSame ? 'UNCHANGED' : 'UPDATED';
            return { kind, line, sku, winningLine: null, before: product ?? null, after: row };
          }),
        );
      }
    }),
    { numRuns: 8 },
  );
});

test('it belongs to one moment, whatever is merged while it is computed', {
  skip: needsOneNode(),
}, async (t) => {
  const database = await createTestDatabase(t, { max: 10 });
  const before: StagedRow[] = ['a', 'b', 'c'].map((sku, at) => [at + 2, sku, 'Old', '']);
  await merge(database, await stage(database, before, false));
  const file: StagedRow[] = ['a', 'b', 'c', 'd'].map((sku, at) => [at + 2, sku, 'New', '']);
  const task = await stage(database, file, false, 3);
  // The second partition waits, and another import is merged meanwhile.
  const { computing, held } = await holdPreview(t, database, task, 1);
  await merge(database, await stage(database, file, false));
  await held.release();
  const { inserted, updated, unchanged, names } = await computing;
  assert.deepEqual({ inserted, updated, unchanged }, { inserted: 1, updated: 3, unchanged: 0 });
  assert.deepEqual(names, [
    { name: 'New', countNow: 0, countThen: 4 },
    { name: 'Old', countNow: 3, countThen: 0 },
  ]);
  assert.equal((await preview(database, task)).unchanged, 4);
});

test('it is begun again if the session is lost that holds the moment', async (t) => {
  const database = await createTestDatabase(t, { max: 10 });
  const file: StagedRow[] = ['a', 'b', 'c'].map((sku, at) => [at + 2, sku, 'Ann', '']);
  await merge(database, await stage(database, file, false));
  const task = await stage(database, file, false, 3);
  const { computing, held } = await holdPreview(t, database, task, 0);
  const failing = assert.rejects(computing, isTransient);
  await database.sql`
    SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name LIKE 'loadstone preview @%' AND wait_event_type <> 'Lock'`;
  await held.release();
  await failing;
});

test('a preview of an empty catalogue holds no lock on it', async (t) => {
  const database = await createTestDatabase(t, { max: 10 });
  const task = await stage(database, [[2, 'a', 'Ann', '']], false, 3);
  const { computing, held } = await holdPreview(t, database, task, 1);
  // As a first load does.
  await database.sql.begin(
    (tx) => tx`LOCK TABLE products, product_name_counts IN ACCESS EXCLUSIVE MODE NOWAIT`,
  );
  await held.release();
  assert.equal((await computing).inserted, 1);
});

test('long values are cut, and many samples of a kind are left out', async (t) => {
  const database = await createTestDatabase(t, { max: 10 });
  const long = '😀'.repeat(10_001);
  const file = Array.from(
    { length: 60 },
    (_, at): StagedRow => [at + 2, `${at}`, 'Ann', at === 0 ? long : ''],
  );
  const { samples, inserted } = await preview(database, await stage(database, file, false, 3));
  assert.equal(inserted, 60);
  assert.deepEqual(
    samples.map(({ line }) => line),
    Array.from({ length: 50 }, (_, at) => at + 2),
  );
  assert.deepEqual(samples[0]?.after, {
    name: 'Ann',
    description: '😀'.repeat(10_000),
    attributes: {},
    isCut: true,
  });
});

test('staged rows that were lost are noticed', async (t) => {
  const database = await createTestDatabase(t, { max: 10 });
  const task = await stage(database, [[2, 'a', 'Ann', '']], false);
  await database.sql.unsafe(`TRUNCATE loadstone_staging."${task.importId}_1_0"`);
  await assert.rejects(preview(database, task), StagingLostError);
});

async function catalogue({ sql }: Database) {
  const products = await sql<{ sku: string; name: string; description: string }[]>`
    SELECT sku, name, description FROM products ORDER BY sku`;
  const counts = await sql<{ name: string; product_count: number }[]>`
    SELECT name, product_count FROM product_name_counts`;
  return {
    products: new Map(products.map(({ sku, ...product }) => [sku, product])),
    counts: new Map(counts.map(({ name, product_count }) => [name, product_count])),
  };
}

/** The largest first. */
function movesBetween(before: Map<string, number>, after: Map<string, number>) {
  const size = (move: { countNow: number; countThen: number }) => Math.abs(move.countThen - move.countNow);
  return [...new Set([...before.keys(), ...after.keys()])]
    .map((name) => ({ name, countNow: before.get(name) ?? 0, countThen: after.get(name) ?? 0 }))
    .filter((move) => size(move) > 0)
    .sort((a, b) => size(b) - size(a) || Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)));
}

/** Starts a preview of three partitions, which waits for a lock on one of them when it has its snapshot. */
async function holdPreview(t: TestContext, database: Database, task: MergeTask, partition: 0 | 1) {
  const last = await holdLock(t, { database }, `LOCK TABLE ${supersededTable(task, 2)} IN SHARE MODE`);
  const computing = preview(database, { ...task, lanes: 1 });
  await waitForWaiting({ database }, 'preview');
  const table = stagingTable(task, partition);
  // Its superseded rows are moved by now.
  const held = await holdLock(t, { database }, `LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`);
  await last.release();
  await waitUntil('the preview waits for the partition', async () => {
    const waiting = await database.sql`
      SELECT FROM pg_locks WHERE relation = ${table}::text::regclass AND NOT granted`;
    return waiting.length > 0;
  });
  return { computing, held };
}
