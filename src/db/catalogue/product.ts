// A product, as queries return it.

import type postgres from 'postgres';
import type { Attributes, products } from '../tables.ts';

export type Product = Omit<typeof products.$inferSelect, 'changedBy' | 'attributes'> & {
  attributes: Attributes;
};

/** What a query selects. */
export function productColumns(sql: postgres.ISql): postgres.Fragment {
  return sql`sku, name, description, updated_at AS "updatedAt", coalesce(attributes, '{}') AS attributes`;
}
