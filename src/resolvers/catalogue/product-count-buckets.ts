// The histogram of counts: how many names have one product, two products and so on.

import type { CountOfCounts, CountTotals } from '../../db/catalogue/counts/count-store.ts';

/** The number of names that have `from` to `to` products, and the number of their products. */
export interface ProductCountBucket extends CountTotals {
  from: number;
  to: number;
}

/** Each count up to this one has its own bucket. */
const LAST_SINGLE = 10;
/** Above, buckets end at these numbers times a power of ten. */
const ENDS = [2, 5, 10];

/** @returns buckets from 1 to the highest count without gaps; empty if there are no names */
export function bucketsOf(counts: readonly CountOfCounts[]): ProductCountBucket[] {
  const highest = counts.reduce((most, { productCount }) => Math.max(most, productCount), 0);
  const buckets: ProductCountBucket[] = [];
  for (let from = 1; from <= highest; from = (buckets.at(-1)?.to ?? 0) + 1) {
    buckets.push({ from, to: endOf(from), names: 0, products: 0 });
  }
  for (const { productCount, names, products } of counts) {
    const bucket = buckets.find(({ to }) => productCount <= to);
    if (!bucket) continue;
    bucket.names += names;
    bucket.products += products;
  }
  return buckets;
}

function endOf(from: number): number {
  if (from <= LAST_SINGLE) return from;
  for (let power = LAST_SINGLE; ; power *= 10) {
    const end = ENDS.find((multiple) => multiple * power >= from);
    if (end) return end * power;
  }
}
