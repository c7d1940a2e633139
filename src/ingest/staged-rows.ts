// Where the rows of an import are staged, and which of them count.

import type { ImportRecord } from '../db/imports/import-store.ts';
import type { StagedColumns, Staging } from '../db/imports/staging.ts';
import type { Winner } from '../db/merge/superseded-issues.ts';
import { stagedColumns } from './lane/lane-task.ts';

export interface StagedRows extends Staging, StagedColumns {
  winner: Winner;
}

/** @param record of an import whose rows are loaded */
export function stagedRowsOf({
  id,
  attempt,
  onDuplicate,
  columns,
  ignoredColumns,
  defaults,
}: ImportRecord): StagedRows {
  return {
    importId: id,
    attempt,
    winner: onDuplicate === 'FIRST_WINS' ? 'FIRST' : 'LAST',
    ...stagedColumns({ columns: columns ?? [], ignoredColumns: ignoredColumns ?? [] }, defaults),
  };
}
