// In place of the second half of an import: computes what its merge would do, and leaves the merge to a client.

import { previewStaged } from '../merge/preview-staged.ts';
import type { Progress } from '../progress/progress.ts';
import type { ImportControl, ImportWork } from './import-work.ts';
import type { LoadedFile } from './load-rows.ts';
import { stagedRowsOf } from './staged-rows.ts';

/**
 * Makes the import READY. This process no longer owns it then.
 *
 * @throws StagingLostError if the database lost staged rows in a crash; OwnershipLostError; the signal's reason
 */
export async function previewRows(
  { database, importStore, owner, limits, previewHours }: ImportWork,
  { record, staged }: LoadedFile,
  progress: Progress,
  { signal, drain }: ImportControl,
): Promise<void> {
  const task = { ...stagedRowsOf(record), staged, lanes: limits.ingestLanes };
  const { inserted, updated, unchanged, superseded, ...others } = await previewStaged(
    database,
    task,
    AbortSignal.any([signal, drain]),
  );
  const { rowsRead: read, rowsRejected: rejected } = record;
  const rows = { read, inserted, updated, unchanged, superseded, rejected, deleted: 0 };
  const preview = { ...others, rows };
  progress.setWritten(await importStore.makeReady(record.id, owner, { staged, preview, previewHours }));
}
