// A backoff gives up after a total time of waiting, and starts over when there is progress.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { Backoff } from '../../../src/ingest/running/backoff.ts';

const STAYS = new AbortController().signal;

test('only pauses count towards the limit, other work does not', async () => {
  const backoff = new Backoff(300);
  await pause(400);
  assert.equal(backoff.isExhausted, false);
  const startedAt = performance.now();
  while (!backoff.isExhausted) {
    await backoff.pause(STAYS);
  }
  assert.ok(performance.now() - startedAt >= 300);
});

test('progress resets it, an unchanged state does not', async () => {
  const backoff = new Backoff(1);
  await backoff.spend(() => pause(20));
  backoff.noteProgress(0);
  assert.equal(backoff.isExhausted, true);
  backoff.noteProgress(0.5);
  assert.equal(backoff.isExhausted, false);
  await backoff.spend(() => pause(20));
  backoff.noteProgress(0.5);
  assert.equal(backoff.isExhausted, true);
});

test('aborting the signal ends a pause with the reason of the signal', async () => {
  const stop = new AbortController();
  const waiting = new Backoff(10_000).pause(stop.signal);
  stop.abort(new Error('stop'));
  await assert.rejects(waiting, /stop/);
});
