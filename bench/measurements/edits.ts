// Edits and queries while an import merges into a large catalogue.

import type postgres from 'postgres';
import { formatCount } from '../../src/cli/output/format.ts';
import type { Measurement } from '../bench.ts';
import { checkpoint } from '../catalogue/databases.ts';
import { checkCounts } from '../catalogue/expected.ts';
import { LatencyProbe } from '../processes/latency-probe.ts';
import { Loadstone } from '../processes/loadstone.ts';
import type { LatencyLimits } from '../report/results.ts';
import { countsQuery, productQuery, renameMutation } from './requests.ts';

const PER_SECOND = 20;
/** Enough for minutes without a repetition, which would change nothing. */
const PRODUCTS = 5000;

export const edits: Measurement = {
  name: 'edits',
  group: 'large',
  what: 'latency of edits and queries while an import merges into a large catalogue',
  async prepare({ catalogues, changes, sizes }) {
    await changes.half();
    await catalogues.loadstone(sizes.large);
  },

  async measure({ databases, catalogues, changes, sizes }, results) {
    const { path, expected, ledger } = await changes.half();
    await databases.withCopy(await catalogues.loadstone(sizes.large), async (url) => {
      await using loadstone = await Loadstone.start(url);
      const { sql } = loadstone;
      const products = await someProducts(sql);
      await checkpoint(sql);
      await using probe = await LatencyProbe.start(loadstone, {
        edit: {
          perSecond: PER_SECOND,
          // Each gets the name of another one.
          bodies: products.map(({ sku }, number) => renameMutation(sku, products.at(number - 1)?.name ?? '')),
        },
        product: { perSecond: PER_SECOND, bodies: products.map(({ sku }) => productQuery(sku)) },
        counts: { perSecond: PER_SECOND, bodies: [countsQuery()] },
      });
      const [{ parts, merging }, answers] = await probe.during(() => loadstone.import(path, ledger));
      await checkCounts(sql);
      await checkNumber(sql, expected.products);

      const into = `into ${formatCount(sizes.large)}`;
      results.addDurations(
        `Loadstone, ${formatCount(sizes.rows)} rows ${into}, ${3 * PER_SECOND} requests a second`,
        parts,
      );
      const add = (kind: keyof typeof answers, what: string, limits: LatencyLimits) => {
        const whileMerging = answers[kind].filter(({ due }) => due >= merging.from && due <= merging.to);
        results.addLatencies(`edits.${kind}`, `${what} during a merge ${into}`, whileMerging, limits);
      };
      add('edit', '`updateProduct`', { p99: 200, most: 1000 });
      add('product', '`product(sku)`', { p50: 10, p99: 50 });
      add('counts', '`productCountsByName(first: 20)`', { p50: 10, p99: 50 });
    });
  },
};

/** Products from everywhere in the catalogue: some are in the imported file, most are not. */
async function someProducts(sql: postgres.Sql): Promise<{ sku: string; name: string }[]> {
  return sql<{ sku: string; name: string }[]>`
    SELECT sku, name FROM products ORDER BY hashtextextended(sku, 3) LIMIT ${PRODUCTS}`;
}

async function checkNumber(sql: postgres.Sql, expected: number): Promise<void> {
  const [found] = await sql<{ products: number }[]>`SELECT count(*) AS products FROM products`;
  if (found?.products !== expected)
    throw new Error(`the catalogue has ${found?.products} products, not ${expected}`);
}
