// The lanes as seen by the main thread: closing stops them at any stage.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { LanePool } from '../../../src/ingest/lane/lane-pool.ts';
import type { LaneTask } from '../../../src/ingest/lane/messages.ts';
import { BloomFilter } from '../../../src/ingest/lane/staging/bloom-filter.ts';
import { WarmLanes } from '../../../src/ingest/lane/warm-lanes.ts';
import type { Block } from '../../../src/ingest/read/block-reader.ts';
import { waitUntil } from '../../support/wait-until.ts';

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
  columns: { withAttributes: false, withRecord: false, withSuperseded: false },
  skus: BloomFilter.memoryFor(1),
  maxRecordBytes: 1000,
};

const NEVER = new AbortController().signal;

function blankLine(): Block {
  return { bytes: Uint8Array.of(0x0a), firstLine: 2, damaged: [], oversized: [], index: 0, spoolBytes: 1 };
}

test('lanes are closed even if their last message arrives during the close', async () => {
  const lanes = new LanePool(new WarmLanes(2), 2);
  const closing = Promise.withResolvers<void>();
  async function* oneLine(): AsyncGenerator<Block> {
    yield blankLine();
    // Blocks this thread after the request to finish, so that their answers arrive during the close.
    setImmediate(() => {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
      closing.resolve(lanes[Symbol.asyncDispose]());
    });
  }
  const loading = lanes.load(TASK, Object.assign(oneLine(), { recycle() {} }), () => {}, NEVER);
  loading.catch(() => {});
  const late = delay(10_000, 'late', { ref: false });
  assert.notEqual(await Promise.race([closing.promise, late]), 'late');
});

test('a lane is added only when the others are busy, and is kept for the next import', async () => {
  const warm = new WarmLanes(2);
  const threads = new Set<unknown>();
  const counted = {
    take: () => {
      const lane = warm.take();
      threads.add(lane);
      return lane;
    },
    release: (lane: Parameters<WarmLanes['release']>[0]) => warm.release(lane),
    get hasRoom() {
      return warm.hasRoom;
    },
  };
  for (const [blocks, lanes] of [
    [0, 0],
    [1, 1],
    [1, 1],
    [6, 2],
    [6, 2],
  ] as const) {
    await using pool = new LanePool(counted, 2);
    async function* file(): AsyncGenerator<Block> {
      for (let i = 0; i < blocks; i++) yield blankLine();
    }
    const loading = pool.load(TASK, Object.assign(file(), { recycle() {} }), () => {}, NEVER);
    assert.deepEqual(await loading, [0, 0]);
    assert.equal(threads.size, lanes);
  }
  await warm.close();
});

test('while other imports have as many lanes as there are cores, an import has one', async () => {
  const warm = new WarmLanes(2);
  await using first = new LanePool(warm, 2);
  await using second = new LanePool(warm, 2);
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  async function* file(): AsyncGenerator<Block> {
    for (let i = 0; i < 6; i++) yield blankLine();
    await gate;
  }
  const load = (pool: LanePool) => pool.load(TASK, Object.assign(file(), { recycle() {} }), () => {}, NEVER);
  const loading = [load(first)];
  await waitUntil('the first has its lanes', () => warm.usage().busy === 2);
  loading.push(load(second));
  await waitUntil('all blocks are loaded', () => {
    const { busy, pendingBlocks } = warm.usage();
    return busy > 2 && pendingBlocks === 0;
  });
  assert.equal(warm.usage().busy, 3);
  open();
  assert.deepEqual(await Promise.all(loading), [
    [0, 0],
    [0, 0],
  ]);
});
