// Patience ends after the time given, counted in waiting alone, and begins anew with progress.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { Patience } from '../../src/ingest/backoff.ts';

const STAYS = new AbortController().signal;

test('it ends when the pauses have taken the time, and not by other work', async () => {
  const patience = new Patience(300);
  await pause(400);
  assert.equal(patience.isOver, false);
  await patience.pause(STAYS);
  assert.equal(patience.isOver, false);
  await patience.pause(STAYS);
  await patience.pause(STAYS);
  assert.equal(patience.isOver, true);
});

test('progress renews it, the same state does not', async () => {
  const patience = new Patience(1);
  await patience.spend(() => pause(20));
  patience.noteProgress(0);
  assert.equal(patience.isOver, true);
  patience.noteProgress(0.5);
  assert.equal(patience.isOver, false);
  await patience.spend(() => pause(20));
  patience.noteProgress(0.5);
  assert.equal(patience.isOver, true);
});

test('a pause ends with the signal, with its reason', async () => {
  const stop = new AbortController();
  const waiting = new Patience(10_000).pause(stop.signal);
  stop.abort(new Error('stop'));
  await assert.rejects(waiting, /stop/);
});
