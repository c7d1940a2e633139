// The filter of the SKUs that lanes have staged finds each repeated one, and takes few others for one.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { BloomFilter } from '../../../../src/ingest/lane/staging/bloom-filter.ts';
import { hashSku } from '../../../../src/ingest/lane/staging/sku-hash.ts';

const hashOf = (number: number) => {
  const sku = Buffer.from(`SKU-${number}`);
  return hashSku(sku, 0, sku.length);
};

test('a repeated SKU is always found, and one of sixteen others at most', () => {
  for (const rows of [1, 1000, 300_000]) {
    const filter = new BloomFilter(BloomFilter.memoryFor(rows));
    let taken = 0;
    for (let row = 0; row < rows; row++) if (filter.add(hashOf(row))) taken++;
    assert.ok(taken <= rows / 16, `${taken} of ${rows}`);
    for (let row = 0; row < rows; row++) assert.ok(filter.add(hashOf(row)));
  }
});

test('its memory has bounds', () => {
  assert.equal(BloomFilter.memoryFor(0).byteLength, 8 * 1024);
  assert.equal(BloomFilter.memoryFor(100_000).byteLength, 256 * 1024);
  assert.equal(BloomFilter.memoryFor(1e12).byteLength, 16 * 1024 * 1024);
});

test('of two threads that add a SKU, one finds it', async () => {
  const rows = 200_000;
  const memory = BloomFilter.memoryFor(rows);
  const hashes = Array.from({ length: rows }, (_, row) => hashOf(row));
  const found = await Promise.all([addInThread(memory, hashes), addInThread(memory, hashes.toReversed())]);
  const alone = new BloomFilter(BloomFilter.memoryFor(rows));
  const taken = hashes.filter((hash) => alone.add(hash)).length;
  assert.equal(found[0] + found[1], rows + taken);
});

function addInThread(memory: SharedArrayBuffer, hashes: readonly number[]): Promise<number> {
  const filter = new URL('../../../../src/ingest/lane/staging/bloom-filter.ts', import.meta.url);
  const source = `
    const { parentPort, workerData: { memory, hashes } } = require('node:worker_threads');
    import(${JSON.stringify(filter.href)}).then(({ BloomFilter }) => {
      const filter = new BloomFilter(memory);
      parentPort.postMessage(hashes.filter((hash) => filter.add(hash)).length);
    });`;
  const worker = new Worker(source, { eval: true, workerData: { memory, hashes } });
  return new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
}
