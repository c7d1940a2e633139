import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { Gate } from '../../src/sources/gate.ts';

test('so many pass at once, the others in the order in which they came', async () => {
  const gate = new Gate(2);
  const { signal } = new AbortController();
  const passed: string[] = [];
  const enter = (name: string) =>
    gate.enter(signal).then((place) => {
      passed.push(name);
      return place;
    });
  const [first] = await Promise.all([enter('a'), enter('b')]);
  const third = enter('c');
  const fourth = enter('d');
  await turn();
  assert.deepEqual(passed, ['a', 'b']);
  first?.[Symbol.dispose]();
  const place = await third;
  assert.deepEqual(passed, ['a', 'b', 'c']);
  place[Symbol.dispose]();
  await fourth;
  assert.deepEqual(passed, ['a', 'b', 'c', 'd']);
});

test('who gives up waiting takes no place', async () => {
  const gate = new Gate(1);
  const place = await gate.enter(new AbortController().signal);
  const leaving = new AbortController();
  const waiting = gate.enter(leaving.signal);
  const next = gate.enter(new AbortController().signal);
  leaving.abort(new Error('no longer'));
  await assert.rejects(waiting, /no longer/);
  await assert.rejects(gate.enter(leaving.signal), /no longer/);
  place[Symbol.dispose]();
  await next;
});
