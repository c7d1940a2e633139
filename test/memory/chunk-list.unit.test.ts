import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ChunkList } from '../../src/memory/chunk-list.ts';
import { memoryInUse } from '../support/memory-in-use.ts';

const MIB = 1024 * 1024;

test('chunks of any size keep their order', () => {
  const list = new ChunkList();
  const sizes = [
    ...Array.from({ length: 700 }, (_, n) => n % 3),
    5000,
    1,
    1023,
    1024,
    70_000,
    ...Array(300).fill(1),
  ];
  let next = 0;
  const chunks = sizes.map((size) => Buffer.from(Array.from({ length: size }, () => next++ % 251)));
  const all = Buffer.concat(chunks);
  for (const chunk of chunks) list.add(Buffer.from(chunk));
  assert.equal(list.bytes, all.length);
  assert.deepEqual(Buffer.concat(list.takeAll()), all);
  assert.equal(list.bytes, 0);
  for (const chunk of chunks) list.add(Buffer.from(chunk));
  assert.deepEqual(list.takeBytes(), all);
  assert.equal(list.takeBytes().length, 0);
  list.add(Buffer.from('a'));
  assert.equal(list.takeBytes().toString(), 'a');
});

test('chunks are freed once they are copied, and when the list is disposed of', () => {
  const chunks = [Buffer.allocUnsafeSlow(5000), Buffer.allocUnsafeSlow(5000), Buffer.allocUnsafeSlow(5000)];
  const [first, second, third] = chunks as [Buffer, Buffer, Buffer];
  const list = new ChunkList();
  list.add(first);
  list.add(second);
  assert.equal(list.takeBytes().length, 10_000);
  assert.equal(first.length + second.length, 0);
  {
    using other = new ChunkList();
    other.add(third);
  }
  assert.equal(third.length, 0);
});

test('a million chunks of one byte take a few MB', () => {
  const list = new ChunkList();
  const before = memoryInUse();
  for (let number = 0; number < MIB; number++) list.add(Buffer.alloc(1));
  const more = memoryInUse() - before;
  assert.equal(list.takeBytes().length, MIB);
  // As they are, they take 200 MB.
  assert.ok(more < 8 * MIB, `${more} bytes`);
});
