// The history of benchmarks, by which a slower commit is seen.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { historyEntry, slowdowns } from '../../bench/report/history.ts';
import type { Machine } from '../../bench/report/machine.ts';
import { Results } from '../../bench/report/results.ts';

const MACHINE: Machine = {
  date: '2026-01-01T00:00',
  commit: 'abcdef0',
  cpu: 'CPU',
  cores: 2,
  memoryGb: 24,
  platform: 'linux x64',
  node: '24.0.0',
  postgres: '18.4',
};

function entryOf(values: { time?: number; speedup?: number }, machine = MACHINE) {
  const results = new Results();
  results.add({ id: 'time', what: 'time ÷ raw SQL', unit: 'ratio', atMost: 1 }, values.time);
  results.add({ id: 'speedup', what: 'batches ÷ time', unit: 'ratio', atLeast: 3 }, values.speedup);
  results.add({ id: 'memory', what: 'memory', unit: 'MB' }, 100);
  return { results, entry: historyEntry(machine, 1000, 1, results) };
}

test('a ratio over 10% worse than the median of the last five is reported', () => {
  const times = [9, 0.5, 0.5, 0.6, 0.7, 0.7];
  const history = times.map((time) => entryOf({ time, speedup: 4 }).entry);
  const slower = entryOf({ time: 0.67, speedup: 3.6 });
  assert.deepEqual(
    slowdowns(history, slower.entry, slower.results).map(({ metric, value, before }) => [
      metric.id,
      value,
      before,
    ]),
    [
      ['time', 0.67, 0.6],
      ['speedup', 3.6, 4],
    ],
  );
  const similar = entryOf({ time: 0.65, speedup: 3.7 });
  assert.deepEqual(slowdowns(history, similar.entry, similar.results), []);
});

test('only entries of the same machine, version of Postgres and number of rows count', () => {
  const { entry, results } = entryOf({ time: 2 });
  const others = [
    entryOf({ time: 1 }, { ...MACHINE, cores: 4 }).entry,
    entryOf({ time: 1 }, { ...MACHINE, postgres: '15.9' }).entry,
    { ...entryOf({ time: 1 }).entry, rows: 2000 },
  ];
  assert.deepEqual(slowdowns(others, entry, results), []);
  const sameMajor = entryOf({ time: 1 }, { ...MACHINE, postgres: '18.3' }).entry;
  assert.equal(slowdowns([...others, sameMajor], entry, results).length, 1);
});

test('an entry has ratios alone', () => {
  assert.deepEqual(entryOf({ time: 0.5 }).entry.ratios, { time: 0.5 });
});
