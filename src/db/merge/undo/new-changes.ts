// A table that takes the place of product_changes while that has no rows. Noting every product in it takes half of the time,
// as its indexes are built when all rows are there.

import type postgres from 'postgres';
import { placeBySku } from '../../postgres/placement.ts';
import { STAGING_SCHEMA } from '../../postgres/schemas.ts';
import { transactionTime } from '../../postgres/sql/transaction-time.ts';
import { NotReplaceableError } from '../first-load/first-load-tables.ts';
import { areChangesReplaceable } from '../first-load/replaceable-tables.ts';
import { nextChangeId, noteRemovals, PRODUCTS_TO_REMOVE } from '../slices/note-changes.ts';

const TABLE = `${STAGING_SCHEMA}.product_changes`;
const KEY = 'product_changes_sku_id_pk';

/**
 * Notes all products as deleted by the import with this number.
 *
 * @param onShare called with the share of the work that is done, by the time that steps usually take
 */
export async function noteAllAnew(
  tx: postgres.TransactionSql,
  importNumber: number,
  onShare: (share: number) => void,
): Promise<void> {
  await tx.unsafe(`CREATE TABLE ${TABLE} (LIKE product_changes INCLUDING DEFAULTS INCLUDING IDENTITY)`);
  await placeBySku(tx, [TABLE]);
  const id = await nextChangeId(tx);
  await tx`SELECT setval(pg_get_serial_sequence(${TABLE}, 'id'), ${id})`;
  const note = { id, importNumber, changedAt: await transactionTime(tx) };
  await tx.unsafe(noteRemovals(note, PRODUCTS_TO_REMOVE, TABLE));
  onShare(0.5);
  const indexes = await tx<{ definition: string }[]>`
    SELECT replace(
      pg_get_indexdef(indexrelid), format(' ON %I.product_changes ', nspname), ${` ON ${TABLE} `}::text
    ) AS definition
    FROM pg_index JOIN pg_class ON pg_class.oid = indrelid JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE indrelid = 'product_changes'::regclass`;
  for (const [built, { definition }] of indexes.entries()) {
    await tx.unsafe(definition);
    onShare(0.5 + (0.4 * (built + 1)) / indexes.length);
  }
  await tx.unsafe(`ALTER TABLE ${TABLE} ADD CONSTRAINT ${KEY} PRIMARY KEY USING INDEX ${KEY}`);
}

/**
 * The caller has locked product_changes against all others.
 *
 * @throws NotReplaceableError if somebody has noted changes meanwhile, or changed the table
 */
export async function replaceChanges(tx: postgres.TransactionSql): Promise<void> {
  if (!(await areChangesReplaceable(tx))) throw new NotReplaceableError('there are changes');
  const [of] = await tx<{ schema: string }[]>`
    SELECT quote_ident(nspname) AS schema FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE pg_class.oid = 'product_changes'::regclass`;
  await tx`DROP TABLE product_changes`;
  await tx.unsafe(`ALTER TABLE ${TABLE} SET SCHEMA ${of?.schema}`);
}
