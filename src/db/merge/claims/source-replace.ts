// REPLACE imports: products that a data source provided before and no longer has are deleted.
//
// These products are found in the merge turn, before any row is merged, and the deletion is allowed or refused as a whole.
// After the merge they are deleted in batches, each in one transaction with its counts and its part of the ledger. Lock
// order: product rows, then counts.

import type postgres from 'postgres';
import { type Staging, stagedSkus } from '../../imports/staging.ts';
import { quoteLiteral } from '../../postgres/sql/quote-literal.ts';
import { allowOnly } from '../join-method.ts';
import { noteDeletions } from '../slices/note-changes.ts';
import { countOf } from '../slices/slice.ts';
import { forgetMoves, writeCounts } from '../slices/write-counts.ts';
import { requireStagedRows } from '../superseded/require-staged-rows.ts';
import type { WorkTables } from '../turn/merge-session.ts';
import type { MergeTurn } from '../turn/merge-turn.ts';

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

export type RemovalTables = Pick<WorkTables, 'gone' | 'moves' | 'sums'>;

/**
 * Finds the products to delete and decides whether they may be deleted. Keeps them in the work table `gone`, which is empty, for
 * `removeGone`.
 *
 * @param sql of the session that has the tables
 * @returns how many products will be deleted
 * @throws DeletionRefusedError; details are in `data_source_imports`
 * @throws StagingLostError if staged rows are missing: their products would look as if the source no longer had them
 */
