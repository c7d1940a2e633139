// Why an import cannot be undone.

import { hasEnded, type ImportRecord } from '../../db/imports/import-record.ts';
import { LoadstoneError } from '../../errors.ts';

const DAY_MS = 86_400_000;

/**
 * @param undo its undo, if there is one
 * @throws LoadstoneError IMPORT_UNFINISHED, BEING_UNDONE, ALREADY_UNDONE, UNDO_EXPIRED
 */
export function requireUndoable(
  record: ImportRecord,
  undo: ImportRecord | undefined,
  undoDays: number,
): void {
  const isOpen = !undo || undo.status === 'FAILED' || undo.status === 'CANCELLED';
  if (!hasEnded(record) || !isOpen) throw undoRefusal(record, undo);
  if (undoableUntil(record, undoDays) < Date.now()) throw expired(record, undoDays);
}

/** The undo of an import that has none, or none that can go on. */
export function undoRefusal(record: ImportRecord, undo: ImportRecord | undefined): LoadstoneError {
  if (!undo) {
    const message = `The import is ${record.status}. Undo it once it has ended, or stop it with cancelImport first.`;
    return new LoadstoneError('IMPORT_UNFINISHED', message);
  }
  const details = { undoneBy: undo.id };
  if (!hasEnded(undo)) {
    const message = `The import is being undone, by ${undo.id}. Follow that with importProgress.`;
    return new LoadstoneError('BEING_UNDONE', message, { details });
  }
  const message = `The import was undone already, by ${undo.id}. To have its changes back, undo that one; if that was undone, undo its undo.`;
  return new LoadstoneError('ALREADY_UNDONE', message, { details });
}

function undoableUntil({ finishedAt }: ImportRecord, undoDays: number): number {
  return (finishedAt?.getTime() ?? 0) + undoDays * DAY_MS;
}

function expired({ finishedAt }: ImportRecord, undoDays: number): LoadstoneError {
  return new LoadstoneError(
    'UNDO_EXPIRED',
    `The import ended at ${finishedAt?.toISOString()}; it could be undone for ${undoDays} days (UNDO_DAYS). To get former values back, import a file that has them.`,
  );
}
