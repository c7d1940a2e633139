// Which products an import has changed, and which of them are still as it left them.

import type postgres from 'postgres';

/** An import that is to be undone. */
export interface UndoneImport {
  number: number;
  /** Whether it is an undo itself. */
  isUndo: boolean;
  /** Whether it inserted products that product_changes does not have. */
  isFirstLoad: boolean;
  /** How many products it changed. */
  changed: number;
}

export async function undoneImport(sql: postgres.ISql, importId: string): Promise<UndoneImport | undefined> {
  const [found] = await sql<UndoneImport[]>`
    SELECT number, undoes IS NOT NULL AS "isUndo",
      EXISTS (SELECT FROM import_partitions WHERE import_id = imports.id AND is_first_load) AS "isFirstLoad",
      coalesce((
        SELECT sum(inserted + updated + import_partitions.deleted) FROM import_partitions WHERE import_id = imports.id
      ), 0)::bigint + coalesce((
        SELECT data_source_imports.deleted FROM data_source_imports WHERE import_id = imports.id
      ), 0) AS changed
    FROM imports WHERE id = ${importId}`;
  return found;
}

/**
 * @param condition on the column `sku`
 * @returns a query of the changes that the import has made, each product once: `sku`, `id`, `kind` and the former version, as
 *   in product_changes. What a first load inserted is not there, and has no `id`
 */
export function changesOf({ number, isFirstLoad }: UndoneImport, condition: string): string {
  const noted = `
    SELECT sku, id, kind, old_name, old_description, old_attributes, old_updated_at, old_changed_by
    FROM product_changes WHERE import_number = ${number} AND import_number > 0 AND ${condition}`;
  if (!isFirstLoad) return noted;
  return `
    ${noted}
    UNION ALL
    SELECT sku, NULL, 'INSERTED', NULL, NULL, NULL, NULL, NULL FROM products written
    WHERE changed_by = ${number} AND ${condition} AND ${isNotNoted(number)}
    UNION ALL
    SELECT DISTINCT sku, NULL::bigint, 'INSERTED', NULL, NULL, NULL::jsonb, NULL::timestamptz, NULL::integer
    FROM product_changes written
    WHERE old_changed_by = ${number} AND ${condition} AND ${isNotNoted(number)} AND NOT EXISTS (
      SELECT 1 FROM products WHERE products.sku = written.sku AND changed_by = ${number}
    )`;
}

const isNotNoted = (number: number) => `NOT EXISTS (
      SELECT 1 FROM product_changes noted
      WHERE noted.sku = written.sku AND noted.import_number = ${number} AND noted.import_number > 0
    )`;

/**
 * For rows of `changesOf` as `change`, joined with the current product as `products`.
 *
 * @returns the condition that nobody has changed the product since, or that everything was undone that did
 */
export function isAsLeft({ number, isUndo }: UndoneImport): string {
  // An import leaves its own version, an undo restores one of another writer.
  if (!isUndo) {
    return `CASE WHEN change.kind = 'DELETED' THEN products.sku IS NULL ELSE products.changed_by = ${number} END`;
  }
  return `coalesce((
      SELECT (next.old_updated_at, next.old_changed_by) IS NOT DISTINCT FROM (products.updated_at, products.changed_by)
      FROM product_changes next WHERE next.sku = change.sku AND next.id > change.id ORDER BY next.id LIMIT 1
    ), true)`;
}
