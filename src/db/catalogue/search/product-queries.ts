// Reads and counts products that match a filter, in any order.
//
// A text can be in a few names or in half of them, and each case needs its own plan. If it is in many, a page is soon full
// when products are read in the order of the page; if it is in few, they are fetched by indexes and sorted. What a text is
// like shows only when it is looked for: so a bounded number of products is read first, then those that indexes find, if
// they are few, then more products; and all of the table last, which takes seconds for millions.

import type postgres from 'postgres';
import { allOf, anyOf, type Page, readPage, type Window } from '../../postgres/sql/keyset.ts';
import { hasPart, isOneOf, planBy } from '../names/name-substring-search.ts';
import { readByName } from './name-order.ts';
import {
  anySku,
  areInFewSkus,
  type Candidates,
  fewMatchingNames,
  findCandidates,
  type NamedProducts,
} from './product-candidates.ts';
import { filterConditions, type ProductFilter, termsOf } from './product-filter.ts';
import { exactNameIndex } from './product-indexes.ts';
import {
  type Condition,
  hasAtMost,
  hasOrderIndex,
  type ListedProduct,
  type OrderedBy,
  type ProductKey,
  type ProductOrder,
  parseOrder,
  type Reading,
  readAndSort,
  readByIndex,
  readTable,
} from './product-order.ts';

/** Products that are read in order before anything else: enough for texts that one in 300 contains. */
const FIRST_ROWS = 6_000;
/** The same before all of them are read. */
const MORE_ROWS = 200_000;
/** Reading so many products in the order of SKUs takes no longer than fetching one by its name. */
const ROWS_PER_LOOKUP = 2;
/** The same for reading a page of the table in a scan that looks for names. */
const ROWS_PER_PAGE = 1;

export async function readProducts(
  sql: postgres.TransactionSql,
  window: Window<ProductKey>,
  filter: ProductFilter,
  order: ProductOrder,
): Promise<Page<ListedProduct>> {
  const { by, isDescending } = parseOrder(order);
  const reader = new ProductReader(sql, filter, by);
  const read = (
    edges: { after?: ProductKey; before?: ProductKey },
    isInclusive: boolean,
    backwards: boolean,
    limit: number,
  ) => {
    const bound = (key: ProductKey | undefined) => key && { key, isInclusive };
    const [from, to] = isDescending ? [edges.before, edges.after] : [edges.after, edges.before];
    const direction = isDescending === backwards ? 'ascending' : 'descending';
    return reader.read({ range: { from: bound(from), to: bound(to) }, direction, limit });
  };
  const { after, before, backwards = false } = window;
  return readPage(window, {
    rows: (limit) => read({ ...(after && { after }), ...(before && { before }) }, false, backwards, limit),
    hasRowsBefore: async () => (await read(after ? { before: after } : {}, true, true, 1)).length > 0,
    hasRowsAfter: async () => (await read(before ? { after: before } : {}, true, false, 1)).length > 0,
  });
}

export async function countProducts(sql: postgres.TransactionSql, filter: ProductFilter): Promise<number> {
  const { name, skuPrefix, skuContains, words = [], attribute } = filter;
  const terms = termsOf(filter);
  const conditions = filterConditions(sql, filter);
  if (attribute !== undefined || skuPrefix !== undefined) return countRows(sql, conditions);
  if (skuContains !== undefined || words.length > 0) {
    const candidates = await findCandidates(sql, filter, 'SKU');
    if (candidates) {
      planBy(sql, candidates.by);
      const counts = candidates.sets.map(({ where }) => countRows(sql, [where(sql), ...conditions]));
      return (await Promise.all(counts)).reduce((sum, rows) => sum + rows, 0);
    }
    if (!(await areInFewSkus(sql, terms, 'SKU'))) {
      planBy(sql, 'TABLE');
      return countRows(sql, conditions);
    }
  }

  // The counts by name add up to the same number, and are fewer rows to read.
  const few = name === undefined && terms.length > 0 ? await fewMatchingNames(sql, terms) : undefined;
  const named = few
    ? isOneOf(sql, few.names)
    : allOf(sql, [
        ...(name === undefined ? [] : [sql`name = ${name}`]),
        ...terms.map(({ text }) => hasPart(sql, text)),
      ]);
  const [counted] = await sql<{ total: number }[]>`
    SELECT coalesce(sum(product_count), 0)::bigint AS total FROM product_name_counts WHERE ${named}`;
  const isInSkus = terms.some(({ inSku }) => inSku !== undefined);
  const others = isInSkus
    ? await countRows(sql, [anySku(sql, terms), ...conditions, sql`NOT (${named})`])
    : 0;
  return (counted?.total ?? 0) + others;
}

/**
 * The condition of a statement that reads all products of the filter.
 *
 * @returns it, made with any `sql`
 */
export async function matchingProducts(
  sql: postgres.TransactionSql,
  filter: ProductFilter,
): Promise<Condition> {
  const candidates = await findCandidates(sql, filter, 'SKU');
  planBy(sql, 'COST');
  return (into) => {
    const sets = candidates
      ? [
          anyOf(
            into,
            candidates.sets.map(({ where }) => where(into)),
          ),
        ]
      : [];
    return allOf(into, [...sets, ...filterConditions(into, filter)]);
  };
}

async function countRows(sql: postgres.TransactionSql, conditions: postgres.Fragment[]): Promise<number> {
  const [counted] = await sql<{ total: number }[]>`
    SELECT count(*) AS total FROM products WHERE ${allOf(sql, conditions)}`;
  return counted?.total ?? 0;
}

