// The histogram's buckets follow each other without a gap, and hold every name and product once.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bucketsOf } from '../../../src/resolvers/catalogue/product-count-buckets.ts';

const one = (productCount: number, names = 1) => ({ productCount, names, products: names * productCount });

test('each count up to 10 has its own bucket, larger ones share wider buckets', () => {
  const buckets = bucketsOf([1, 2, 10, 11, 20, 21, 50, 51, 100, 101, 1234].map((count) => one(count)));
  assert.deepEqual(
    buckets.map(({ from, to, names }) => [from, to, names]),
    [
      [1, 1, 1],
      [2, 2, 1],
      ...[3, 4, 5, 6, 7, 8, 9].map((count) => [count, count, 0]),
      [10, 10, 1],
      [11, 20, 2],
      [21, 50, 2],
      [51, 100, 2],
      [101, 200, 1],
      [201, 500, 0],
      [501, 1000, 0],
      [1001, 2000, 1],
    ],
  );
});

test('every count is in a bucket', () => {
  for (const highest of [1, 9, 10, 11, 99, 100, 101, 5_000_000]) {
    const counts = [one(1, 7), one(highest, 3)];
    const buckets = bucketsOf(counts);
    assert.equal(buckets[0]?.from, 1);
    for (const [index, { from }] of buckets.entries())
      if (index > 0) assert.equal(from, (buckets[index - 1]?.to ?? 0) + 1);
    assert.equal(
      buckets.reduce((sum, { names }) => sum + names, 0),
      10,
    );
    assert.equal(
      buckets.reduce((sum, { products }) => sum + products, 0),
      7 + 3 * highest,
    );
  }
  assert.deepEqual(bucketsOf([]), []);
});
