// Buffers of uploads are reused once they were given back.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ReadBuffers } from '../../../src/ingest/spool/read-buffers.ts';

test('a buffer is taken again only after any part of it was given back', () => {
  const buffers = new ReadBuffers(1000);
  const first = buffers.take();
  const second = buffers.take();
  assert.equal(first.length, 1000);
  assert.notEqual(second.buffer, first.buffer);
  buffers.giveBack(first.subarray(10, 20));
  const third = buffers.take();
  assert.deepEqual([third.buffer === first.buffer, third.length], [true, 1000]);
  assert.notEqual(buffers.take().buffer, first.buffer);
});

test('a buffer from elsewhere, even if it is as large, is not taken', () => {
  const buffers = new ReadBuffers(1000);
  const foreign = Buffer.allocUnsafeSlow(1000);
  buffers.giveBack(foreign);
  assert.notEqual(buffers.take().buffer, foreign.buffer);
});

test('spare buffers can be freed', () => {
  const buffers = new ReadBuffers(1000);
  const [spare, used] = [buffers.take(), buffers.take()];
  buffers.giveBack(spare);
  buffers.clear();
  assert.deepEqual([spare.length, used.length, buffers.take().length], [0, 1000, 1000]);
});
