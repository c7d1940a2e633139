// Numbers and tables formatted for people.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alignTable, formatCount, formatDuration } from '../../../src/cli/output/format.ts';
import { openProgressBar } from '../../../src/cli/output/progress-bar.ts';

test('counts have thousands separators, and durations get less precise as they get longer', () => {
  assert.equal(formatCount(1_234_567.8), '1,234,568');
  assert.deepEqual([0, 9.94, 59.4, 75, 3700].map(formatDuration), [
    '0.0 s',
    '9.9 s',
    '59 s',
    '1 min 15 s',
    '1 h 1 min',
  ]);
  assert.equal(formatDuration(59.8), '1 min 0 s');
});

test('tables align numbers to the right and text to the left', () => {
  assert.equal(
    alignTable([
      ['name', 1],
      ['longer', 1000],
    ]),
    'name        1\nlonger  1,000',
  );
});

test('without a terminal, progress is printed as plain lines, at most one per second, including the final state', () => {
  const lines: string[] = [];
  const output = { isTTY: false, write: (line: string) => lines.push(line) } as unknown as NodeJS.WriteStream;
  const bar = openProgressBar(output);
  const state = { phase: 'loading', rowsPerSecond: 2000, etaSeconds: 1 };
  for (let rows = 0; rows <= 1000; rows++) bar.show({ ...state, rows, percent: rows / 10 });
  bar.close();
  assert.deepEqual(lines, [
    'loading 0%, 0 rows, 2,000 rows/s, ETA 1.0 s\n',
    'loading 100%, 1,000 rows, 2,000 rows/s, ETA 1.0 s\n',
  ]);
});
