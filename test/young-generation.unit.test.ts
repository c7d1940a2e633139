// In processes of their own: what it sets holds for the whole process.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';

/** V8 adds pages now and then, under load up to twice as many; without the limit there are several times as many. */
const MAX_BYTES = 16 * 1024 * 1024;
const module = pathToFileURL(join(import.meta.dirname, '../src/young-generation.ts')).href;

test('the young generation stays at 8 MB however many objects survive', () => {
  const limited = sizeAfter(`(await import('${module}')).limitYoungGeneration();`);
  assert.ok(limited <= MAX_BYTES, `${limited}`);
  const unlimited = sizeAfter('');
  assert.ok(unlimited > MAX_BYTES, `${unlimited}`);
});

/** @returns the size of the young generation after many objects were kept for a while */
function sizeAfter(setUp: string): number {
  const script = `${setUp}
    let kept = [];
    for (let i = 0; i < 2_000_000; i++) {
      kept.push({ i });
      if (kept.length > 200_000) kept = [];
    }
    const { getHeapSpaceStatistics } = await import('node:v8');
    console.log(getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space').space_size);`;
  return Number(
    execFileSync(process.execPath, ['--input-type=module', '--eval', script], { encoding: 'utf8' }),
  );
}
