// Reads products in the order of their names, and of SKUs within a name. There is no index for it: the names come from
// product_name_counts, which is in their order, and the products of each from the hash index.

import type postgres from 'postgres';
import { allOf } from '../../postgres/sql/keyset.ts';
import { isOneOf, planBy } from '../names/name-substring-search.ts';
import { type ListedProduct, type Range, type Reading, readAndSort, readByIndex } from './product-order.ts';

/** Names of one statement, unless they have conditions of their own and so are far apart. */
const NAMES = 500;
/** Products of one statement, unless a single name has more. */
const CHUNK_PRODUCTS = 2_000;
/** A name with more products than this is read in the order of SKUs first, which soon fills a page. */
const MANY_PRODUCTS = 20_000;
/** Reading so many products in the order of SKUs takes no longer than fetching one by its name. */
const ROWS_PER_LOOKUP = 2;

interface NameCount {
  name: string;
  products: number;
}

/** Needs the hash index on names. */
export async function readByName(
  sql: postgres.TransactionSql,
  { range, direction, conditions, nameConditions = [], limit, rows }: Reading,
): Promise<ListedProduct[]> {
  const found: ListedProduct[] = [];
  let looked = 0;
  let last: string | undefined;
  while (found.length < limit && looked < rows) {
    const rest = { range, direction, conditions, nameConditions, limit: limit - found.length };
    const chunk = chunkOf(
      await namesAfter(sql, rest, last),
      conditions.length > 0 ? CHUNK_PRODUCTS : rest.limit,
    );
    const [first] = chunk;
    if (!first) break;
    const products = chunk.reduce((sum, each) => sum + each.products, 0);
    if (products > MANY_PRODUCTS && chunk.length === 1) {
      found.push(...(await readOneName(sql, { ...rest, rows: rows - looked }, first)));
    } else {
      planBy(sql, 'LOOKUPS');
      const names = chunk.map(({ name }) => name);
      found.push(...(await readAndSort(sql, 'NAME', rest, [{ where: (into) => isOneOf(into, names) }])));
    }
    looked += products;
    last = chunk.at(-1)?.name;
  }
  return found;
}

/** What is still to be read. */
type Rest = Required<Pick<Reading, 'range' | 'direction' | 'nameConditions' | 'limit'>>;

async function namesAfter(
  sql: postgres.TransactionSql,
  { range: { from, to }, direction, nameConditions, limit }: Rest,
  last: string | undefined,
): Promise<NameCount[]> {
  planBy(sql, 'ORDER');
  const isAscending = direction === 'ascending';
  const conditions = [
    ...nameConditions,
    ...(from ? [sql`name >= ${from.key.name ?? ''}`] : []),
    ...(to ? [sql`name <= ${to.key.name ?? ''}`] : []),
    ...(last === undefined ? [] : [isAscending ? sql`name > ${last}` : sql`name < ${last}`]),
  ];
  const order = isAscending ? sql`name` : sql`name DESC`;
  const most = nameConditions.length > 0 ? Math.min(NAMES, limit + 1) : NAMES;
  // The counts of the wanted ones alone: so the index is enough to look at the others.
  return sql<NameCount[]>`
    SELECT name, product_count AS products FROM product_name_counts
    WHERE name = ANY (ARRAY(
      SELECT name FROM product_name_counts WHERE ${allOf(sql, conditions)} ORDER BY ${order} LIMIT ${most}
    ))
    ORDER BY ${order}`;
}

/** The first names with at least so many products together; a name with many only by itself. */
function chunkOf(names: NameCount[], wanted: number): NameCount[] {
  const chunk: NameCount[] = [];
  let products = 0;
  for (const each of names) {
    if (chunk.length > 0 && (products >= wanted || each.products > MANY_PRODUCTS)) break;
    chunk.push(each);
    products += each.products;
    if (each.products > MANY_PRODUCTS) break;
  }
  return chunk;
}

/** Without the rest of its products if looking at them all would be too many. */
async function readOneName(
  sql: postgres.TransactionSql,
  { range, direction, conditions, limit, rows }: Reading,
  { name, products }: NameCount,
): Promise<ListedProduct[]> {
  const within = ({ from, to }: Range): Range => ({
    from: from?.key.name === name ? from : undefined,
    to: to?.key.name === name ? to : undefined,
  });
  const named = sql`name = ${name}`;
  const reading = { range: within(range), direction, limit, conditions };
  const affordable = Math.min(rows, products * ROWS_PER_LOOKUP);
  const first = await readByIndex(sql, 'SKU', {
    ...reading,
    conditions: [named, ...conditions],
    rows: affordable,
  });
  if (first.length === limit || rows < products) return first;
  planBy(sql, 'LOOKUPS');
  return readAndSort(sql, 'SKU', reading, [{ where: () => named }]);
}
