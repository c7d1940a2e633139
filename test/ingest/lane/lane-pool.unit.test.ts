// The lanes as seen by the main thread: closing stops them at any stage.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { LanePool } from '../../../src/ingest/lane/lane-pool.ts';
import type { LaneTask } from '../../../src/ingest/lane/messages.ts';
import type { Block } from '../../../src/ingest/read/block-reader.ts';

/** Without rows nothing is written, so no lane connects to the database. */
const TASK: LaneTask = {
  staging: { importId: randomUUID(), attempt: 1 },
  databaseUrl: 'postgres://127.0.0.1:1/nowhere',
  applicationName: 'test',
  layout: {
    columns: ['name', 'sku', 'description'],
    delimiter: 0x2c,
    nameIndex: 0,
    skuIndex: 1,
    descriptionIndex: 2,
    maxDescriptionLength: 100,
    issueCodeIndex: undefined,
  },
  parser: 'fast',
  partitions: 2,
  columns: { withRecord: false, withSuperseded: false },
  maxRecordBytes: 1000,
};

test('lanes are closed even if their last message arrives during the close', async () => {
  const lanes = new LanePool(2);
  const closing = Promise.withResolvers<void>();
  async function* noBlocks(): AsyncGenerator<Block> {
    // Blocks this thread after the request to finish, so that their answers arrive during the close.
    setImmediate(() => {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
      closing.resolve(lanes[Symbol.asyncDispose]());
    });
  }
  const loading = lanes.load(
    TASK,
    Object.assign(noBlocks(), { recycle() {} }),
    () => {},
    new AbortController().signal,
  );
  loading.catch(() => {});
  const late = delay(10_000, 'late', { ref: false });
  assert.notEqual(await Promise.race([closing.promise, late]), 'late');
});
