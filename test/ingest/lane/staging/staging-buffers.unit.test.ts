// The rows of all partitions share a budget, whatever their number.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emptyRow, type Row } from '../../../../src/ingest/lane/rows/row.ts';
import { StagingBuffers } from '../../../../src/ingest/lane/staging/staging-buffers.ts';

const COLUMNS = { withAttributes: false, withRecord: false, withSuperseded: false };
const BUDGET = 1024 * 1024;
/** Of a row besides its values, and of a COPY besides its rows: its header and its end. */
const ROW_BYTES = 2 + 12 + 5 + 3 * 4;
const COPY_BYTES = 19 + 2;

function rowOf(bytes: number): Row {
  const row = emptyRow();
  const value = { bytes: new Uint8Array(bytes - ROW_BYTES), start: 0, end: bytes - ROW_BYTES };
  return { ...row, description: value };
}

for (const partitions of [1, 2, 512]) {
  test(`${partitions} partitions hold no more than the budget and a row`, () => {
    const buffers = new StagingBuffers(partitions, COLUMNS, BUDGET);
    let held = 0;
    let copied = 0;
    let copies = 0;
    let most = 0;
    for (let at = 0; at < 40_000; at++) {
      // Half of all rows are in one partition, and from time to time one is long.
      const bytes = at % 5000 === 0 ? 200_000 : 100 + (at % 300);
      const partition = at % 2 === 0 ? 0 : (at * 7919) % partitions;
      buffers.append(partition, rowOf(bytes), false);
      held += bytes;
      most = Math.max(most, held);
      assert.equal(buffers.isFull, held >= BUDGET);
      if (!buffers.isFull) continue;
      for (const taken of buffers.takeFullest()) {
        held -= taken.data.length - COPY_BYTES;
        copied += taken.rows;
        copies++;
        taken.release();
      }
      assert.ok(held <= 0.75 * BUDGET);
    }
    for (const { rows } of buffers.takeAll()) copied += rows;
    assert.equal(copied, 40_000);
    assert.equal([...buffers.takeAll()].length, 0);
    assert.ok(most < BUDGET + 200_000, `held ${most}`);
    assert.ok(copies <= 3000, `${copies} copies`);
  });
}

test('buffers that are given up keep no memory', () => {
  const buffers = new StagingBuffers(2, COLUMNS, BUDGET);
  for (let at = 0; at < 1000; at++) buffers.append(at % 2, rowOf(500), false);
  const taken = [...buffers.takeAll()];
  for (const { release } of taken) release();
  const arrays = taken.map(({ data }) => data.buffer);
  assert.ok(arrays.every(({ byteLength }) => byteLength > 0));
  buffers[Symbol.dispose]();
  assert.deepEqual(
    arrays.map(({ byteLength }) => byteLength),
    [0, 0],
  );
});
