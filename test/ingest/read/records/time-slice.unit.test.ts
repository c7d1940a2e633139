// Long work leaves turns of the event loop to others.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Quoting } from '../../../../src/ingest/read/dialect.ts';
import { BlockSplitter } from '../../../../src/ingest/read/records/block-splitter.ts';
import { fieldCountRange } from '../../../../src/ingest/read/records/field-count.ts';
import { nextSlice } from '../../../../src/ingest/read/records/time-slice.ts';

const MIB = 1024 * 1024;

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

function split(text: string, maxRecordBytes: number, quoting: Quoting = 'STANDARD') {
  const splitter = new BlockSplitter({
    dialect: { delimiter: 0x2c, quoting },
    fieldCounts: fieldCountRange(['name', 'sku', 'description']),
    firstLine: 2,
    maxRecordBytes,
    blockBytes: MIB,
  });
  return [...splitter.push(Buffer.from(text)), ...splitter.end()];
}

test('a file whose quotes make no sense is read in many slices', () => {
  const read = split('"a\n'.repeat(300_000), MIB);
  const pauses = read.filter((block) => block === undefined);
  assert.ok(pauses.length > 10, `${pauses.length}`);
  const damaged = read.flatMap((block) => block?.damaged ?? []);
  assert.equal(
    damaged.reduce((sum, { lineCount }) => sum + lineCount, 0),
    300_000,
  );
});

test('a record that is too long is skipped in many slices', () => {
  const read = split(`a,b,"${'""'.repeat(8 * MIB)}"\na,c,d\n`, MIB);
  const pauses = read.filter((block) => block === undefined);
  assert.ok(pauses.length > 5, `${pauses.length}`);
  assert.equal(read.flatMap((block) => block?.oversized ?? []).length, 1);
  assert.equal(Buffer.from(read.at(-1)?.bytes ?? []).toString(), 'a,c,d\n');
});

test('lines whose quotes make no sense end the import once they are longer than a record may be', () => {
  const nonsense = 'a,"b\n'.repeat(90_000);
  const rows = 'a,b,c\n'.repeat(30);
  assert.throws(() => split(rows + nonsense, MIB / 4), {
    code: 'UNBALANCED_QUOTE',
    message: /^From line 3[0-2] on, quotes are misplaced: more than 262144 bytes/,
  });
  // As the message advises.
  assert.ok(split(rows + nonsense, MIB / 4, 'NONE').length > 0);
  // With rows in between, they are rejected, and the rows are kept.
  const part = 'a,"b\n'.repeat(30_000);
  const read = split(rows + part + rows + part + rows, MIB / 4);
  assert.ok(read.some((block) => block !== undefined));
});
