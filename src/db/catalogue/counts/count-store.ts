// How many products have each name: reads the counts that merges (src/db/merge/slices/write-counts.ts) and edits of products
// (drizzle/0030_edits_on_nodes.sql) write.

import type postgres from 'postgres';
import type { Database } from '../../postgres/connection/database.ts';
import { inOneSnapshot } from '../../postgres/snapshot.ts';
import type { Page, Window } from '../../postgres/sql/keyset.ts';
import {
  countNames,
  type ProductCount,
  type ProductCountFilter,
  type ProductCountOrder,
  readCountPage,
} from './count-pages.ts';

/** Names and products, in numbers. */
export interface CountTotals {
  names: number;
  products: number;
}

/** How many names have this product count, and how many products they have together. */
export interface CountOfCounts extends CountTotals {
  productCount: number;
}

/** Each transaction that changes counts notifies this channel. */
export const COUNTS_CHANNEL = 'loadstone_product_counts';

export class ProductCountStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** @param window its keys are whole rows; NAME_ASC uses only the name */
  page(
    window: Window<ProductCount>,
    order: ProductCountOrder = 'COUNT_DESC',
    filter: ProductCountFilter = {},
    signal?: AbortSignal,
  ): Promise<Page<ProductCount>> {
    return readCountPage(this.#db, window, order, filter, signal);
  }

  /** The number of names that match the filter. */
  count(filter: ProductCountFilter = {}, signal?: AbortSignal): Promise<number> {
    return countNames(this.#db, filter, signal);
  }

  /** The counts of these names, in the same order; 0 for a name that no product has. */
  async of(names: readonly string[]): Promise<ProductCount[]> {
    const rows = await this.#db.sql<ProductCount[]>`
      SELECT name, product_count AS "productCount" FROM product_name_counts
      WHERE name = ANY (${[...names]}::text[])`;
    const counts = new Map(rows.map(({ name, productCount }) => [name, productCount]));
    return names.map((name) => ({ name, productCount: counts.get(name) ?? 0 }));
  }

  /** Reads all names. */
  totals(signal?: AbortSignal): Promise<CountTotals> {
    const read = async (sql: postgres.ISql) => {
      const [totals] = await sql<CountTotals[]>`
        SELECT count(*) AS names, coalesce(sum(product_count), 0)::bigint AS products FROM product_name_counts`;
      return totals ?? { names: 0, products: 0 };
    };
    return inOneSnapshot(this.#db, read, signal);
  }

  /** How many names have each product count, lowest count first. Reads all names. */
  histogram(signal?: AbortSignal): Promise<CountOfCounts[]> {
    const read = async (sql: postgres.ISql) => sql<CountOfCounts[]>`
      SELECT product_count AS "productCount", count(*) AS names, sum(product_count)::bigint AS products
      FROM product_name_counts GROUP BY product_count ORDER BY product_count`;
    return inOneSnapshot(this.#db, read, signal);
  }
}
