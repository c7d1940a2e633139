// Reads the catalogue as CSV, as fast as Postgres writes it: products, name counts, and what an import changed.
//
// An export has a connection of its own, so that slow clients do not take those of everyone else, and a snapshot, so that
// it is the catalogue of one moment.

import type postgres from 'postgres';
import type { Database } from '../postgres/connection/database.ts';
import { Session } from '../postgres/connection/session.ts';
import { copyTo } from '../postgres/copy/copy-to.ts';
import { inCut } from '../postgres/cut.ts';
import { literalSql, literalText } from '../postgres/sql/literal-sql.ts';
import { quoteLiteral } from '../postgres/sql/quote-literal.ts';
import { CHANGE_KINDS, type ChangeKind, type ProductField } from '../tables.ts';
import { matchingCounts, type ProductCountFilter, type ProductCountOrder } from './counts/count-pages.ts';
import { changesQuery, isFirstLoad } from './history/product-change-store.ts';
import type { ProductFilter } from './search/product-filter.ts';
import { matchingProducts } from './search/product-queries.ts';

/** Where a column of an export of products comes from. */
export type ExportColumn = { field: ProductField } | { attribute: string };

/** What an export of products may have, before its columns are chosen. */
interface ExportContent {
  /** The names of attributes, in byte order: up to the number that was asked for, and one more if there are more. */
  attributes: string[];
  /** Whether a product looks like a header: its SKU, name and description are `sku`, `name` and `description`. */
  hasHeaderLike: boolean;
}

/** What is exported, and in which columns: the caller adds the header. */
export interface ProductExport {
  filter: ProductFilter;
  /** Names of attributes; undefined: those that the products have. */
  attributes?: readonly string[] | undefined;
  /** How many attributes an export may have. */
  maxAttributes: number;
  /** Called before the rows are taken. */
  columnsOf(content: ExportContent): ExportColumn[];
}

/** Takes the rows of an export, at its own speed. */
export type TakeRows = (rows: AsyncIterable<Buffer>) => Promise<void>;

/** An empty text would be quoted; a null is not. */
const FIELD_VALUES: Record<ProductField, string> = {
  sku: 'sku',
  name: 'name',
  description: "nullif(description, '')",
};

/** Of a SKU that looks like a header. */
const HEADER_SKUS = casesOf('sku');

export const CHANGE_COLUMNS = [
  'sku',
  'change',
  'changed_at',
  'name_before',
  'name_after',
  'description_before',
  'description_after',
  'attributes_before',
  'attributes_after',
];

/** Gives the products of one moment to `take`, in no particular order. */
export async function exportProducts(
  database: Database,
  { filter, attributes, maxAttributes, columnsOf }: ProductExport,
  take: TakeRows,
  signal: AbortSignal,
): Promise<void> {
  await inSnapshot(database, signal, async (tx, copy) => {
    const condition = await matchingProducts(tx, filter);
    const columns = columnsOf({
      attributes: attributes ? [...attributes] : await attributeNames(tx, condition(tx), maxAttributes + 1),
      hasHeaderLike: await hasHeaderLike(tx),
    });
    const values = columns.map(valueExpression).join(', ');
    // The first value is quoted: a record must not begin with what is taken for a byte order mark.
    const query = `SELECT ${values} FROM products WHERE ${literalText(condition(literalSql))}`;
    await take(copy(query, ', FORCE_QUOTE (v0)'));
  });
}

/** Gives the name counts of one moment to `take`, as `name` and `product_count`. */
export async function exportCounts(
  database: Database,
  { filter, orderBy }: { filter: ProductCountFilter; orderBy: ProductCountOrder },
  take: TakeRows,
  signal: AbortSignal,
): Promise<void> {
  await inSnapshot(database, signal, async (tx, copy) => {
    const query = await matchingCounts(tx, orderBy, filter);
    await take(copy(literalText(query(literalSql))));
  });
}

/** Gives what an import changed to `take`, in the order of SKU, with the columns of `CHANGE_COLUMNS`. */
export async function exportChanges(
  database: Database,
  { importNumber, kind }: { importNumber: number; kind: ChangeKind | undefined },
  take: TakeRows,
  signal: AbortSignal,
): Promise<void> {
  await inSnapshot(database, signal, async (tx, copy) => {
    const changes = {
      importNumber,
      kinds: kind ? [kind] : CHANGE_KINDS,
      isFirstLoad: await isFirstLoad(tx, importNumber),
    };
    const query = literalText(changesQuery(literalSql, changes));
    await take(
      copy(`
        SELECT sku, kind, to_char(at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
          before->>'name', after->>'name', before->>'description', after->>'description',
          before->>'attributes', after->>'attributes'
        FROM (${query}) AS changes`),
    );
  });
}

type Copy = (query: string, options?: string) => AsyncIterable<Buffer>;

async function inSnapshot(
  database: Database,
  signal: AbortSignal,
  work: (tx: postgres.TransactionSql, copy: Copy) => Promise<void>,
): Promise<void> {
  const session = await Session.open(database, 'export', '');
  try {
    await session.run(signal, (sql) =>
      inCut(sql, async (tx) => {
        const cancel = () => database.cancelBackend(session.pid);
        await work(tx, (query, options = '') =>
          copyTo(tx, `COPY (${query}) TO STDOUT (FORMAT csv${options})`, cancel),
        );
      }),
    );
  } finally {
    await session.close();
  }
}

/** Reads all products of the condition, unless nothing has given any of them attributes. */
async function attributeNames(
  tx: postgres.TransactionSql,
  condition: postgres.Fragment,
  limit: number,
): Promise<string[]> {
  const [kept] = await tx<{ some: boolean }[]>`
    SELECT EXISTS (SELECT FROM imports WHERE kept_columns IS NOT NULL)
      OR EXISTS (SELECT FROM deleted_imports WHERE kept_columns)
      OR EXISTS (SELECT FROM attribute_edits) AS some`;
  if (!kept?.some) return [];
  const found = await tx<{ attribute: string }[]>`
    SELECT attribute COLLATE "C" AS attribute FROM (
      SELECT DISTINCT attribute FROM products, jsonb_object_keys(attributes) AS keys (attribute)
      WHERE attributes IS NOT NULL AND ${condition}
      LIMIT ${limit}
    ) AS found
    ORDER BY 1`;
  return found.map(({ attribute }) => attribute);
}

/** Such a product would be taken for a repeated header when the export is imported. */
async function hasHeaderLike(tx: postgres.TransactionSql): Promise<boolean> {
  const found = await tx`
    SELECT 1 FROM products
    WHERE sku = ANY (${HEADER_SKUS}::text[]) AND lower(name) = 'name' AND lower(description) = 'description'`;
  return found.length > 0;
}

function valueExpression(column: ExportColumn, index: number): string {
  return `${'field' in column ? FIELD_VALUES[column.field] : `attributes->>${quoteLiteral(column.attribute)}`} AS v${index}`;
}

/** @returns the text in all combinations of upper and lower case */
function casesOf(text: string): string[] {
  return [...text].reduce<string[]>(
    (cases, letter) => cases.flatMap((begun) => [begun + letter, begun + letter.toUpperCase()]),
    [''],
  );
}
