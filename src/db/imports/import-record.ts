// The state of an import.

import type { imports } from '../tables.ts';

/** The state of an import: a row of `imports`. */
export type ImportRecord = typeof imports.$inferSelect;
export type NewImport = typeof imports.$inferInsert;
export type ImportChanges = Partial<Omit<ImportRecord, 'id' | 'createdAt' | 'updatedAt' | 'revision'>>;
export type ImportStatus = ImportRecord['status'];
export type ImportWait = NonNullable<ImportRecord['waitingFor']>;

export const FINAL_STATUSES: readonly ImportStatus[] = ['COMPLETED', 'FAILED', 'CANCELLED'];

/** Whether nothing more happens to the import. */
export function hasEnded({ status }: ImportRecord): boolean {
  return FINAL_STATUSES.includes(status);
}

/**
 * Whether an upload failed before the whole file arrived. Nothing of it has reached the catalogue, and nobody cancelled
 * it, so sending the file again restarts it.
 */
export function isInterruptedUpload({ status, sha256, sourceId, undoes }: ImportRecord): boolean {
  return status === 'FAILED' && sha256 === null && sourceId === null && undoes === null;
}

/** The import now belongs to another process, or has ended. */
export class OwnershipLostError extends Error {}
