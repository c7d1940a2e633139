// Imports wait for a slot in the order in which they came, and may leave the line.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WorkSlots } from '../../src/ingest/work-slots.ts';

const STAYS = new AbortController().signal;

test('as many as there are slots get one at once, the others in order', async () => {
  const slots = new WorkSlots(2);
  const order: string[] = [];
  const take = async (name: string) => {
    const slot = await slots.take(() => order.push(`${name} waits`), STAYS);
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

test('who leaves the line takes no slot with it', async () => {
  const slots = new WorkSlots(1);
  const held = await slots.take(() => {}, STAYS);
  const leaves = new AbortController();
  const gone = slots.take(() => {}, leaves.signal);
  const next = slots.take(() => {}, STAYS);
  leaves.abort(new Error('left'));
  await assert.rejects(gone, /left/);
  held[Symbol.dispose]();
  (await next)[Symbol.dispose]();
  (await slots.take(() => assert.fail('it is free'), STAYS))[Symbol.dispose]();
  await assert.rejects(
    slots.take(() => {}, leaves.signal),
    /left/,
  );
});
