// A small catalogue for the tests of the product stores, with its counts.

import type { Database } from '../../../src/db/postgres/connection/database.ts';
import { expectExactCounts } from '../../support/imports/catalogue.ts';

export interface ProductRow {
  sku: string;
  name: string;
  description?: string;
}

/** Writes products, their counts and the notes of their names, as an import leaves them. */
export async function insertProducts({ sql }: Database, products: ProductRow[]): Promise<void> {
  const rows = products.map(({ sku, name, description = '' }) => ({ sku, name, description }));
  await sql.begin(async (tx) => {
    await tx`INSERT INTO products ${tx(rows)}`;
    await tx`
      INSERT INTO product_name_counts (name, product_count)
      SELECT name, count(*) FROM products GROUP BY name
      ON CONFLICT (name) DO UPDATE SET product_count = excluded.product_count`;
    await tx`INSERT INTO product_names_unindexed (name) SELECT DISTINCT name FROM products`;
  });
}

/** Fails if any name's count is not the number of its products, as one reader sees both at one instant. */
export async function assertCountsAreExact(database: Database): Promise<void> {
  await expectExactCounts({ database });
}
