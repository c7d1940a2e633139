import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DueQueue } from '../../../src/sources/watch/due-queue.ts';

test('due sources are returned in order of time, and none too early', () => {
  const schedule = new DueQueue();
  for (const [id, at] of [
    ['late', 30],
    ['first', 10],
    ['second', 20],
  ] as const)
    schedule.set(id, at);
  assert.equal(schedule.next(), 10);
  assert.equal(schedule.take(9), undefined);
  assert.deepEqual([schedule.take(25), schedule.take(25), schedule.take(25)], ['first', 'second', undefined]);
  assert.deepEqual([schedule.size, schedule.next()], [1, 30]);
});

test('any sequence of set, take and delete behaves like a plain list', () => {
  const id = fc.constantFrom('a', 'b', 'c', 'd', 'e');
  const step = fc.oneof(
    fc.record({ type: fc.constant('set' as const), id, at: fc.nat(20) }),
    fc.record({ type: fc.constant('delete' as const), id }),
    fc.record({ type: fc.constant('take' as const), now: fc.nat(20) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
      const schedule = new DueQueue();
      const model = new Map<string, number>();
      for (const step of steps) {
        if (step.type === 'set') {
          schedule.set(step.id, step.at);
          model.set(step.id, step.at);
        } else if (step.type === 'delete') {
          schedule.delete(step.id);
          model.delete(step.id);
        } else {
          const earliest = Math.min(...model.values());
          const taken = schedule.take(step.now);
          if (earliest > step.now) assert.equal(taken, undefined);
          else assert.equal(model.get(taken ?? ''), earliest);
          model.delete(taken ?? '');
        }
        assert.equal(schedule.size, model.size);
        assert.equal(schedule.next(), model.size > 0 ? Math.min(...model.values()) : undefined);
      }
    }),
  );
});

test('rescheduling a source many times leaves no stale entries', () => {
  const schedule = new DueQueue();
  for (let at = 0; at < 100_000; at++) schedule.set('one', 100_000 - at);
  assert.equal(schedule.take(1), 'one');
  assert.equal(schedule.take(1e9), undefined);
});
