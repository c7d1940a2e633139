// Those who ask together share a read, but never one that has begun before they asked.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SharedReads } from '../../../src/ingest/progress/shared-reads.ts';

test('those who ask for the same in the same turn share a read, those who ask later begin another', async () => {
  const begun: string[] = [];
  const answers: ((value: number) => void)[] = [];
  const reads = new SharedReads((key: string) => {
    begun.push(key);
    return new Promise<number>((resolve) => answers.push(resolve));
  });
  const together = [reads.get('a'), reads.get('b'), reads.get('a')];
  assert.deepEqual(begun, [], 'none has begun while somebody may still ask');
  await turn();
  assert.deepEqual(begun, ['a', 'b']);
  const later = reads.get('a');
  await turn();
  assert.deepEqual(begun, ['a', 'b', 'a'], 'the first read may have missed what has happened since');
  for (const [value, answer] of answers.entries()) answer(value);
  assert.deepEqual(await Promise.all([...together, later]), [0, 1, 0, 2]);
});

test('a read that fails does so for those who share it, and the next one is tried again', async () => {
  let attempts = 0;
  const reads = new SharedReads(async () => {
    attempts += 1;
    if (attempts === 1) throw new Error('away');
    return 'back';
  });
  const together = await Promise.allSettled([reads.get(undefined), reads.get(undefined)]);
  assert.deepEqual(
    together.map(({ status }) => status),
    ['rejected', 'rejected'],
  );
  assert.equal(attempts, 1);
  assert.equal(await reads.get(undefined), 'back');
});

async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
}
