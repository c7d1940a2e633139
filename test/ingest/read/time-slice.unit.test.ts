// Long work leaves turns of the event loop to others.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { BlockSplitter } from '../../../src/ingest/read/records/block-splitter.ts';
import { fieldCountRange } from '../../../src/ingest/read/records/field-count.ts';
import { nextSlice } from '../../../src/ingest/read/time-slice.ts';

test('of all that wait, one goes on in each turn of the event loop, in order', async () => {
  const resumed: string[] = [];
  const wait = (name: string) => nextSlice().then(() => resumed.push(name));
  for (const name of ['a', 'b', 'c']) wait(name);
  for (const seen of ['a', 'ab', 'abc']) {
    await nextTurn();
    assert.equal(resumed.join(''), seen);
  }
  wait('d');
  await nextTurn();
  assert.equal(resumed.join(''), 'abcd');
});

test('a file whose quotes make no sense is read in many slices', () => {
  const splitter = new BlockSplitter({
    dialect: { delimiter: 0x2c },
    fieldCounts: fieldCountRange(['name', 'sku', 'description']),
    firstLine: 2,
    maxRecordBytes: 1024 * 1024,
    blockBytes: 1024 * 1024,
  });
  const read = [...splitter.push(Buffer.from('"a\n'.repeat(300_000))), ...splitter.end()];
  const pauses = read.filter((block) => block === undefined);
  assert.ok(pauses.length > 10, `${pauses.length}`);
  const lines = read
    .flatMap((block) => block?.damaged ?? [])
    .reduce((sum, { lineCount }) => sum + lineCount, 0);
  assert.equal(lines, 300_000);
});
