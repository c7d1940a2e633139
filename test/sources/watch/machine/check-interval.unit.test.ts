import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkDelay } from '../../../../src/sources/watch/machine/check-interval.ts';

const MIDDLE = 0.5;

test('a source is checked at its interval, plus or minus 10 percent', () => {
  assert.equal(checkDelay(100, 0, MIDDLE), 100_000);
  assert.ok(Math.abs(checkDelay(100, 0, 0) - 90_000) < 1);
  assert.ok(Math.abs(checkDelay(100, 0, 1) - 110_000) < 1);
});

test('failures double the pause, from at most a minute up to at least an hour', () => {
  const pauses = (interval: number, failures: number[]) =>
    failures.map((count) => checkDelay(interval, count, MIDDLE) / 1000);
  assert.deepEqual(pauses(10, [1, 2, 3, 4, 20, 1000]), [10, 20, 40, 80, 3600, 3600]);
  assert.deepEqual(pauses(300, [1, 2, 3, 20]), [60, 120, 240, 3600]);
  assert.deepEqual(pauses(86_400, [1, 2, 7, 1000]), [60, 120, 3840, 86_400]);
});
