// The orders of the list of products, as they are in the address.

import type { Products } from '../documents.ts';

type ProductOrder = NonNullable<Parameters<NonNullable<(typeof Products)['__apiType']>>[0]['orderBy']>;

interface OrderChoice {
  /** Of the query parameter `order`. */
  value: string;
  label: string;
  order: ProductOrder;
}

export const ORDER_CHOICES: readonly OrderChoice[] = [
  { value: '', label: 'SKU', order: 'SKU_ASC' },
  { value: 'sku-last', label: 'SKU, last first', order: 'SKU_DESC' },
  { value: 'name', label: 'Name', order: 'NAME_ASC' },
  { value: 'name-last', label: 'Name, last first', order: 'NAME_DESC' },
  { value: 'newest', label: 'Newest change first', order: 'UPDATED_AT_DESC' },
  { value: 'oldest', label: 'Oldest change first', order: 'UPDATED_AT_ASC' },
];

/** The first choice is that of an address without an order, or with one that there is not. */
export function orderChoice(value: string): OrderChoice {
  const [first] = ORDER_CHOICES as [OrderChoice];
  return ORDER_CHOICES.find((choice) => choice.value === value) ?? first;
}
