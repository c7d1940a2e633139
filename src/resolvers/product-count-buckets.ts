// A histogram of counts: how many names have one product, two, three and so on.

import type { CountOfCounts, CountTotals } from '../db/catalogue/count-store.ts';

/** The names that have from `from` to `to` products, and the products that they have together. */
export interface ProductCountBucket extends CountTotals {
  from: number;
  to: number;
}

/** Up to here each count has a bucket of its own. */
const LAST_SINGLE = 10;
/** Beyond, buckets end at these numbers times a power of ten. */
const ENDS = [2, 5, 10];

/** @returns buckets without a gap up to the highest count; none when there are no names */
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
