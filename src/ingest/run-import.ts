// The way of an import, from top to bottom: read and load, preview or merge, finish.

import type { ImportRecord } from '../db/imports/import-record.ts';
import { dropStaging } from '../db/imports/staging.ts';
import { gatherStatistics } from '../db/merge/statistics.ts';
import { StagingLostError } from '../db/merge/superseded/require-staged-rows.ts';
import { inSpan } from '../telemetry/tracing.ts';
import type { Progress } from './progress/progress.ts';
import type { ImportControl, ImportWork } from './stages/import-work.ts';
import { supersededLimit } from './stages/issue-limits.ts';
import { type LoadedFile, loadRows } from './stages/load-rows.ts';
import { type MergeResult, mergeRows } from './stages/merge-rows.ts';
import { previewRows } from './stages/preview-rows.ts';
import { inStage } from './stages/stage-timer.ts';
import { planUndo, undoRows } from './stages/undo-rows.ts';

/**
 * Runs an import whose file is in the spool, or still arrives there. One that stops at READY belongs to nobody then.
 *
 * @throws LoadstoneError for a fault of the file, the reason of the signal that aborted, OwnershipLostError, or any other
 *   error
 */
export async function runImport(
  work: ImportWork,
  record: ImportRecord,
  progress: Progress,
  control: ImportControl,
): Promise<'READY' | 'COMPLETED'> {
  if (record.undoes !== null) {
    const merging = record.status === 'MERGING' ? record : await planUndo(work, record, progress, control);
    const undone = await inSpan('undo', {}, () => undoRows(work, merging, progress, control));
    await finish(work, merging, undone);
    return 'COMPLETED';
  }
  const { metrics } = work.telemetry;
  const load = () => inStage(metrics, 'loading', () => loadRows(work, progress.current, progress, control));
  // A client that commits it makes it MERGING.
  if (record.preview && record.status !== 'MERGING') {
    await againIfLost(async () => {
      const loaded = await load();
      await inStage(metrics, 'previewing', () => previewRows(work, loaded, progress, control));
    });
    return 'READY';
  }
  // An import that was interrupted in its merge goes on there.
  let interrupted = record.status === 'MERGING' ? record : undefined;
  await againIfLost(async () => {
    const merging = interrupted ?? (await beginMerging(work, await load(), progress));
    interrupted = undefined;
    const merged = await inSpan('merge', {}, () => mergeRows(work, merging, progress, control));
    await finish(work, merging, merged);
  });
  return 'COMPLETED';
}

/** If the database has lost staged rows in a crash, they are loaded again. */
async function againIfLost(attempt: () => Promise<void>): Promise<void> {
  try {
    await attempt();
  } catch (error) {
    if (!(error instanceof StagingLostError)) throw error;
    await attempt();
  }
}

async function beginMerging(
  { importStore, owner }: ImportWork,
  { record, staged }: LoadedFile,
  progress: Progress,
): Promise<ImportRecord> {
  const merging = await importStore.beginMerging(record.id, owner, staged);
  progress.setWritten(merging);
  return merging;
}

async function finish(work: ImportWork, record: ImportRecord, merged: MergeResult): Promise<void> {
  requireBalance(record, merged);
  await inStage(work.telemetry.metrics, 'finishing', () => tidyUp(work, record, merged));
}

async function tidyUp(
  { database, limits }: ImportWork,
  record: ImportRecord,
  merged: MergeResult,
): Promise<void> {
  const issueLimit = supersededLimit(record, limits) ?? merged.rowsSuperseded;
  const products = merged.rowsInserted + merged.rowsUpdated + merged.rowsDeleted;
  await gatherStatistics(database, {
    products,
    changes: record.undoes === null ? merged.rowsUpdated : products,
    names: products,
    issues: Math.min(merged.rowsSuperseded, issueLimit) + record.rowsRejected,
    claims: record.sourceId === null ? 0 : record.rowsRead + merged.rowsDeleted,
  });
  await dropStaging(database.sql, record.id);
}

/** Every row that was read, and every product that was to be deleted or undone, must be accounted for. */
function requireBalance({ id, rowsRead, rowsRejected, undoes }: ImportRecord, merged: MergeResult): void {
  const { rowsInserted, rowsUpdated, rowsUnchanged, rowsSuperseded, rowsDeleted, rowsKept, rowsMissing } =
    merged;
  const changed = rowsInserted + rowsUpdated + rowsDeleted;
  const accounted =
    undoes === null ? rowsRejected + changed + rowsUnchanged + rowsSuperseded : changed + rowsKept;
  const expected = rowsRead + rowsMissing;
  if (accounted !== expected) {
    throw new Error(`the ledger of import ${id} does not balance: ${accounted} of ${expected} rows`);
  }
}
