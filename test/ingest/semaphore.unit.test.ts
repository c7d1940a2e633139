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

test('who needs several permits waits for all of them, and nobody overtakes', async () => {
  const room = new Semaphore(10);
  const order: string[] = [];
  const take = async (name: string, permits: number, signal = STAYS) => {
    const held = await room.acquire(() => order.push(`${name} waits`), signal, permits);
    order.push(`${name} has ${permits}`);
    return held;
  };
  const [a, b] = await Promise.all([take('a', 4), take('b', 3)]);
  const leaves = new AbortController();
  const all = take('all', 10, leaves.signal);
  const small = take('small', 1);
  const six = take('six', 6);
  assert.equal(room.used, 7);
  b[Symbol.dispose]();
  assert.deepEqual(order.splice(0), ['a has 4', 'b has 3', 'all waits', 'small waits', 'six waits']);
  // Those behind it fit in once it leaves; the last needs one more than is free.
  leaves.abort(new Error('left'));
  await assert.rejects(all, /left/);
  (await small)[Symbol.dispose]();
  (await six)[Symbol.dispose]();
  assert.deepEqual(order, ['small has 1', 'six has 6']);
  a[Symbol.dispose]();
  assert.equal(room.free, 10);
});
