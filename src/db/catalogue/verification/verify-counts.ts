// Compares the counts of names with the products.

import type postgres from 'postgres';
import { LISTED, type Listed } from './verify-findings.ts';

/** A name whose count in the table is not the number of its products. */
export interface CountDifference {
  name: string;
  /** The number of products with the name. */
  products: number;
  /** The count in the table; 0 if there is none. */
  kept: number;
}

export interface CountComparison {
  products: number;
  /** Names that products have, or that have a count. */
  names: number;
  /** Names of products without a count. */
  missingCounts: Listed<CountDifference>;
  /** Counts of names that no product has. */
  superfluousCounts: Listed<CountDifference>;
  wrongCounts: Listed<CountDifference>;
}

export async function compareCounts(tx: postgres.TransactionSql): Promise<CountComparison> {
  return (await compareSums(tx)) ?? joinCounts(tx);
}

/**
 * Both sides as sums of hashes, which are made where the rows are: two different ones have equal sums as good as never.
 *
 * @returns undefined if they differ
 */
async function compareSums(tx: postgres.TransactionSql): Promise<CountComparison | undefined> {
  const sums = (times: string) =>
    [0, 1]
      .map((seed) => `coalesce(sum(${times} hashtextextended(name, ${seed})::numeric), 0)`)
      .join(` || ':' || `);
  const [counted] = await tx.unsafe<[{ products: number; sums: string }]>(
    `SELECT count(*) AS products, ${sums('')} AS sums FROM products`,
  );
  const [kept] = await tx.unsafe<[{ names: number; products: number; sums: string }]>(
    `SELECT count(*) AS names, coalesce(sum(product_count), 0)::bigint AS products, ${sums('product_count *')} AS sums
    FROM product_name_counts`,
  );
  if (counted.products !== kept.products || counted.sums !== kept.sums) return undefined;
  const none = { total: 0, first: [] };
  const { names, products } = kept;
  return { names, products, missingCounts: none, superfluousCounts: none, wrongCounts: none };
}

/** Hashes all names once and joins both sides completely. */
async function joinCounts(tx: postgres.TransactionSql): Promise<CountComparison> {
  const [totals] = await tx<
    [{ names: number; products: number; missing: number; superfluous: number; wrong: number }]
  >`
    SELECT count(*) AS names, coalesce(sum(products), 0)::bigint AS products,
      count(*) FILTER (WHERE product_count IS NULL) AS missing,
      count(*) FILTER (WHERE products IS NULL) AS superfluous,
      count(*) FILTER (WHERE products <> product_count) AS wrong
    FROM (${countedAndKept(tx)}) compared`;
  const { names, products, missing, superfluous, wrong } = totals;
  const first = missing + superfluous + wrong === 0 ? [] : await firstCountDifferences(tx);
  const listed = (total: number, isOfKind: (difference: CountDifference) => boolean) => ({
    total,
    first: first.filter(isOfKind),
  });
  return {
    names,
    products,
    missingCounts: listed(missing, ({ kept }) => kept === 0),
    superfluousCounts: listed(superfluous, (difference) => difference.products === 0),
    wrongCounts: listed(wrong, (difference) => difference.products > 0 && difference.kept > 0),
  };
}

/** The first of each kind, by name. */
async function firstCountDifferences(tx: postgres.TransactionSql): Promise<CountDifference[]> {
  const rows = await tx<CountDifference[]>`
    SELECT name, coalesce(products, 0) AS products, coalesce(product_count, 0) AS kept
    FROM (
      SELECT *, row_number() OVER (PARTITION BY products IS NULL, product_count IS NULL ORDER BY name) AS place
      FROM (${countedAndKept(tx)}) compared
      WHERE products IS DISTINCT FROM product_count
    ) differing
    WHERE place <= ${LISTED}
    ORDER BY name`;
  return [...rows];
}

function countedAndKept(tx: postgres.TransactionSql): postgres.Fragment {
  return tx`
    SELECT name, products, product_count
    FROM (SELECT name, count(*) AS products FROM products GROUP BY name) counted
    FULL JOIN product_name_counts USING (name)`;
}
