// SKUs are distributed over the partitions of a merge as planned.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { partitionOf } from '../../../../src/ingest/lane/staging/partition.ts';
import { hashSku } from '../../../../src/ingest/lane/staging/sku-hash.ts';

function shares(partitions: number): number[] {
  const rows = 100_000;
  const counts = new Array<number>(partitions).fill(0);
  for (let row = 0; row < rows; row++) {
    const sku = Buffer.from(`sku-${row}`);
    const partition = partitionOf(hashSku(sku, 0, sku.length), partitions);
    counts[partition] = (counts[partition] ?? 0) + 1;
  }
  return counts.map((count) => count / rows);
}

function near(actual: number[], expected: number[]): void {
  assert.equal(actual.length, expected.length);
  for (const [index, share] of actual.entries()) {
    assert.ok(Math.abs(share - (expected[index] ?? 0)) < 0.01, `${actual} is not near ${expected}`);
  }
}

test('a single partition gets all rows', () => near(shares(1), [1]));

test('of two partitions, the first is slightly smaller', () => near(shares(2), [15 / 32, 17 / 32]));

test('of more partitions, the first and the last are half as large as the others', () =>
  near(shares(5), [1 / 8, 2 / 8, 2 / 8, 2 / 8, 1 / 8]));

test('a SKU has the same hash at any position in a block', () => {
  const block = Buffer.from('xxsome-skuyy');
  assert.equal(hashSku(block, 2, 10), hashSku(Buffer.from('some-sku'), 0, 8));
});
