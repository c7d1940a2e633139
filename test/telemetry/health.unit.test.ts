// Checks of the probes.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { EventLoop } from '../../src/telemetry/event-loop.ts';
import { Health } from '../../src/telemetry/health.ts';
import { waitUntil } from '../support/wait-until.ts';

test('a report names each check; one that fails, throws or does not answer makes it unhealthy', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const health = new Health({
    good: () => undefined,
    bad: async () => 'has no room',
    broken: () => {
      throw new Error('postgres://secret@host');
    },
    silent: () => new Promise(() => {}),
  });
  const report = health.report();
  await setImmediate();
  t.mock.timers.tick(2000);
  assert.deepEqual(await report, {
    isHealthy: false,
    checks: {
      good: 'ok',
      bad: 'has no room',
      broken: 'failed; the log may say why',
      silent: 'does not answer within 2 seconds',
    },
  });
});

test('checks run at most once a second, however many ask', async () => {
  let runs = 0;
  const health = new Health({
    count: () => {
      runs++;
      return undefined;
    },
  });
  const reports = await Promise.all(Array.from({ length: 50 }, () => health.report()));
  assert.ok(reports.every(({ isHealthy }) => isHealthy));
  assert.equal(runs, 1);
});

test('a blocked event loop is noticed', async (t) => {
  const eventLoop = new EventLoop();
  eventLoop.start();
  t.after(() => eventLoop.close());
  await new Promise((resolve) => setTimeout(resolve, 60));
  const end = performance.now() + 300;
  while (performance.now() < end);
  await waitUntil('the delay shows', async () => eventLoop.longestDelayMs() >= 150);
});
