// The first load of a big file, beside that of the ordinary file.

import { formatCount } from '../../src/cli/output/format.ts';
import { inTurn, type Measurement } from '../bench.ts';
import { peakMemory } from '../report/metric.ts';
import { importOnce } from './import-once.ts';

export const big: Measurement = {
  name: 'big',
  group: 'large',
  what: 'first load of ten times as many rows',
  async prepare({ samples, sizes }) {
    await samples.get(sizes.rows);
    await samples.get(sizes.large);
  },

  async measure(bench, results, round) {
    const { rows, large } = bench.sizes;
    const secondsPerRow = new Map<number, number>();
    const run = async (count: number) => {
      const { path, expected } = await bench.samples.get(count);
      const { parts, memory } = await importOnce(bench, path, expected);
      secondsPerRow.set(count, parts.total / count);
      if (count === rows) return;
      results.addDurations(`Loadstone, ${formatCount(large)} rows`, parts);
      results.add(peakMemory('big', `${formatCount(large)} rows`), memory);
    };
    await inTurn(
      round,
      () => run(rows),
      () => run(large),
    );
    results.add(
      {
        id: 'big',
        what: `time per row: ${formatCount(large)} rows ÷ ${formatCount(rows)} rows`,
        unit: 'ratio',
        atMost: 1,
      },
      (secondsPerRow.get(large) ?? Number.NaN) / (secondsPerRow.get(rows) ?? Number.NaN),
    );
  },
};
