// REPLACE: what a data source brought before and no longer has is removed from the catalogue.
//
// What is gone is found in the merge turn, before anything is merged, and judged as a whole; once the rows are merged
// it is removed in batches, each a transaction with its counts and its part of the ledger. A batch takes its locks in
// the order that everyone keeps: product rows, then the counts.

import type postgres from 'postgres';
import { type Staging, stagingTable } from '../imports/staging.ts';
import { isTableGone, lockCounts, StagingLostError, WRITE_COUNTS } from './merge-partition.ts';
import type { MergeTurn } from './merge-turn.ts';

export interface Replacement {
  importId: string;
  sourceId: string;
  maxDeletedShare: number;
  /** The deletion that was confirmed, if one was. */
  confirmedFingerprint: string | null;
  /** Set when an earlier try of the same import decided to delete so many, and may have begun. */
  planned: number | null;
  deleted: number;
  /** Set when an earlier try has removed all of it. */
  isDone: boolean;
}

/** More products would go than the source may lose at once, and nobody confirmed it. Nothing was merged. */
export class DeletionRefusedError extends Error {
  readonly products: number;
  readonly of: number;

  constructor(products: number, of: number) {
    super(`the import would delete ${products} of ${of} products`);
    this.products = products;
    this.of = of;
  }
}

/** @returns what the import is to replace; undefined when it only adds and updates */
export async function replacementOf(sql: postgres.Sql, importId: string): Promise<Replacement | undefined> {
  const [entry] = await sql<Replacement[]>`
    SELECT import_id AS "importId", source_id AS "sourceId", max_deleted_share AS "maxDeletedShare",
      confirmed_fingerprint AS "confirmedFingerprint", planned, deleted, removed_at IS NOT NULL AS "isDone"
    FROM data_source_imports WHERE import_id = ${importId} AND mode = 'REPLACE'`;
  return entry;
}

const BATCH_PRODUCTS = 10_000;
const SHOWN_SKUS = 20;

/**
 * Rejections of these codes leave no doubt where their record begins and ends, and it is kept: what it names is not
 * gone. Of any other it is unknown which products it would have named.
 */
const CLEAR_REJECTIONS = [
  'WRONG_FIELD_COUNT',
  'REPEATED_HEADER',
  'BLANK_SKU',
  'BLANK_NAME',
  'SKU_TOO_LONG',
  'NAME_TOO_LONG',
  'DESCRIPTION_TOO_LONG',
];
/** A longer record is kept in part: 10,000 bytes of it, or up to the character that would be cut. */
const WHOLE_RECORD_BYTES = 9990;
/** Searches of one record for one SKU that an import may cost, a few seconds. */
const MAX_SEARCHES = 20_000_000;

/**
 * Finds what is gone and decides whether it may go. Leaves it in a temporary table of the session, for `removeGone`.
 *
 * @param sql a session that began with `MERGE_SETUP`, in the merge turn
 * @returns how many products are going to be deleted
 * @throws DeletionRefusedError, which the import's entry tells more of
 * @throws StagingLostError when rows that were staged are gone: they would look as if the source had them no more
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
    const held = await holdUnclear(tx, importId);
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
 * Removes what `planRemoval` found, in the same session and the same merge turn.
 *
 * @param onRemoved told how many products the import has deleted so far
 */
export async function removeGone(
  sql: postgres.Sql,
  turn: MergeTurn,
  { importId, sourceId }: Replacement,
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
      const [removed] = await tx.unsafe(REMOVE_PRODUCTS, range);
      await tx.unsafe(GIVE_UP_CLAIMS, [...range, sourceId]);
      await lockCounts(tx);
      await tx.unsafe(WRITE_COUNTS);
      const [entry] = await tx<{ deleted: number }[]>`
        UPDATE data_source_imports SET deleted = deleted + ${Number(removed?.['products'])}
        WHERE import_id = ${importId} RETURNING deleted`;
      return entry?.deleted ?? 0;
    });
    onRemoved(deleted);
    after = last;
  }
  // What is staged may be dropped from now on.
  await sql`UPDATE data_source_imports SET removed_at = now() WHERE import_id = ${importId}`;
}

/**
 * What the source claims and its file has not. A product goes only if no other source claims it.
 */
async function findGone(tx: postgres.TransactionSql, staging: Staging, sourceId: string): Promise<void> {
  const partitions = await tx<{ partition: number; staged: number }[]>`
    SELECT partition, staged FROM import_partitions WHERE import_id = ${staging.importId} ORDER BY partition`;
  const tables = partitions.map(({ partition }) => stagingTable(staging, partition));
  const staged = `(${tables.map((table) => `SELECT sku FROM ${table}`).join(' UNION ALL ')})`;
  const loaded = partitions.reduce((sum, { staged }) => sum + staged, 0);
  const [found] = await tx
    .unsafe(`SELECT count(*)::bigint AS rows FROM ${staged} staged`)
    .catch((error: unknown) => {
      throw isTableGone(error) ? new StagingLostError('staging tables are gone') : error;
    });
  const rows = Number(found?.['rows']);
  if (rows !== loaded) throw new StagingLostError(`${rows} rows are staged where ${loaded} were loaded`);
  await tx.unsafe(`
    DROP TABLE IF EXISTS merge_gone;
    CREATE TEMP TABLE merge_gone (sku text COLLATE "C" PRIMARY KEY, removable boolean NOT NULL)`);
  await tx.unsafe(
    `INSERT INTO merge_gone
    SELECT claim.sku, EXISTS (SELECT FROM products WHERE products.sku = claim.sku) AND NOT EXISTS (
      SELECT FROM source_products other JOIN data_sources ON data_sources.id = other.source_id
      WHERE other.sku = claim.sku AND other.source_id <> $1::uuid AND data_sources.removed_at IS NULL
    )
    FROM source_products claim
    WHERE claim.source_id = $1::uuid AND NOT EXISTS (SELECT FROM ${staged} staged WHERE staged.sku = claim.sku)
    ORDER BY claim.sku`,
    [sourceId],
  );
}

/**
 * Takes out of what is gone whatever a rejected row may have named: it is there, though it cannot be read.
 *
 * @returns how many products stay for that
 */
async function holdUnclear(tx: postgres.TransactionSql, importId: string): Promise<number> {
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

/** What someone renamed meanwhile is read under the lock: the name must be the true one. */
const REMOVE_PRODUCTS = `
  WITH gone AS MATERIALIZED (
    SELECT products.sku, products.name
    FROM merge_gone JOIN products ON products.sku = merge_gone.sku
    WHERE merge_gone.sku > $1 AND merge_gone.sku <= $2 AND removable
    ORDER BY products.sku
    FOR UPDATE OF products
  ), removed AS (
    DELETE FROM products USING gone WHERE products.sku = gone.sku
  ), counted AS (
    INSERT INTO merge_counts SELECT name, -count(*) FROM gone GROUP BY name
  )
  SELECT count(*)::bigint AS products FROM gone`;

const GIVE_UP_CLAIMS = `
  DELETE FROM source_products USING merge_gone
  WHERE merge_gone.sku > $1 AND merge_gone.sku <= $2
    AND source_products.sku = merge_gone.sku AND source_products.source_id = $3::uuid`;
