// The undo of a first load whose products nobody has changed since: they are noted as deleted, and the catalogue's tables
// are emptied. That takes a fraction of the time of deleting each product and counting its name down.

import type postgres from 'postgres';
import { COUNTS_CHANNEL } from '../../catalogue/counts/count-store.ts';
import { quoteLiteral } from '../../postgres/sql/quote-literal.ts';
import { transactionTime } from '../../postgres/sql/transaction-time.ts';
import { CATALOGUE, lockTables, NotReplaceableError } from '../first-load/first-load-tables.ts';
import { areAsMigrated, areChangesReplaceable } from '../first-load/replaceable-tables.ts';
import {
  addSlice,
  completeLedger,
  lockPartition,
  type PartitionLedger,
} from '../partitions/partition-ledger.ts';
import { nextChangeId, noteRemovals, PRODUCTS_TO_REMOVE } from '../slices/note-changes.ts';
import type { MergeTurn } from '../turn/merge-turn.ts';
import type { UndoneImport } from './changed-products.ts';
import { noteAllAnew, replaceChanges } from './new-changes.ts';
import type { SliceUndo } from './undo-slice.ts';

export interface FirstLoadUndo extends SliceUndo {
  undone: UndoneImport;
  /** The number of partitions. */
  partitions: number;
}

/** Products that one statement notes: a second's work or less. */
const BATCH_ROWS = 100_000;

/**
 * @param sql a session that merges
 * @param onShare called with the share of the products that are noted: 0 to 1
 * @returns the ledgers, by partition
 * @throws NotReplaceableError if products or tables were changed; an error with SQLSTATE 55P03 if others use the catalogue
 *   for too long. Then nothing is written
 */
export async function undoFirstLoad(
  sql: postgres.Sql,
  turn: MergeTurn,
  undo: FirstLoadUndo,
  onShare: (share: number) => void,
): Promise<PartitionLedger[]> {
  return sql.begin(async (tx) => {
    await turn.hold(tx);
    const partitions = Array.from({ length: undo.partitions }, (_, partition) => ({
      importId: undo.importId,
      partition,
    }));
    const staged: number[] = [];
    for (const key of partitions) {
      const state = await lockPartition(tx, key);
      if (state.mergedAt || state.mergedThrough !== null) {
        throw new NotReplaceableError('some products are removed already');
      }
      staged.push(state.staged);
    }
    await requireReplaceable(tx, undo.undone);
    const isFirst = await areChangesReplaceable(tx);
    if (isFirst) await noteAllAnew(tx, undo.importNumber, onShare);
    else await noteAll(tx, undo, onShare);
    await lockTables(tx, isFirst ? [...CATALOGUE, 'product_changes'] : CATALOGUE);
    await requireReplaceable(tx, undo.undone);
    if (isFirst) await replaceChanges(tx);
    await tx`TRUNCATE products, product_name_counts`;
    // Every claim is to a product that is gone.
    if (undo.hasClaims) await tx`DELETE FROM source_products`;
    await tx`SELECT pg_notify(${COUNTS_CHANNEL}, '')`;
    const ledgers: PartitionLedger[] = [];
    for (const [at, key] of partitions.entries()) {
      await addSlice(
        tx,
        key,
        { inserted: 0, updated: 0, deleted: staged[at] ?? 0, mergedThrough: null },
        false,
      );
      ledgers.push(await completeLedger(tx, key, { superseded: 0, kept: 0 }));
    }
    return ledgers;
  }) as Promise<PartitionLedger[]>;
}

/** The tables are as migrated; all products are those that the import inserted, and all that it inserted are there. */
async function requireReplaceable(tx: postgres.TransactionSql, undone: UndoneImport): Promise<void> {
  if (!(await areAsMigrated(tx))) throw new NotReplaceableError('a table was changed');
  const [found] = await tx<{ isUnchanged: boolean }[]>`
    SELECT count(*) = ${undone.changed} AND coalesce(bool_and(changed_by = ${undone.number}), true) AS "isUnchanged"
    FROM products`;
  if (!found?.isUnchanged) throw new NotReplaceableError('products have changed');
}

/** In the order of SKU, so that entries of the indexes on SKU are added side by side. */
async function noteAll(
  tx: postgres.TransactionSql,
  { importNumber, undone }: FirstLoadUndo,
  onShare: (share: number) => void,
): Promise<void> {
  // Batches are read from the key, whatever the server takes random pages to cost.
  await tx`SET LOCAL enable_sort = off`;
  const note = { id: await nextChangeId(tx), importNumber, changedAt: await transactionTime(tx) };
  for (let noted = 0, after = ''; ; ) {
    const [last] = await tx<{ sku: string }[]>`
      SELECT sku FROM products WHERE sku > ${after} ORDER BY sku OFFSET ${BATCH_ROWS - 1} LIMIT 1`;
    const end = last ? `AND sku <= ${quoteLiteral(last.sku)}` : '';
    const batch = `${PRODUCTS_TO_REMOVE} WHERE sku > ${quoteLiteral(after)} ${end} ORDER BY sku`;
    noted += (await tx.unsafe(noteRemovals(note, batch))).count;
    onShare(Math.min(1, noted / undone.changed));
    if (!last) return;
    after = last.sku;
  }
}
