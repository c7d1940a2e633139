// The products among which all that match a filter are, if they are few: found by indexes, so that only they are looked at.
//
// A word may be in the name or in the SKU. So a product that has all of the words has all in its name, or one in its SKU;
// words that are in too many SKUs, or too short for the index, are only checked.

import type postgres from 'postgres';
import { allOf, anyOf } from '../../postgres/sql/keyset.ts';
import {
  contains,
  isIndexable,
  isLike,
  isOneOf,
  namesContaining,
  type PlanBy,
  planBy,
} from '../names/name-substring-search.ts';
import { hasAttribute, type ProductFilter, skuConditions, type Term, termsOf } from './product-filter.ts';
import { exactNameIndex, hasAttributeIndex, hasSkuIndex } from './product-indexes.ts';
import type { Condition, OrderedBy, ProductSet } from './product-order.ts';

/** Up to this many names with this many products in total, fetching products by name is cheaper. */
const FEW_NAMES = 5_000;
const FEW_PRODUCTS = 20_000;
/** Pages of the sample: some thousand products. */
const SAMPLED_PAGES = 100;
/** More than one in so many is many: too many to be few, as a sample is only taken of a large table. */
const MANY_OF_SAMPLE = 50;

export interface Candidates {
  /** None have a product in common. */
  sets: ProductSet[];
  by: PlanBy;
  /** The names of the first set, and of how many products, if it is of names. */
  named?: NamedProducts;
}

export interface NamedProducts {
  names: string[];
  products: number;
  /** Whether the index on names is there. */
  isIndexed: boolean;
}

/** @returns undefined if they are not few, or if there is no way to find them but to look at all products */
export async function findCandidates(
  sql: postgres.TransactionSql,
  filter: ProductFilter,
  by: OrderedBy,
): Promise<Candidates | undefined> {
  const { attribute, name, skuPrefix } = filter;
  if (attribute !== undefined) {
    const sets = [{ where: (into: postgres.ISql) => hasAttribute(into, attribute) }];
    return { sets, by: (await hasAttributeIndex(sql)) ? 'LOOKUPS' : 'COST' };
  }
  if (name !== undefined) {
    const named = await fewNamed(sql, [name]);
    if (named) return byNames(named, []);
  }
  const terms = termsOf(filter);
  for (const term of terms.filter(({ inName, inSku }) => !inName && inSku === 'PART')) {
    if (await isInFewSkus(sql, term, by))
      return { sets: [{ where: (into) => isLike(into, into`sku`, term.text) }], by: 'LOOKUPS' };
  }
  const named = terms.length > 0 ? await byTerms(sql, terms, by) : undefined;
  if (named) return named;
  if (skuPrefix !== undefined && by !== 'SKU') {
    const where: Condition = (into) => allOf(into, skuConditions(into, skuPrefix));
    if (await isFew(sql, where(sql))) return { sets: [{ where }], by: 'LOOKUPS' };
  }
  planBy(sql, 'COST');
  return undefined;
}

async function byTerms(
  sql: postgres.TransactionSql,
  terms: readonly Term[],
  by: OrderedBy,
): Promise<Candidates | undefined> {
  const leading: Term[] = [];
  for (const term of terms) {
    if (term.inName && !term.inDescription && (await isInFewSkus(sql, term, by))) leading.push(term);
  }
  if (leading.length === 0) return undefined;
  const named = await fewMatchingNames(sql, leading);
  return named && byNames(named, leading);
}

/** Products that have one of the names, or one of the terms in their SKU. */
function byNames(named: NamedProducts, terms: readonly Term[]): Candidates {
  const where: Condition = (sql) => isOneOf(sql, named.names);
  const others: Condition = (sql) => sql`${anySku(sql, terms)} AND NOT (${where(sql)})`;
  const isInSkus = terms.some(({ inSku }) => inSku !== undefined);
  // An order by SKU reads only the beginning of a long range of SKUs.
  const isInOrder = terms.length === 1 && terms[0]?.inSku === 'PREFIX';
  return {
    sets: [{ where }, ...(isInSkus ? [{ where: others, isInOrder }] : [])],
    // Without its index (see product-indexes.ts), a forced index lookup would read all products in the order of SKUs.
    by: named.isIndexed ? 'LOOKUPS' : 'COST',
    named,
  };
}