type Wanted = Omit<Reading, 'conditions' | 'rows'>;

/** Reads parts of one list. */
class ProductReader {
  readonly #sql: postgres.TransactionSql;
  readonly #filter: ProductFilter;
  readonly #by: OrderedBy;
  /** Those that are not a range of the order. */
  readonly #conditions: postgres.Fragment[];
  readonly #prefix: string | undefined;
  #candidates: Promise<Candidates | undefined> | undefined;

  constructor(sql: postgres.TransactionSql, filter: ProductFilter, by: OrderedBy) {
    this.#sql = sql;
    this.#filter = filter;
    this.#by = by;
    this.#prefix = by === 'SKU' ? filter.skuPrefix : undefined;
    this.#conditions = filterConditions(
      sql,
      this.#prefix === undefined ? filter : { ...filter, skuPrefix: undefined },
    );
  }

  async read(wanted: Wanted): Promise<ListedProduct[]> {
    const reading = { ...wanted, prefix: this.#prefix, conditions: this.#conditions };
    if (this.#conditions.length === 0) {
      const all = await this.#readInOrder({ ...reading, rows: Number.POSITIVE_INFINITY });
      return all ?? readTable(this.#sql, this.#by, reading);
    }
    const isFull = (found: ListedProduct[] | undefined) => found?.length === wanted.limit;
    // How many products have a name is known.
    const first =
      this.#filter.name === undefined ? await this.#readInOrder({ ...reading, rows: FIRST_ROWS }) : undefined;
    if (first && isFull(first)) return first;

    this.#candidates ??= findCandidates(this.#sql, this.#filter, this.#by);
    const candidates = await this.#candidates;
    if (candidates) return this.#readCandidates(reading, candidates);

    if (await this.#isByNames()) return this.#readNamed(reading);
    const wider = { ...reading, rows: MORE_ROWS };
    const more = await this.#readInOrder(wider);
    if (more && (isFull(more) || (await this.#hasAtMost(wider)))) return more;
    return readTable(this.#sql, this.#by, reading);
  }

  /** Whether all products of the range have been looked at, by an index on products. */
  async #hasAtMost(reading: Reading): Promise<boolean> {
    return this.#by !== 'NAME' && hasAtMost(this.#sql, this.#by, reading);
  }

  /** Whether products are listed by name, and it is their names that decide, except for few. */
  async #isByNames(): Promise<boolean> {
    const { name, skuPrefix, attribute } = this.#filter;
    if (this.#by !== 'NAME' || [name, skuPrefix, attribute].some((each) => each !== undefined)) return false;
    const isIndexed = (await exactNameIndex(this.#sql)).length > 0;
    return isIndexed && areInFewSkus(this.#sql, termsOf(this.#filter), 'NAME');
  }

  /** Reads products whose names match, by way of these, and the few whose SKUs do, and takes the first of both. */
  async #readNamed(reading: Omit<Reading, 'rows'>): Promise<ListedProduct[]> {
    const sql = this.#sql;
    const terms = termsOf(this.#filter);
    const nameConditions = terms.map(({ text }) => hasPart(sql, text));
    const named = await readByName(sql, { ...reading, nameConditions, rows: Number.POSITIVE_INFINITY });
    planBy(sql, 'LOOKUPS');
    const where: Condition = (into) => into`${anySku(into, terms)} AND NOT (${allOf(into, nameConditions)})`;
    const others = await readAndSort(sql, 'NAME', reading, [{ where }]);
    const sign = reading.direction === 'ascending' ? 1 : -1;
    return [...named, ...others]
      .toSorted((a, b) => sign * (compareBytes(a.name, b.name) || compareBytes(a.sku, b.sku)))
      .slice(0, reading.limit);
  }

  /** @returns undefined if the index that it takes is not there */
  async #readInOrder(reading: Reading): Promise<ListedProduct[] | undefined> {
    if (this.#by === 'NAME') {
      const isIndexed = (await exactNameIndex(this.#sql)).length > 0;
      return isIndexed ? readByName(this.#sql, reading) : undefined;
    }
    const isIndexed = await hasOrderIndex(this.#sql, this.#by);
    return isIndexed ? readByIndex(this.#sql, this.#by, reading) : undefined;
  }

  async #readCandidates(
    reading: Omit<Reading, 'rows'>,
    { sets, by, named }: Candidates,
  ): Promise<ListedProduct[]> {
    if (named && this.#by === 'SKU') {
      const rows = await affordableRows(this.#sql, named, reading.limit);
      const next = rows > FIRST_ROWS ? await readByIndex(this.#sql, 'SKU', { ...reading, rows }) : [];
      if (next.length === reading.limit) return next;
    }
    planBy(this.#sql, by);
    return readAndSort(this.#sql, this.#by, reading, sets);
  }
}

/** As COLLATE "C" does. */
function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** How many products can be read in the order of SKUs in the time that fetching by names takes; 0 if that would not do. */
async function affordableRows(
  sql: postgres.TransactionSql,
  { products, isIndexed }: NamedProducts,
  limit: number,
): Promise<number> {
  const [table] = await sql<{ rows: number; pages: number }[]>`
    SELECT reltuples AS rows, stored_size(oid) / current_setting('block_size')::bigint AS pages
    FROM pg_class WHERE oid = 'products'::regclass`;
  const { rows: allProducts = 0, pages = 0 } = table ?? {};
  const affordable = isIndexed ? products * ROWS_PER_LOOKUP : pages * ROWS_PER_PAGE;
  // By statistics: if they are wrong, nothing but this time is lost.
  return affordable > (limit * allProducts) / products ? affordable : 0;
}
