// Notes which searches are asked for, so that their indexes are built and kept.

import type { Database } from '../../postgres/connection/database.ts';
import type { ProductFilter } from './product-filter.ts';
import type { UsedIndex } from './product-indexes.ts';
import type { ProductOrder } from './product-order.ts';

const DAY_MS = 24 * 3600 * 1000;

export class ProductIndexUses {
  readonly #sql: Database['sql'];
  /** When each use was noted last, by this process. */
  readonly #noted = new Map<UsedIndex, number>();

  constructor({ sql }: Database) {
    this.#sql = sql;
  }

  /** Writes at most once a day for each index. */
  async note(filter: ProductFilter, order?: ProductOrder): Promise<void> {
    const used = usedIndexes(filter, order).filter(
      (index) => Date.now() - (this.#noted.get(index) ?? 0) > DAY_MS,
    );
    if (used.length === 0) return;
    for (const index of used) this.#noted.set(index, Date.now());
    try {
      await this.#sql`
        INSERT INTO product_index_uses (index_name) SELECT unnest(${used}::text[])
        ON CONFLICT (index_name) DO UPDATE SET used_on = current_date
        WHERE product_index_uses.used_on < current_date`;
    } catch {
      // Searches are right without the index. The next one tries again.
      for (const index of used) this.#noted.delete(index);
    }
  }
}

function usedIndexes({ skuContains, words }: ProductFilter, order: ProductOrder | undefined): UsedIndex[] {
  const isBySkuPart = skuContains !== undefined || (words !== undefined && words.length > 0);
  return [
    ...(isBySkuPart ? (['products_sku_parts'] as const) : []),
    ...(order?.startsWith('UPDATED_AT') ? (['products_updated'] as const) : []),
  ];
}
