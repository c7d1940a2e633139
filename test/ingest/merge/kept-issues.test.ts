// Superseded rows are kept as issues up to a limit, which the partitions of an import share, and counted always.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Database } from '../../../src/db/postgres/connection/database.ts';
import { COUNTS_LOCK } from '../../../src/db/postgres/locks/advisory-locks.ts';
import { type MergeTask, mergeStaged } from '../../../src/ingest/merge/merge-staged.ts';
import { createTestDatabase } from '../../support/database/database.ts';
import { holdLock } from '../../support/imports/hold-lock.ts';
import { merge, type StagedRow, stage } from '../../support/imports/staged-import.ts';
import { waitUntil } from '../../support/wait-until.ts';

const NEVER = new AbortController().signal;
const PARTITIONS = 6;
const SKUS = 60;
/** Each SKU five times; of these rows, four are superseded. */
const ROWS: StagedRow[] = Array.from({ length: 5 * SKUS }, (_, index) => [
  index + 2,
  `s-${index % SKUS}`,
  `Name ${index % 7}`,
  String(index),
]);
const SUPERSEDED = 4 * SKUS;

test('partitions that are merged at once keep no more than the limit, nor less', async (t) => {
  const database = await createTestDatabase(t, { max: 5 });
  for (const issueLimit of [0, 1, 17, SUPERSEDED - 1, SUPERSEDED, SUPERSEDED + 1, undefined]) {
    const task = { ...(await stage(database, ROWS, false, PARTITIONS)), lanes: 3, issueLimit };
    const ledgers = await merge(database, task);
    assert.equal(
      ledgers.reduce((sum, { superseded }) => sum + superseded, 0),
      SUPERSEDED,
    );
    await expectKept(database, task, Math.min(issueLimit ?? SUPERSEDED, SUPERSEDED));
  }
});

test('of one partition, the first rows of the file are kept, with the lines that won', async (t) => {
  for (const isFirstLoad of [false, true]) {
    const database = await createTestDatabase(t, { max: 5 });
    const task = { ...(await stage(database, ROWS, isFirstLoad)), issueLimit: 70 };
    const [ledger] = await merge(database, task);
    assert.deepEqual([ledger?.inserted, ledger?.superseded], [SKUS, SUPERSEDED]);
    await expectKept(database, task, 70);
    const issues = await database.sql`
      SELECT line, winning_line FROM import_row_issues WHERE import_id = ${task.importId} ORDER BY line`;
    assert.deepEqual(
      issues.map(({ line, winning_line }) => [line, winning_line]),
      Array.from({ length: 70 }, (_, index) => [index + 2, 4 * SKUS + (index % SKUS) + 2]),
    );
  }
});

test('merges that are killed again and again keep as many as one that is not', async (t) => {
  const database = await createTestDatabase(t, { max: 5 });
  const task = { ...(await stage(database, ROWS, false, PARTITIONS)), lanes: 2, issueLimit: 100 };
  let attempts = 0;
  for (let waiting = await unmerged(database, task); waiting.length > 0; attempts++) {
    // Two partitions have taken their shares, and neither can be written.
    const lock = await holdLock(t, { database }, `SELECT pg_advisory_xact_lock(${COUNTS_LOCK})`);
    const killed = assert.rejects(merge(database, { ...task, partitions: waiting }));
    await killWaiting(database, Math.min(2, waiting.length));
    await killed;
    await lock.release();
    await mergeOne(database, { ...task, lanes: 1, partitions: waiting });
    waiting = await unmerged(database, task);
  }
  assert.equal(attempts, PARTITIONS);
  await expectKept(database, task, 100);
});

test('a limit that changes while an import is interrupted holds for what is not merged yet', async (t) => {
  const database = await createTestDatabase(t, { max: 5 });
  const cases: [before: number | undefined, after: number | undefined][] = [
    [10, undefined],
    [undefined, 10],
    [10, 50],
  ];
  for (const [before, after] of cases) {
    const staged = { ...(await stage(database, ROWS, false, PARTITIONS)), lanes: 1 };
    await mergeOne(database, { ...staged, issueLimit: before });
    const partitions = await unmerged(database, staged);
    const first = await keptOf(database, staged);
    await merge(database, { ...staged, partitions, issueLimit: after });
    const rest = await database.sql`
      SELECT sum(superseded)::bigint AS rows FROM import_partitions
      WHERE import_id = ${staged.importId} AND partition IN ${database.sql(partitions)}`;
    const most = first + Number(rest[0]?.['rows']);
    await expectKept(database, staged, after === undefined ? most : Math.max(first, Math.min(after, most)));
  }
});

/** Merges the first of the partitions. */
async function mergeOne(database: Database, task: MergeTask): Promise<void> {
  const drain = new AbortController();
  const merging = mergeStaged(database, task, {
    signal: NEVER,
    drain: drain.signal,
    onTurn: () => {},
    onShare: () => {},
    onDeleted: () => {},
    onMerged: () => drain.abort(),
  });
  if (task.partitions.length > 1) await assert.rejects(merging, { name: 'AbortError' });
  else await merging;
}

async function killWaiting({ sql }: Database, sessions: number): Promise<void> {
  const waiting = () => sql<{ pid: number }[]>`
    SELECT pid FROM pg_stat_activity
    WHERE datname = current_database() AND application_name LIKE '% merge @%' AND wait_event_type = 'Lock'`;
  await waitUntil('the merge waits', async () => (await waiting()).length === sessions);
  for (const { pid } of await waiting()) await sql`SELECT pg_terminate_backend(${pid}::integer)`;
}

async function unmerged({ sql }: Database, { importId }: MergeTask): Promise<number[]> {
  const found = await sql<{ partition: number }[]>`
    SELECT partition FROM import_partitions WHERE import_id = ${importId} AND merged_at IS NULL ORDER BY partition`;
  return found.map(({ partition }) => partition);
}

async function keptOf({ sql }: Database, { importId }: MergeTask): Promise<number> {
  const [found] = await sql<{ issues: number }[]>`
    SELECT count(*) AS issues FROM import_row_issues WHERE import_id = ${importId} AND kind = 'SUPERSEDED'`;
  return found?.issues ?? 0;
}

/** The issues of each partition are as many as it notes. */
async function expectKept(database: Database, task: MergeTask, kept: number): Promise<void> {
  const [noted] = await database.sql`
    SELECT sum(superseded)::bigint AS superseded, sum(least(superseded_kept, superseded))::bigint AS kept
    FROM import_partitions WHERE import_id = ${task.importId}`;
  assert.deepEqual({ ...noted }, { superseded: SUPERSEDED, kept });
  assert.equal(await keptOf(database, task), kept);
}
