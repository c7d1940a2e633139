// The history of products: what an import changed, each value that a product had, and what an undo kept.

import type postgres from 'postgres';
import type { Database } from '../../postgres/connection/database.ts';
import { inOneSnapshot } from '../../postgres/snapshot.ts';
import { allOf, anyOf, type Page, readPage, type Window } from '../../postgres/sql/keyset.ts';
import { isStorable } from '../../postgres/sql/storable-text.ts';
import { CHANGE_KINDS, type ChangeKind, type keptProducts } from '../../tables.ts';

/** A version of a product. */
export interface ProductVersion {
  name: string;
  description: string;
  attributes: Record<string, string> | null;
  updatedAt: Date;
}

export interface ProductChange {
  sku: string;
  /** Orders the changes of a product. */
  position: number;
  kind: ChangeKind;
  at: Date;
  /** The number of the import that made the change; 0 for an edit, or if that is unknown. */
  importNumber: number;
  /** Of an edit: the name of who made it; null if that is unknown, and of imports. */
  author: string | null;
  /** Null if the product was inserted. */
  before: ProductVersion | null;
  /** Null if the product was deleted. */
  after: ProductVersion | null;
}

export type KeptProduct = Omit<typeof keptProducts.$inferSelect, 'importId'>;

const LAST_POSITION = Number.MAX_SAFE_INTEGER;

