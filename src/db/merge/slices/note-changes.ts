// Notes in product_changes what an import does to products.

import type postgres from 'postgres';

/**
 * One for all changes of a statement, which have different SKUs. To be taken when their products are locked: each change that
 * somebody else notes of one of them later has a higher one.
 */
export async function nextChangeId(tx: postgres.TransactionSql): Promise<number> {
  const [next] = await tx<[{ id: number }]>`
    SELECT nextval(pg_get_serial_sequence('product_changes', 'id')) AS id`;
  return next.id;
}

/** What the changes of a statement have in common. */
export interface ChangeNote {
  id: number;
  importNumber: number;
  /** An SQL expression. */
  changedAt: string;
}

/** @param rows a FROM clause: `new`, with the SKU and the former version of each product, and conditions */
export function noteUpdates(note: ChangeNote, rows: string): string {
  return noteReplaced('UPDATED', note, rows, 'product_changes');
}

/**
 * @param rows as for `noteUpdates`
 * @param changes where they are noted
 */
export function noteRemovals(note: ChangeNote, rows: string, changes = 'product_changes'): string {
  return noteReplaced('DELETED', note, rows, changes);
}

/** Products as they are, for `rows` of `noteRemovals`. */
export const PRODUCTS_TO_REMOVE = `(
    SELECT sku, name AS old_name, description AS old_description, updated_at AS old_updated_at, changed_by AS old_changed_by,
      attributes AS old_attributes
    FROM products
  ) new`;

function noteReplaced(
  kind: 'UPDATED' | 'DELETED',
  { id, importNumber, changedAt }: ChangeNote,
  rows: string,
  changes: string,
): string {
  return `
    INSERT INTO ${changes} (
      sku, id, import_number, kind, changed_at, old_name, old_description, old_updated_at, old_changed_by, old_attributes
    ) OVERRIDING SYSTEM VALUE
    SELECT new.sku, ${id}, ${importNumber}, '${kind}', ${changedAt},
      new.old_name, new.old_description, new.old_updated_at, new.old_changed_by, new.old_attributes
    FROM ${rows}`;
}

export function noteInsertions({ id, importNumber, changedAt }: ChangeNote, rows: string): string {
  return `
    INSERT INTO product_changes (sku, id, import_number, kind, changed_at) OVERRIDING SYSTEM VALUE
    SELECT new.sku, ${id}, ${importNumber}, 'INSERTED', ${changedAt} FROM ${rows}`;
}

/**
 * As a part of the statement that deletes the products, after its `WITH`.
 *
 * @param gone has the products
 */
export const noteDeletions = (importNumber: number, gone: string) => `noted AS (
    INSERT INTO product_changes
      (sku, import_number, kind, old_name, old_description, old_updated_at, old_changed_by, old_attributes)
    SELECT sku, ${importNumber}, 'DELETED', name, description, updated_at, changed_by, attributes FROM ${gone}
  )`;
