// The products that are selected, on any page of the list, as they were when they were selected.

import { notifications } from '@mantine/notifications';
import { useState } from 'react';
import { useClient } from 'urql';
import type { VariablesOf } from '../../../../api/graphql.ts';
import { errorMessage } from '../../../../utils/errors/error-message.ts';
import type { Product, Products } from '../../documents.ts';
import { ProductsToSelect } from './documents.ts';
import type { EditProgress } from './run-edits.ts';

/** Of a list with more products, all cannot be selected at once. */
export const MAX_SELECTED = 10_000;

type Filter = NonNullable<VariablesOf<typeof Products>['filter']>;

export interface ProductSelection {
  products: readonly Product[];
  /** Whether all of the list are being loaded. */
  isLoading: boolean;
  has(sku: string): boolean;
  set(products: readonly Product[], isSelected: boolean): void;
  /** Selects all products of the list, on all its pages. */
  addAll(): Promise<void>;
  clear(): void;
  /** Keeps what an edit has left undone, as it is now. */
  keep(result: EditProgress): void;
}

/** @param filter of the list; with another one, nothing is selected */
export function useSelection(filter: Filter): ProductSelection {
  const client = useClient();
  const key = JSON.stringify(filter);
  const [selected, setSelected] = useState<{ key: string; bySku: ReadonlyMap<string, Product> }>({
    key,
    bySku: new Map(),
  });
  const [isLoading, setLoading] = useState(false);
  const bySku = selected.key === key ? selected.bySku : new Map<string, Product>();
  const replace = (products: Iterable<Product>) =>
    setSelected({ key, bySku: new Map(Array.from(products, (product) => [product.sku, product])) });

  async function addAll(): Promise<void> {
    setLoading(true);
    const found = new Map<string, Product>();
    for (let after: string | null = null; ; ) {
      const variables: VariablesOf<typeof ProductsToSelect> = { filter, after };
      const { data, error } = await client.query(ProductsToSelect, variables, {
        requestPolicy: 'network-only',
      });
      if (!data) {
        notifications.show({ message: error ? errorMessage(error) : '', color: 'red' });
        break;
      }
      for (const product of data.products.nodes) found.set(product.sku, product);
      const { hasNextPage, endCursor } = data.products.pageInfo;
      after = endCursor;
      if (hasNextPage && found.size < MAX_SELECTED) continue;
      replace(found.values());
      break;
    }
    setLoading(false);
  }

  return {
    products: [...bySku.values()],
    isLoading,
    has: (sku) => bySku.has(sku),
    set: (products, isSelected) => {
      const changed = new Map(bySku);
      for (const product of products) {
        if (isSelected) changed.set(product.sku, product);
        else changed.delete(product.sku);
      }
      replace(changed.values());
    },
    addAll,
    clear: () => replace([]),
    keep: ({ failed, left }) => {
      const current = failed.flatMap(({ sku, product, error }) => {
        if (error?.code === 'NOT_FOUND') return [];
        return product ?? bySku.get(sku) ?? [];
      });
      replace([...current, ...left]);
    },
  };
}
