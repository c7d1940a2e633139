// REPLACE imports: products that a data source provided before and no longer has are deleted.
//
// These products are found in the merge turn, before any row is merged, and the deletion is allowed or refused as a whole.
// After the merge they are deleted in batches, each in one transaction with its counts and its part of the ledger. Lock
// order: product rows, then counts.

import type postgres from 'postgres';
import { type Staging, stagingTable } from '../imports/staging.ts';
import type { MergeTurn } from './merge-turn.ts';
import { requireStagedRows } from './require-staged-rows.ts';
import { noteDeletions } from './slice.ts';
import { writeCounts } from './write-counts.ts';

export interface Replacement {
  importId: string;
  importNumber: number;
  sourceId: string;
  maxDeletedShare: number;
  /** Of the deletion that was confirmed, if any. */
  confirmedFingerprint: string | null;
  /** How many products an earlier attempt of this import decided to delete; it may have deleted some. */
  planned: number | null;
  deleted: number;
  /** Whether an earlier attempt has deleted all of them. */
  isDone: boolean;
}

/** The import would delete more products than its source may lose at once, without confirmation. Nothing was merged. */
export class DeletionRefusedError extends Error {
  readonly products: number;
  readonly of: number;

  constructor(products: number, of: number) {
    super(`the import would delete ${products} of ${of} products`);
    this.products = products;
    this.of = of;
  }
}

/** @returns undefined for an import that does not delete products */
export async function replacementOf(sql: postgres.Sql, importId: string): Promise<Replacement | undefined> {
  const [entry] = await sql<Replacement[]>`
    SELECT import_id AS "importId", number AS "importNumber", deletion.source_id AS "sourceId",
      max_deleted_share AS "maxDeletedShare",
      confirmed_fingerprint AS "confirmedFingerprint", planned, deleted, removed_at IS NOT NULL AS "isDone"
    FROM data_source_imports deletion JOIN imports ON imports.id = import_id
    WHERE import_id = ${importId} AND deletion.mode = 'REPLACE'`;
  return entry;
}

const BATCH_PRODUCTS = 10_000;
const SHOWN_SKUS = 20;

/**
 * With these codes it is certain where the record starts and ends, so products that it names are not deleted. With any other
 * code it is unknown which products the record would have named.
 */
const CLEAR_REJECTIONS = [
  'WRONG_FIELD_COUNT',
  'REPEATED_HEADER',
  'BLANK_SKU',
  'DUPLICATE_SKU',
  'BLANK_NAME',
  'SKU_TOO_LONG',
  'NAME_TOO_LONG',
  'DESCRIPTION_TOO_LONG',
  'ATTRIBUTE_TOO_LONG',
];
/** Longer records are stored truncated: at 10,000 bytes, or at the last whole character before. */
const WHOLE_RECORD_BYTES = 9990;
/** Limits searches of one record for one SKU to a few seconds for an import. */
const MAX_SEARCHES = 20_000_000;

/**
 * Finds the products to delete and decides whether they may be deleted. Keeps them in a temporary table of the session for
 * `removeGone`.
 *
 * @param sql a session that started with `MERGE_SETUP`, in the merge turn
 * @returns how many products will be deleted
 * @throws DeletionRefusedError; details are in `data_source_imports`
 * @throws StagingLostError if staged rows are missing: their products would look as if the source no longer had them
 */
export async function planRemoval(
  sql: postgres.Sql,
  turn: MergeTurn,
  staging: Staging,
  replacement: Replacement,
): Promise<number> {
  const { importId, sourceId } = replacement;
  if (replacement.isDone) return replacement.planned ?? 0;
  const refused = await sql.begin(async (tx) => {
    await turn.hold(tx);
    await findGone(tx, staging, sourceId);
    const held = await keepUnclear(tx, importId);
    const [plan] = await tx<{ products: number; of: number; fingerprint: string; skus: string[] }[]>`
      SELECT count(*) AS products,
        (SELECT count(*) FROM source_products WHERE source_id = ${sourceId}) AS of,
        count(*) || ':' || coalesce(sum(hashtextextended(sku, 0)), 0) AS fingerprint,
        ARRAY(SELECT sku FROM merge_gone WHERE removable ORDER BY sku LIMIT ${SHOWN_SKUS}) AS skus
      FROM merge_gone WHERE removable`;
    const { products = 0, of = 0, fingerprint = '', skus = [] } = plan ?? {};
    const allowed =
      replacement.planned !== null ||
      products <= of * replacement.maxDeletedShare ||
      fingerprint === replacement.confirmedFingerprint;
    if (allowed) {
      await tx`
        UPDATE data_source_imports SET planned = deleted + ${products}, held = ${held} WHERE import_id = ${importId}`;
      return undefined;
    }
    await tx`
      UPDATE data_source_imports
      SET refused_products = ${products}, refused_of = ${of}, refused_skus = ${skus}, refused_fingerprint = ${fingerprint}
      WHERE import_id = ${importId}`;
    return new DeletionRefusedError(products, of);
  });
  if (refused) throw refused;
  const [entry] = await sql<{ planned: number }[]>`
    SELECT planned FROM data_source_imports WHERE import_id = ${importId}`;
  return entry?.planned ?? 0;
}

/**
 * Deletes the products that `planRemoval` found, in the same session and the same merge turn.
 *
 * @param onRemoved called with the number of products that the import has deleted so far
 */