export class ProductChangeStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * What became of a product, newest first, whether or not it exists. The keys of the window are positions.
   *
   * @param signal cancels the query
   */
  async history(sku: string, window: Window<number>, signal?: AbortSignal): Promise<Page<ProductChange>> {
    if (!isStorable(sku)) return { rows: [], hasPreviousPage: false, hasNextPage: false };
    const read = (sql: postgres.TransactionSql) =>
      pageOf(window, (part, isInclusive) => readHistory(sql, sku, part, isInclusive));
    return inOneSnapshot(this.#database, read, signal);
  }

  /**
   * What an import changed, in the order of SKU. The keys of the window are SKUs.
   *
   * @param kind of the changes; undefined: all
   */
  async changesOf(
    importNumber: number,
    window: Window<string>,
    kind: ChangeKind | undefined,
    signal?: AbortSignal,
  ): Promise<Page<ProductChange>> {
    const kinds = kind ? [kind] : CHANGE_KINDS;
    const read = async (sql: postgres.TransactionSql) => {
      const reading = { importNumber, kinds, isFirstLoad: await isFirstLoad(sql, importNumber) };
      return pageOf(window, (part, isInclusive) => readChanges(sql, reading, part, isInclusive));
    };
    return inOneSnapshot(this.#database, read, signal);
  }

  /**
   * Who wrote products as they are: who started the import, or made the edit. Those that are unknown are left out.
   *
   * @returns by SKU
   */
  async authorsOf(skus: readonly string[]): Promise<Map<string, string>> {
    const found = await this.#database.sql<{ sku: string; author: string }[]>`
      WITH written AS MATERIALIZED (
        SELECT products.sku, products.changed_by, edit.author
        FROM products
        LEFT JOIN LATERAL (
          SELECT author FROM product_changes
          WHERE product_changes.sku = products.sku AND import_number = 0 AND products.changed_by = 0
          ORDER BY id DESC LIMIT 1
        ) edit ON true
        WHERE products.sku = ANY (${skus.filter(isStorable)}::text[])
      )
      SELECT sku, coalesce(imports.created_by, written.author) AS author
      FROM written LEFT JOIN imports ON imports.number = written.changed_by
      WHERE coalesce(imports.created_by, written.author) IS NOT NULL`;
    return new Map(found.map(({ sku, author }) => [sku, author]));
  }

  /** How many products an undo left alone. */
  async countKept(importId: string): Promise<number> {
    const [counted] = await this.#database.sql<{ products: number }[]>`
      SELECT count(*) AS products FROM kept_products WHERE import_id = ${importId}`;
    return counted?.products ?? 0;
  }

  /** What an undo left alone, in the order of SKU: up to `limit` rows of the window. */
  async kept(importId: string, window: Window<string>, limit: number): Promise<KeptProduct[]> {
    const { sql } = this.#database;
    const order = window.backwards ? sql`sku DESC` : sql`sku`;
    return sql<KeptProduct[]>`
      SELECT sku, changed_by AS "changedBy", kind, changed_at AS "changedAt" FROM kept_products
      WHERE import_id = ${importId} AND ${allOf(sql, between(sql, sql`sku`, window))}
      ORDER BY ${order} LIMIT ${limit}`;
  }
}

/** @param read reads up to `limit` rows of a window, with those that have its keys if that is asked for */
function pageOf<Key>(
  window: Window<Key>,
  read: (window: Window<Key>, isInclusive: boolean) => Promise<ProductChange[]>,
): Promise<Page<ProductChange>> {
  const hasRows = async (beyond: Omit<Window<Key>, 'limit'>) =>
    (await read({ limit: 1, ...beyond }, true)).length > 0;
  return readPage(window, {
    rows: (limit) => read({ ...window, limit }, false),
    hasRowsBefore: () => hasRows({ before: window.after }),
    hasRowsAfter: () => hasRows({ after: window.before }),
  });
}

interface ChangesOfImport {
  importNumber: number;
  kinds: readonly ChangeKind[];
  isFirstLoad: boolean;
}

/** Whether the import filled an empty catalogue. */
export async function isFirstLoad(sql: postgres.ISql, importNumber: number): Promise<boolean> {
  const [first] = await sql<{ found: boolean }[]>`
    SELECT EXISTS (
      SELECT FROM import_partitions JOIN imports ON imports.id = import_id
      WHERE number = ${importNumber} AND is_first_load
    ) AS found`;
  return first?.found === true;
}

/**
 * A version that no change is noted of was inserted by a first load, or is the oldest that is known: it follows no other. So
 * a noted change is at twice its id, and there is a position between any two.
 */
async function readHistory(
  sql: postgres.TransactionSql,
  sku: string,
  { limit, backwards, after, before }: Window<number>,
  isInclusive: boolean,
): Promise<ProductChange[]> {
  // Newest first: what comes after has a lower position.
  const range = between(sql, sql`change.position`, { after: before, before: after }, isInclusive);
  return sql<ProductChange[]>`
    WITH versions AS (
      SELECT id, old_updated_at AS updated_at, old_changed_by AS changed_by, kind,
        lag(kind) OVER (ORDER BY id) AS earlier
      FROM product_changes WHERE sku = ${sku}
      UNION ALL
      SELECT NULL, updated_at, changed_by, NULL,
        (SELECT kind FROM product_changes WHERE sku = ${sku} ORDER BY id DESC LIMIT 1)
      FROM products WHERE sku = ${sku}
    ), changes AS (
      SELECT sku, 2 * id AS position, kind, changed_at, import_number, author,
        old_name, old_description, old_updated_at, old_attributes
      FROM product_changes WHERE sku = ${sku}
      UNION ALL
      SELECT ${sku}, 2 * coalesce(id, 1 + (SELECT max(id) FROM product_changes WHERE sku = ${sku}), 1) - 1,
        'INSERTED', updated_at, changed_by, NULL, NULL, NULL, NULL, NULL
      FROM versions WHERE updated_at IS NOT NULL AND coalesce(earlier, 'DELETED') = 'DELETED'
    )
    SELECT ${changeFields(sql)}
    FROM changes change ${followed(sql, sql`${sku}`)}
    WHERE ${allOf(sql, range)}
    ORDER BY ${backwards ? sql`change.position` : sql`change.position DESC`} LIMIT ${limit}`;
}

/** First which changes there are, then what they are like: so few are looked at as the limit allows, whatever statistics say. */
async function readChanges(
  sql: postgres.TransactionSql,
  changes: ChangesOfImport,
  window: Window<string>,
  isInclusive: boolean,
): Promise<ProductChange[]> {
  const { limit, backwards } = window;
  const order = backwards ? sql`sku DESC` : sql`sku`;
  const range = allOf(sql, between(sql, sql`sku`, window, isInclusive));
  // Each part is in the order of an index.
  const parts = changes.kinds.map(
    (kind) => sql`(
      SELECT sku FROM product_changes
      WHERE ${ofImport(sql, changes)} AND kind = ${kind} AND ${range}
      ORDER BY ${order} LIMIT ${limit}
    )`,
  );
  const all = parts.reduce((union, part) => sql`${union} UNION ALL ${part}`);
  const noted = await sql<
    { sku: string }[]
  >`SELECT sku FROM (${all}) AS found ORDER BY ${order} LIMIT ${limit}`;
  const skus = noted.map(({ sku }) => sku);
  const found = await sql<ProductChange[]>`
    ${notedChanges(sql, sql`${ofImport(sql, changes)} AND sku = ANY (${skus}::text[])`)} ORDER BY ${order}`;
  if (!hasInserted(changes)) return [...found];
  const inserted: ProductChange[] = [];
  for (const query of insertedByFirstLoad(sql, changes.importNumber, range)) {
    inserted.push(...(await sql<ProductChange[]>`${query} ORDER BY ${order} LIMIT ${limit}`));
  }
  const sign = backwards ? -1 : 1;
  return [...found, ...inserted]
    .toSorted((a, b) => sign * Buffer.compare(Buffer.from(a.sku), Buffer.from(b.sku)))
    .slice(0, limit);
}

/** All changes of an import, in the order of SKU. */
export function changesQuery(sql: postgres.TransactionSql, changes: ChangesOfImport): postgres.Fragment {
  const kinds = changes.kinds.map((kind) => sql`kind = ${kind}`);
  const noted = notedChanges(sql, sql`${ofImport(sql, changes)} AND ${anyOf(sql, kinds)}`);
  const inserted = hasInserted(changes) ? insertedByFirstLoad(sql, changes.importNumber, sql`true`) : [];
  const all = [noted, ...inserted].map((query) => sql`(${query})`);
  return sql`${all.reduce((union, query) => sql`${union} UNION ALL ${query}`)} ORDER BY sku`;
}

/** As in the condition of the index. */
function ofImport(sql: postgres.ISql, { importNumber }: ChangesOfImport): postgres.Fragment {
  return sql`import_number = ${sql.unsafe(String(importNumber))} AND import_number > 0`;
}

function hasInserted({ isFirstLoad, kinds }: ChangesOfImport): boolean {
  return isFirstLoad && kinds.includes('INSERTED');
}

/** @param condition on product_changes */
function notedChanges(sql: postgres.TransactionSql, condition: postgres.Fragment): postgres.Fragment {
  return sql`
    SELECT ${changeFields(sql)}
    FROM (SELECT *, 2 * id AS position FROM product_changes WHERE ${condition}) change ${followed(sql, sql`change.sku`)}`;
}

/**
 * What a first load inserted is not noted. It is known from the change that replaced it, or else from the product as it is.
 *
 * @param range a condition on the column `sku`
 * @returns two queries, without a SKU in common
 */
function insertedByFirstLoad(
  sql: postgres.TransactionSql,
  importNumber: number,
  range: postgres.Fragment,
): postgres.Fragment[] {
  const isReplaced = sql`
    SELECT 1 FROM product_changes other WHERE other.sku = written.sku AND other.old_changed_by = ${importNumber}`;
  const isNoted = sql`
    SELECT 1 FROM product_changes other WHERE other.sku = written.sku AND other.import_number = ${importNumber}`;
  const fields = (position: postgres.Fragment, prefix: string) => {
    const column = (name: string) => sql.unsafe(`${prefix}${name}`);
    return sql`written.sku, ${position} AS position, 'INSERTED' AS kind, ${column('updated_at')} AS at,
      ${importNumber}::int AS "importNumber", NULL::text AS author, NULL::jsonb AS before,
      jsonb_build_object('name', ${column('name')}, 'description', ${column('description')},
        'attributes', ${column('attributes')}, 'updatedAt', ${column('updated_at')}) AS after`;
  };
  return [
    sql`
      SELECT ${fields(sql`${LAST_POSITION}::bigint`, '')} FROM products written
      WHERE changed_by = ${importNumber} AND ${range} AND NOT EXISTS (${isReplaced}) AND NOT EXISTS (${isNoted})`,
    sql`
      SELECT ${fields(sql`2 * id - 1`, 'old_')} FROM product_changes written
      WHERE old_changed_by = ${importNumber} AND ${range} AND NOT EXISTS (${isNoted})
        AND NOT EXISTS (${isReplaced} AND other.id < written.id)`,
  ];
}

/** Of a `change` that is `followed`. */
function changeFields(sql: postgres.TransactionSql): postgres.Fragment {
  return sql`change.sku, change.position, change.kind, change.changed_at AS at, change.import_number AS "importNumber",
    change.author,
    CASE WHEN change.old_updated_at IS NOT NULL THEN jsonb_build_object(
      'name', change.old_name, 'description', change.old_description, 'attributes', change.old_attributes,
      'updatedAt', change.old_updated_at) END AS before,
    CASE
      WHEN change.kind = 'DELETED' THEN NULL
      WHEN next.id IS NOT NULL THEN jsonb_build_object(
        'name', next.old_name, 'description', next.old_description, 'attributes', next.old_attributes,
        'updatedAt', next.old_updated_at)
      ELSE jsonb_build_object('name', products.name, 'description', products.description,
        'attributes', products.attributes, 'updatedAt', products.updated_at)
    END AS after`;
}

/** Joins the `next` change of the product with this SKU, and the product as it is. */
function followed(sql: postgres.TransactionSql, sku: postgres.Fragment): postgres.Fragment {
  return sql`
    LEFT JOIN LATERAL (
      SELECT * FROM product_changes following
      WHERE following.sku = ${sku} AND 2 * following.id > change.position ORDER BY following.id LIMIT 1
    ) next ON true
    LEFT JOIN products ON products.sku = ${sku}`;
}

function between<Key extends string | number>(
  sql: postgres.ISql,
  key: postgres.Fragment,
  { after, before }: Omit<Window<Key>, 'limit'>,
  isInclusive = false,
): postgres.Fragment[] {
  return [
    ...(after === undefined ? [] : [isInclusive ? sql`${key} >= ${after}` : sql`${key} > ${after}`]),
    ...(before === undefined ? [] : [isInclusive ? sql`${key} <= ${before}` : sql`${key} < ${before}`]),
  ];
}
