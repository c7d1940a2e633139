// How much a compressed file may unpack to: each limit at its value, and one byte above.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UnpackMeter } from '../../../../src/ingest/read/format/bound-unpacked.ts';

async function* chunks(...sizes: number[]): AsyncGenerator<Buffer, void, undefined> {
  for (const size of sizes) yield Buffer.alloc(size);
}

/** @returns how many bytes came through, and the code of the error that ended them */
async function read(
  parts: AsyncIterable<Buffer> | AsyncIterable<Buffer>[],
  packed: number,
  limits: { maxUnpackedBytes?: number; maxCompressionRatio?: number },
): Promise<[bytes: number, code?: string]> {
  let bytes = 0;
  try {
    const all = { maxUnpackedBytes: 1e9, maxCompressionRatio: 1e9, ...limits };
    const meter = new UnpackMeter(all, () => packed, 1000);
    for (const part of [parts].flat()) for await (const chunk of meter.measure(part)) bytes += chunk.length;
    return [bytes];
  } catch (error) {
    return [bytes, (error as { code?: string }).code ?? String(error)];
  }
}

test('a file may unpack to its limit, and not to a byte more', async () => {
  assert.deepEqual(await read(chunks(600, 400), 10, { maxUnpackedBytes: 1000 }), [1000]);
  assert.deepEqual(await read(chunks(600, 401), 10, { maxUnpackedBytes: 1000 }), [600, 'UNPACKED_TOO_LARGE']);
});

test('the ratio counts beyond the bytes that are free', async () => {
  const limits = { maxCompressionRatio: 20 };
  assert.deepEqual(await read(chunks(1000), 1, limits), [1000]);
  assert.deepEqual(await read(chunks(1000, 1), 1, limits), [1000, 'UNPACKED_TOO_LARGE']);
  assert.deepEqual(await read(chunks(1000, 1000), 100, limits), [2000]);
  assert.deepEqual(await read(chunks(1000, 1001), 100, limits), [1000, 'UNPACKED_TOO_LARGE']);
});

test('the parts of a file count together', async () => {
  const parts = () => [chunks(600), chunks(401)];
  assert.deepEqual(await read(parts(), 10, { maxUnpackedBytes: 1001 }), [1001]);
  assert.deepEqual(await read(parts(), 10, { maxUnpackedBytes: 1000 }), [600, 'UNPACKED_TOO_LARGE']);
  assert.deepEqual(await read(parts(), 50, { maxCompressionRatio: 20 }), [600, 'UNPACKED_TOO_LARGE']);
});
