// Where the rows of an import are staged, and which of them count.

import type { ImportRecord } from '../../db/imports/import-record.ts';
import type { StagedPartition } from '../../db/merge/staged/staged-comparison.ts';
import { stagedColumns } from '../lane/lane-task.ts';

/** The staged rows of all partitions. */
export type StagedRows = Omit<StagedPartition, 'partition'>;

/** @param record of an import whose rows are loaded */
export function stagedRowsOf({ id, attempt, onDuplicate, defaults, ...header }: ImportRecord): StagedRows {
  const columns = header.columns ?? [];
  const keptColumns = header.keptColumns ?? [];
  const ignoredColumns = header.ignoredColumns ?? [];
  return {
    importId: id,
    attempt,
    winner: onDuplicate === 'FIRST_WINS' ? 'FIRST' : 'LAST',
    keptColumns,
    ...stagedColumns({ columns, keptColumns, ignoredColumns }, defaults),
  };
}