/** That one of the terms is in the SKU, as an index finds it. */
export function anySku(sql: postgres.ISql, terms: readonly Term[]): postgres.Fragment {
  const conditions = terms.flatMap(({ inSku, text }) => {
    if (inSku === undefined) return [];
    return [inSku === 'PART' ? isLike(sql, sql`sku`, text) : allOf(sql, skuConditions(sql, text))];
  });
  return anyOf(sql, conditions);
}

/** The names that contain the texts of all terms; undefined if they are not few. */
export async function fewMatchingNames(
  sql: postgres.TransactionSql,
  terms: readonly Pick<Term, 'text'>[],
): Promise<NamedProducts | undefined> {
  const names = await namesContaining(sql, ...terms.map(({ text }) => text));
  const named = names && (await fewNamed(sql, names));
  if (!named) planBy(sql, 'COST');
  return named;
}

async function fewNamed(
  sql: postgres.TransactionSql,
  names: readonly string[],
): Promise<NamedProducts | undefined> {
  planBy(sql, 'LOOKUPS');
  const used = await sql<{ name: string; products: number }[]>`
    SELECT name, product_count AS products FROM product_name_counts WHERE ${isOneOf(sql, names)}`;
  const products = used.reduce((sum, each) => sum + each.products, 0);
  if (used.length > FEW_NAMES || products > FEW_PRODUCTS) return undefined;
  const isIndexed = (await exactNameIndex(sql)).length > 0;
  return { names: used.map(({ name }) => name), products, isIndexed };
}

/** Whether each of the terms is in names, and otherwise in few SKUs only. */
export async function areInFewSkus(
  sql: postgres.TransactionSql,
  terms: readonly Term[],
  by: OrderedBy,
): Promise<boolean> {
  for (const term of terms) {
    if (!term.inName || term.inDescription || !(await isInFewSkus(sql, term, by))) return false;
  }
  return true;
}

/** Whether the products that have the term in their SKU are found by an index, and few. */
async function isInFewSkus(
  sql: postgres.TransactionSql,
  { text, inSku }: Term,
  by: OrderedBy,
): Promise<boolean> {
  if (inSku === undefined) return true;
  // An index has them in the order of the page, however many they are.
  if (inSku === 'PREFIX') return by === 'SKU' || isFew(sql, allOf(sql, skuConditions(sql, text)));
  return (
    isIndexable(text) &&
    (await hasSkuIndex(sql)) &&
    !(await isInSampledSkus(sql, text)) &&
    isFew(sql, isLike(sql, sql`sku`, text))
  );
}

/** Whether many SKUs of a sample have the text: an index lookup of a common one takes seconds for millions of products. */
async function isInSampledSkus(sql: postgres.TransactionSql, text: string): Promise<boolean> {
  const [table] = await sql<{ pages: number }[]>`
    SELECT stored_size('products') / current_setting('block_size')::bigint AS pages`;
  const percent = Math.min(100, (100 * SAMPLED_PAGES) / Math.max(table?.pages ?? 0, 1));
  const [sample] = await sql<{ rows: number; found: number }[]>`
    SELECT count(*) AS rows, count(*) FILTER (WHERE ${contains(sql, sql`sku`, text)}) AS found
    FROM products TABLESAMPLE SYSTEM (${percent})`;
  const { rows = 0, found = 0 } = sample ?? {};
  // Of a small table, the sample is all of it.
  return percent < 100 && found > rows / MANY_OF_SAMPLE;
}

async function isFew(sql: postgres.TransactionSql, where: postgres.Fragment): Promise<boolean> {
  planBy(sql, 'LOOKUPS');
  const [found] = await sql<{ rows: number }[]>`
    SELECT count(*) AS rows FROM (SELECT 1 FROM products WHERE ${where} LIMIT ${FEW_PRODUCTS + 1}) AS bounded`;
  return found !== undefined && found.rows <= FEW_PRODUCTS;
}
