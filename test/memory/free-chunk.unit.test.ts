import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freeChunk } from '../../src/memory/free-chunk.ts';

test('a chunk that is all of its buffer has no bytes any more', () => {
  const chunk = Buffer.allocUnsafeSlow(64 * 1024);
  freeChunk(chunk);
  assert.equal(chunk.length, 0);
  assert.equal(chunk.buffer.byteLength, 0);
});

test('a part of a larger buffer, and what shares memory between threads, is left alone', () => {
  const pooled = Buffer.from('a few bytes');
  const part = Buffer.alloc(1000, 'a').subarray(1);
  const shared = new Uint8Array(new SharedArrayBuffer(3));
  for (const chunk of [pooled, part, shared]) freeChunk(chunk);
  assert.equal(pooled.toString(), 'a few bytes');
  assert.equal(part.length, 999);
  assert.equal(shared.length, 3);
});

test('nothing can be freed twice, nor can an empty chunk', () => {
  const chunk = Buffer.allocUnsafeSlow(10);
  const empty = Buffer.alloc(0);
  for (const each of [chunk, chunk, empty]) freeChunk(each);
  assert.equal(Buffer.concat([empty, Buffer.from('a')]).toString(), 'a');
});
