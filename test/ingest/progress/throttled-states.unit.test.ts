// With many watchers, progress is given less often, and everything else at once.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ThrottledStates } from '../../../src/ingest/progress/throttled-states.ts';
import { waitUntil } from '../../support/wait-until.ts';

interface State {
  id: string;
  status: string;
  rows: number;
}

function pacedFor(watchers: number) {
  const given: string[] = [];
  const paced = new ThrottledStates<State>({
    give: ({ id, status, rows }) => given.push(`${id} ${status} ${rows}`),
    watchers: () => watchers,
    isProgress: (from, to) => from.status === to.status,
  });
  const offer = (id: string, status: string, rows: number) => paced.offer({ id, status, rows });
  return { given, paced, offer };
}

test('the newest progress is given at the end of the interval', async () => {
  const { given, offer } = pacedFor(1000);
  offer('a', 'LOADING', 1);
  offer('a', 'LOADING', 2);
  offer('b', 'LOADING', 7);
  offer('a', 'LOADING', 3);
  assert.deepEqual(given, ['a LOADING 1', 'b LOADING 7']);
  await waitUntil('the rest is given', () => given.length > 2);
  assert.deepEqual(given.slice(2), ['a LOADING 3']);
  offer('a', 'LOADING', 4);
  assert.equal(given.length, 3, 'the next interval has begun');
  offer('a', 'COMPLETED', 5);
  assert.deepEqual(
    given.slice(3),
    ['a COMPLETED 5'],
    'a new status is given at once, and the progress before it never',
  );
});

test('progress that is forgotten, or held when it closes, is not given', async () => {
  const { given, paced, offer } = pacedFor(100);
  offer('a', 'LOADING', 1);
  offer('a', 'LOADING', 2);
  paced.forget('a');
  offer('b', 'LOADING', 1);
  offer('b', 'LOADING', 2);
  paced.close();
  offer('c', 'LOADING', 1);
  offer('c', 'LOADING', 2);
  await waitUntil('what was held last is given', () => given.includes('c LOADING 2'));
  assert.deepEqual(given, ['a LOADING 1', 'b LOADING 1', 'c LOADING 1', 'c LOADING 2']);
});

test('without watchers, nothing is held', () => {
  const { given, offer } = pacedFor(0);
  for (const rows of [1, 2, 3]) offer('a', 'LOADING', rows);
  assert.equal(given.length, 3);
});
