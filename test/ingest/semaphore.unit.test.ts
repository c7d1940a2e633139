// Imports wait for a slot in order of arrival, and may leave the queue.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Semaphore } from '../../src/ingest/semaphore.ts';

const STAYS = new AbortController().signal;

test('free slots are assigned immediately, later requests wait in order', async () => {
  const slots = new Semaphore(2);
  const order: string[] = [];
  const take = async (name: string) => {
    const slot = await slots.acquire(() => order.push(`${name} waits`), STAYS);
    order.push(`${name} has one`);
    return slot;
  };
  const [a, b] = await Promise.all([take('a'), take('b')]);
  const c = take('c');
  const d = take('d');
  b[Symbol.dispose]();
  const taken = await c;
  assert.deepEqual(order, ['a has one', 'b has one', 'c waits', 'd waits', 'c has one']);
  a[Symbol.dispose]();
  taken[Symbol.dispose]();
  (await d)[Symbol.dispose]();
  assert.equal(order.at(-1), 'd has one');
});

test('leaving the queue does not use up a slot', async () => {
  const slots = new Semaphore(1);
  const held = await slots.acquire(() => {}, STAYS);
  const leaves = new AbortController();
  const gone = slots.acquire(() => {}, leaves.signal);
  const next = slots.acquire(() => {}, STAYS);
  leaves.abort(new Error('left'));
  await assert.rejects(gone, /left/);
  held[Symbol.dispose]();
  (await next)[Symbol.dispose]();
  (await slots.acquire(() => assert.fail('it is free'), STAYS))[Symbol.dispose]();
  await assert.rejects(
    slots.acquire(() => {}, leaves.signal),
    /left/,
  );
});
