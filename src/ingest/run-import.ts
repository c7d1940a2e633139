// The way of an import, from top to bottom: read and load, merge, finish.

import type { ImportRecord } from '../db/imports/import-store.ts';
import { dropStaging } from '../db/imports/staging.ts';
import { StagingLostError } from '../db/merge/require-staged-rows.ts';
import { gatherStatistics } from '../db/merge/statistics.ts';
import type { ImportControl, ImportWork } from './import-work.ts';
import { loadRows } from './load-rows.ts';
import { type MergeResult, mergeRows } from './merge-rows.ts';
import type { Progress } from './progress/progress.ts';

/**
 * Runs an import whose file is in the spool, or still arrives there.
 *
 * @throws LoadstoneError for a fault of the file, the reason of the signal that aborted, OwnershipLostError, or any other
 *   error
 */
export async function runImport(
  work: ImportWork,
  record: ImportRecord,
  progress: Progress,
  control: ImportControl,
): Promise<void> {
  // An import that was interrupted in its merge goes on there.
  let loaded = record.status === 'MERGING' ? record : await loadRows(work, record, progress, control);
  let merged: MergeResult;
  try {
    merged = await mergeRows(work, loaded, progress, control);
  } catch (error) {
    if (!(error instanceof StagingLostError)) throw error;
    loaded = await loadRows(work, loaded, progress, control);
    merged = await mergeRows(work, loaded, progress, control);
  }
  await finish(work, loaded, merged);
}

async function finish({ database }: ImportWork, record: ImportRecord, merged: MergeResult): Promise<void> {
  requireBalance(record, merged);
  const products = merged.rowsInserted + merged.rowsUpdated + merged.rowsDeleted;
  await gatherStatistics(database, {
    products,
    names: products,
    issues: merged.rowsSuperseded + record.rowsRejected,
    claims: record.sourceId === null ? 0 : record.rowsRead + merged.rowsDeleted,
  });
  await dropStaging(database.sql, record.id);
}

/** Every row that was read, and every product that was to be deleted, must be accounted for. */
function requireBalance({ id, rowsRead, rowsRejected }: ImportRecord, merged: MergeResult): void {
  const { rowsInserted, rowsUpdated, rowsUnchanged, rowsSuperseded, rowsDeleted, rowsMissing } = merged;
  const accounted = rowsRejected + rowsInserted + rowsUpdated + rowsUnchanged + rowsSuperseded + rowsDeleted;
  const expected = rowsRead + rowsMissing;
  if (accounted !== expected) {
    throw new Error(`the ledger of import ${id} does not balance: ${accounted} of ${expected} rows`);
  }
}
