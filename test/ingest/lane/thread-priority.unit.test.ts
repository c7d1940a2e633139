// Lanes have a lower priority than the thread that answers requests.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';

const LANE = new URL('../../../src/ingest/lane/lane-worker.ts', import.meta.url);

test('a lane gives way to the main thread', {
  skip: process.platform === 'linux' ? false : 'only Linux has priorities of threads',
}, async () => {
  const before = threads();
  const own = before.get(process.pid) ?? 0;
  const lane = new Worker(LANE);
  await once(lane, 'online');
  for (const end = Date.now() + 10_000; ; await delay(20)) {
    const priorities = [...threads()].filter(([id]) => !before.has(id)).map(([, priority]) => priority);
    if (priorities.includes(Math.max(own, 10))) break;
    assert.ok(Date.now() < end, `new threads have the priorities ${priorities}`);
  }
  assert.equal(threads().get(process.pid), own);
  await lane.terminate();
});

/** Their nice values, by thread. */
function threads(): Map<number, number> {
  const found = new Map<number, number>();
  for (const id of readdirSync('/proc/self/task')) {
    const path = `/proc/self/task/${id}/stat`;
    // It may have ended.
    if (!existsSync(path)) continue;
    const stat = readFileSync(path, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    found.set(Number(id), Number(fields[16]));
  }
  return found;
}
