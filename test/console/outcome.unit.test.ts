// What a completed import amounts to: green is for whole success, and what was not done is said.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ImportState } from '../../src/console/api/live/import-state.ts';
import { outcomeOf } from '../../src/console/components/imports/outcome/outcome.ts';

const NONE = {
  read: 0,
  inserted: 0,
  updated: 0,
  unchanged: 0,
  superseded: 0,
  rejected: 0,
  deleted: 0,
  kept: 0,
};

const OUTCOMES: [
  rows: Partial<ImportState['rows']>,
  color: string,
  label: string | undefined,
  note: RegExp | undefined,
][] = [
  [{ read: 2, inserted: 1, superseded: 1 }, 'teal', undefined, undefined],
  [{ read: 2, inserted: 1, rejected: 1 }, 'orange', '1 rejected', undefined],
  [{ read: 2000, rejected: 2000 }, 'orange', '2,000 rejected', /No row of the file/],
  [{ read: 2, unchanged: 1, rejected: 1 }, 'orange', '1 rejected', /Nothing was changed/],
  [{}, 'orange', 'no rows', /no rows/],
  [{ deleted: 3 }, 'teal', undefined, undefined],
  [{ read: 2, unchanged: 2 }, 'gray', 'no change', /already as the file says/],
];

test('a completed import looks like what it did', () => {
  for (const [rows, color, label, note] of OUTCOMES) {
    const outcome = outcomeOf({ kind: 'UPLOAD', rows: { ...NONE, ...rows } });
    assert.deepEqual([outcome.color, outcome.label], [color, label], JSON.stringify(rows));
    if (note) assert.match(outcome.note ?? '', note);
    else assert.equal(outcome.note, undefined);
  }
});

test('an undo that kept products is no whole success', () => {
  const rows = { ...NONE, read: 3, updated: 1, kept: 2 };
  assert.deepEqual(outcomeOf({ kind: 'UNDO', rows }), {
    color: 'orange',
    label: '2 kept',
    sentence: 'was undone',
  });
  assert.equal(outcomeOf({ kind: 'UNDO', rows: { ...NONE, read: 1, deleted: 1 } }).color, 'teal');
});