export async function planRemoval(
  sql: postgres.Sql,
  { gone }: RemovalTables,
  turn: MergeTurn,
  staging: Staging,
  replacement: Replacement,
): Promise<number> {
  const { importId, sourceId } = replacement;
  if (replacement.isDone) return replacement.planned ?? 0;
  const refused = await sql.begin(async (tx) => {
    await turn.hold(tx);
    await findGone(tx, gone, staging, sourceId);
    const held = await keepUnclear(tx, gone, importId);
    const { products, of, fingerprint, skus } = await summarize(tx, gone, sourceId);
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

/** What there is to delete, and of how many products that the source had. */
async function summarize(tx: postgres.TransactionSql, gone: string, sourceId: string) {
  const [found] = await tx.unsafe<{ products: number; fingerprint: string }[]>(
    `SELECT count(*) AS products, count(*) || ':' || coalesce(sum(hashtextextended(sku, 0)), 0) AS fingerprint
    FROM ${gone} WHERE removable`,
  );
  const [claimed] = await tx<{ of: number }[]>`
    SELECT count(*) AS of FROM source_products WHERE source_id = ${sourceId}`;
  const first = await tx.unsafe<{ sku: string }[]>(
    `SELECT sku FROM ${gone} WHERE removable ORDER BY sku LIMIT ${SHOWN_SKUS}`,
  );
  const { products = 0, fingerprint = '' } = found ?? {};
  return { products, fingerprint, of: claimed?.of ?? 0, skus: first.map(({ sku }) => sku) };
}

/**
 * Deletes the products that `planRemoval` found, in the same session and the same merge turn.
 *
 * @param onRemoved called with the number of products that the import has deleted so far
 */
export async function removeGone(
  sql: postgres.Sql,
  { gone, moves, sums }: RemovalTables,
  turn: MergeTurn,
  { importId, importNumber, sourceId }: Replacement,
  onRemoved: (deleted: number) => void,
): Promise<void> {
  for (let after = ''; ; ) {
    const [batch] = await sql.unsafe<[{ last: string | null }]>(
      `SELECT max(sku) AS last FROM (
        SELECT sku FROM ${gone} WHERE sku > ${quoteLiteral(after)} ORDER BY sku LIMIT ${BATCH_PRODUCTS}
      ) batch`,
    );
    const { last } = batch;
    if (last === null) break;
    const range = `gone.sku > ${quoteLiteral(after)} AND gone.sku <= ${quoteLiteral(last)}`;
    const deleted = await sql.begin(async (tx) => {
      await turn.hold(tx);
      await tx.unsafe(allowOnly('LOOKUP'));
      await forgetMoves(tx, { moves, sums });
      const rows = `(SELECT * FROM ${gone} gone WHERE ${range} ORDER BY sku)`;
      const removed = await countOf(tx, deleteProducts(rows, moves, importNumber, sourceId));
      await tx.unsafe(deleteClaims(rows, sourceId));
      if (removed > 0) await writeCounts(tx, { moves, sums });
      const [entry] = await tx<{ deleted: number }[]>`
        UPDATE data_source_imports SET deleted = deleted + ${removed}
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
async function findGone(
  tx: postgres.TransactionSql,
  gone: string,
  staging: Staging,
  sourceId: string,
): Promise<void> {
  const partitions = await tx<{ partition: number; staged: number }[]>`
    SELECT partition, staged FROM import_partitions WHERE import_id = ${staging.importId} ORDER BY partition`;
  const staged = `(${partitions.map(({ partition }) => stagedSkus(staging, partition)).join(' UNION ALL ')})`;
  const loaded = partitions.reduce((sum, { staged }) => sum + staged, 0);
  await requireStagedRows(tx, staged, loaded);
  const others = await tx<{ id: string }[]>`
    SELECT id FROM data_sources WHERE id <> ${sourceId} AND removed_at IS NULL`;
  const otherIds = `ARRAY[${others.map(({ id }) => quoteLiteral(id)).join(', ')}]::uuid[]`;
  await tx.unsafe(
    `INSERT INTO ${gone}
    SELECT claim.sku, products.sku IS NOT NULL AND other.sku IS NULL
    FROM source_products claim
    LEFT JOIN products ON products.sku = claim.sku
    LEFT JOIN LATERAL (
      SELECT sku FROM source_products WHERE source_products.sku = claim.sku AND source_id = ANY (${otherIds}) LIMIT 1
    ) other ON true
    WHERE claim.source_id = ${quoteLiteral(sourceId)}::uuid
      AND NOT EXISTS (SELECT 1 FROM ${staged} staged WHERE staged.sku = claim.sku)
    ORDER BY claim.sku`,
  );
}

/**
 * Keeps products that a rejected row may have named: the source still has them, in a row that could not be read.
 *
 * @returns how many products are kept for that
 */
async function keepUnclear(tx: postgres.TransactionSql, gone: string, importId: string): Promise<number> {
  const [issues] = await tx<{ rejected: number; unclear: number }[]>`
    SELECT count(*) AS rejected,
      count(*) FILTER (
        WHERE code <> ALL (${CLEAR_REJECTIONS}) OR octet_length(record) >= ${WHOLE_RECORD_BYTES}
      ) AS unclear
    FROM import_row_issues WHERE import_id = ${importId} AND kind = 'REJECTED'`;
  const { rejected = 0, unclear = 0 } = issues ?? {};
  if (rejected === 0) return 0;
  const [lost] = await tx.unsafe<{ skus: number }[]>(`SELECT count(*) AS skus FROM ${gone}`);
  const isAll = unclear > 0 || rejected * (lost?.skus ?? 0) > MAX_SEARCHES;
  const held = await tx.unsafe<{ removable: boolean }[]>(
    isAll ? `DELETE FROM ${gone} RETURNING removable` : keepNamed(gone, importId),
  );
  return held.filter(({ removable }) => removable).length;
}

const keepNamed = (gone: string, importId: string) => `
  WITH lost AS MATERIALIZED (
    SELECT sku FROM ${gone}
  ), named AS MATERIALIZED (
    SELECT sku FROM lost WHERE EXISTS (
      SELECT 1 FROM import_row_issues issue
      WHERE issue.import_id = ${quoteLiteral(importId)}::uuid AND issue.kind = 'REJECTED'
        AND (strpos(issue.record, sku) > 0 OR strpos(issue.record, replace(sku, '"', '""')) > 0)
    )
  )
  DELETE FROM ${gone} gone USING named WHERE gone.sku = named.sku RETURNING removable`;

/**
 * Takes names from the deleted rows, as a concurrent update may have changed them. A product that somebody has deleted and
 * created again meanwhile is no longer claimed.
 *
 * @param rows a subquery: the batch as `gone`
 */
function deleteProducts(rows: string, moves: string, importNumber: number, sourceId: string): string {
  return `
    WITH removed AS (
      DELETE FROM products
      USING ${rows} gone JOIN source_products claim
        ON claim.sku = gone.sku AND claim.source_id = ${quoteLiteral(sourceId)}::uuid
      WHERE products.sku = gone.sku AND removable
      RETURNING products.*
    ), ${noteDeletions(importNumber, 'removed')}, counted AS (
      INSERT INTO ${moves} SELECT name, -count(*) FROM removed GROUP BY name
    )
    SELECT count(*)::bigint AS rows FROM removed`;
}

function deleteClaims(rows: string, sourceId: string): string {
  return `
    DELETE FROM source_products USING ${rows} gone
    WHERE source_products.sku = gone.sku AND source_products.source_id = ${quoteLiteral(sourceId)}::uuid`;
}
