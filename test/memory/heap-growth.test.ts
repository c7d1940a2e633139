// In processes of their own: what it sets holds for the whole process.

import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

const MIB = 1024 * 1024;
const module = pathToFileURL(join(import.meta.dirname, '../../src/memory/heap-growth.ts')).href;
const LIMIT = `(await import('${module}')).limitHeapGrowth();`;

test('the young generation stays at 8 MB however many objects survive', () => {
  const script = `
    let kept = [];
    for (let i = 0; i < 2_000_000; i++) {
      kept.push({ i });
      if (kept.length > 200_000) kept = [];
    }
    const { getHeapSpaceStatistics } = await import('node:v8');
    console.log(getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space').space_size);`;
  // V8 adds pages now and then, under load up to twice as many; without the limit there are several times as many.
  const most = 16 * MIB;
  const limited = numberFrom(LIMIT + script);
  assert.ok(limited <= most, `${limited}`);
  const unlimited = numberFrom(script);
  assert.ok(unlimited > most, `${unlimited}`);
});

test('the old generation grows by less between collections than it would by itself', () => {
  // Some 20 MB stay in use, while others become old and are dropped.
  const script = `
    const make = (count) => Array.from({ length: count }, (_, i) => ({ i, text: [i] }));
    globalThis.used = make(200_000);
    let most = 0;
    for (let round = 0; round < 20; round++) {
      make(100_000);
      most = Math.max(most, process.memoryUsage().heapUsed);
    }
    console.log(most);`;
  const [limited, unlimited] = [numberFrom(LIMIT + script), numberFrom(script)];
  assert.ok(limited < 0.9 * unlimited, `${limited} of ${unlimited}`);
});

test('memory that the heap needed for a while goes back to the system while the process is busy', async () => {
  const script = `
    const { setTimeout: pause } = await import('node:timers/promises');
    const make = (count) => Array.from({ length: count }, (_, i) => ({ i, text: [i] }));
    globalThis.used = make(1_500_000);
    delete globalThis.used;
    for (let round = 0; round < 80; round++) {
      globalThis.last = make(20_000);
      await pause(100);
    }
    console.log(process.memoryUsage.rss());`;
  const [limited, unlimited] = await Promise.all(
    [LIMIT + script, script].map(async (each) =>
      Number((await promisify(execFile)(process.execPath, optionsFor(each))).stdout),
    ),
  );
  assert.ok(Number(limited) < Number(unlimited) - 100 * MIB, `${limited} and ${unlimited}`);
});

/** @returns what the script prints, where V8 has the heap of a machine with much memory */
function numberFrom(script: string): number {
  return Number(execFileSync(process.execPath, optionsFor(script), { encoding: 'utf8' }));
}

function optionsFor(script: string): string[] {
  return ['--max-old-space-size=4096', '--input-type=module', '--eval', script];
}
