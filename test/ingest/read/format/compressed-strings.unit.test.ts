// Compressed strings are those that were added, in any order, and take little memory.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { CompressedStrings } from '../../../../src/ingest/read/format/workbook/compressed-strings.ts';

const MIB = 1024 * 1024;
/** For one block or two: all others are compressed. */
const FEW_BYTES = 128 * 1024;

function stringsOf(values: Iterable<string>, keptBytes?: number): CompressedStrings {
  const strings = new CompressedStrings(keptBytes);
  for (const value of values) strings.add(value);
  return strings;
}

test('any strings are found again, however they are asked for', () => {
  // Some are longer than a block.
  const long = fc.tuple(fc.string({ minLength: 1 }), fc.integer({ min: 1, max: 100_000 }));
  const value = fc.oneof(
    { weight: 8, arbitrary: fc.string({ unit: 'grapheme' }) },
    {
      weight: 2,
      arbitrary: long.map(([text, times]) => text.repeat(times).slice(0, 150_000).toWellFormed()),
    },
  );
  fc.assert(
    fc.property(fc.array(value, { maxLength: 60 }), fc.infiniteStream(fc.nat()), (values, order) => {
      const strings = stringsOf(values, FEW_BYTES);
      assert.equal(strings.count, values.length);
      for (const [index, text] of values.entries()) assert.equal(strings.at(index), text);
      if (values.length === 0) return;
      for (const number of order.take(100)) {
        const index = number % values.length;
        assert.equal(strings.at(index), values[index]);
      }
    }),
    { numRuns: 60 },
  );
});

test('there is nothing before the first string, after the last one, or between two', () => {
  const strings = stringsOf(['a', '', 'c']);
  assert.deepEqual(
    [-1, 0, 1, 2, 3, 0.5, Number.NaN].map((index) => strings.at(index)),
    [undefined, 'a', '', 'c', undefined, undefined, undefined],
  );
  assert.equal(new CompressedStrings().at(0), undefined);
});

test('many empty strings are told apart from those around them', () => {
  const strings = stringsOf(
    Array.from({ length: 20_000 }, (_, i) => (i % 5000 === 0 ? `text ${i}` : '')),
    0,
  );
  for (const index of [0, 1, 4999, 5000, 5001, 9999, 10_000, 19_999])
    assert.equal(strings.at(index), index % 5000 === 0 ? `text ${index}` : '');
});

test('many texts that repeat take little more than half of their size, while they are read in their order and in another', async () => {
  const count = 16 * 1024;
  const text = (index: number) => `${index} ${'words of a description '.repeat(160)}`;
  const before = await externalBytes();
  const strings = stringsOf(Array.from({ length: count }, (_, index) => text(index)));
  // Before any garbage is collected: what is given up is freed at once.
  const filled = process.memoryUsage().arrayBuffers;
  assert.ok(filled - before < 36 * MIB, `${filled}`);
  for (let index = 0; index < count; index++) assert.equal(strings.at(index), text(index));
  assert.ok((await externalBytes()) - before < 20 * MIB, 'read in order');
  // A sheet that was sorted needs all of them at once.
  for (let index = 0; index < count; index++) {
    const other = (index * 7919) % count;
    assert.equal(strings.at(other), text(other));
  }
  strings[Symbol.dispose]();
  assert.equal(strings.at(0), undefined);
  assert.ok((await externalBytes()) - before < 2 * MIB, 'freed');
});

/** What is in use outside of the heap. */
async function externalBytes(): Promise<number> {
  // Streams of zlib free their memory in the next turn.
  await nextTurn();
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  collect();
  return process.memoryUsage().arrayBuffers;
}