export async function removeGone(
  sql: postgres.Sql,
  turn: MergeTurn,
  { importId, importNumber, sourceId }: Replacement,
  onRemoved: (deleted: number) => void,
): Promise<void> {
  for (let after = ''; ; ) {
    const batch = await sql<{ sku: string }[]>`
      SELECT sku FROM merge_gone WHERE sku > ${after} ORDER BY sku LIMIT ${BATCH_PRODUCTS}`;
    const last = batch.at(-1)?.sku;
    if (last === undefined) break;
    const range = [after, last];
    const deleted = await sql.begin(async (tx) => {
      await turn.hold(tx);
      const [removed] = await tx.unsafe(deleteProducts(importNumber), [...range, sourceId]);
      await tx.unsafe(DELETE_CLAIMS, [...range, sourceId]);
      await writeCounts(tx);
      const [entry] = await tx<{ deleted: number }[]>`
        UPDATE data_source_imports SET deleted = deleted + ${Number(removed?.['products'])}
        WHERE import_id = ${importId} RETURNING deleted`;
      return entry?.deleted ?? 0;
    });
    onRemoved(deleted);
    after = last;
  }
  // From now on staged rows are no longer needed.
  await sql`UPDATE data_source_imports SET removed_at = now() WHERE import_id = ${importId}`;
}

/** Finds what the source claims and its file does not contain. A product is removable if no other source claims it. */
async function findGone(tx: postgres.TransactionSql, staging: Staging, sourceId: string): Promise<void> {
  const partitions = await tx<{ partition: number; staged: number }[]>`
    SELECT partition, staged FROM import_partitions WHERE import_id = ${staging.importId} ORDER BY partition`;
  const tables = partitions.map(({ partition }) => stagingTable(staging, partition));
  const staged = `(${tables.map((table) => `SELECT sku FROM ${table}`).join(' UNION ALL ')})`;
  const loaded = partitions.reduce((sum, { staged }) => sum + staged, 0);
  await requireStagedRows(tx, staged, loaded);
  await tx.unsafe(`
    DROP TABLE IF EXISTS merge_gone;
    CREATE TEMP TABLE merge_gone (sku text COLLATE "C" PRIMARY KEY, removable boolean NOT NULL)`);
  await tx.unsafe(
    `INSERT INTO merge_gone
    SELECT claim.sku, EXISTS (SELECT 1 FROM products WHERE products.sku = claim.sku) AND NOT EXISTS (
      SELECT 1 FROM source_products other JOIN data_sources ON data_sources.id = other.source_id
      WHERE other.sku = claim.sku AND other.source_id <> $1::uuid AND data_sources.removed_at IS NULL
    )
    FROM source_products claim
    WHERE claim.source_id = $1::uuid AND NOT EXISTS (SELECT FROM ${staged} staged WHERE staged.sku = claim.sku)
    ORDER BY claim.sku`,
    [sourceId],
  );
}

/**
 * Keeps products that a rejected row may have named: the source still has them, in a row that could not be read.
 *
 * @returns how many products are kept for that
 */
async function keepUnclear(tx: postgres.TransactionSql, importId: string): Promise<number> {
  const [issues] = await tx<{ rejected: number; unclear: number }[]>`
    SELECT count(*) AS rejected,
      count(*) FILTER (
        WHERE code <> ALL (${CLEAR_REJECTIONS}) OR octet_length(record) >= ${WHOLE_RECORD_BYTES}
      ) AS unclear
    FROM import_row_issues WHERE import_id = ${importId} AND kind = 'REJECTED'`;
  const { rejected = 0, unclear = 0 } = issues ?? {};
  if (rejected === 0) return 0;
  const [gone] = await tx<{ skus: number }[]>`SELECT count(*) AS skus FROM merge_gone`;
  const held =
    unclear > 0 || rejected * (gone?.skus ?? 0) > MAX_SEARCHES
      ? await tx<{ removable: boolean }[]>`DELETE FROM merge_gone RETURNING removable`
      : await tx<{ removable: boolean }[]>`
          DELETE FROM merge_gone WHERE EXISTS (
            SELECT FROM import_row_issues issue
            WHERE issue.import_id = ${importId} AND issue.kind = 'REJECTED'
              AND (strpos(issue.record, sku) > 0 OR strpos(issue.record, replace(sku, '"', '""')) > 0)
          ) RETURNING removable`;
  return held.filter(({ removable }) => removable).length;
}

/**
 * Reads names under the row lock, as a concurrent update may have changed them. A product that somebody has deleted and
 * created again meanwhile is no longer claimed.
 */
const deleteProducts = (importNumber: number) => `
  WITH gone AS MATERIALIZED (
    SELECT products.*
    FROM merge_gone JOIN products ON products.sku = merge_gone.sku
    WHERE merge_gone.sku > $1 AND merge_gone.sku <= $2 AND removable AND EXISTS (
      SELECT 1 FROM source_products claim WHERE claim.sku = merge_gone.sku AND claim.source_id = $3::uuid
    )
    ORDER BY products.sku
    FOR UPDATE OF products
  ), removed AS (
    DELETE FROM products USING gone WHERE products.sku = gone.sku
  ), ${noteDeletions(importNumber, 'gone')}, counted AS (
    INSERT INTO merge_counts SELECT name, -count(*) FROM gone GROUP BY name
  )
  SELECT count(*)::bigint AS products FROM gone`;

const DELETE_CLAIMS = `
  DELETE FROM source_products USING merge_gone
  WHERE merge_gone.sku > $1 AND merge_gone.sku <= $2
    AND source_products.sku = merge_gone.sku AND source_products.source_id = $3::uuid`;
