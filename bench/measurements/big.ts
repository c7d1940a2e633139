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
    const run = async (count: number) => {
      const { path, expected } = await bench.samples.get(count);
      return importOnce(bench, path, expected);
    };
    const [ordinary, largeRun] = await inTurn(
      round,
      () => run(rows),
      () => run(large),
    );
    const size = `${formatCount(large)} rows`;
    results.addDurations(`Loadstone, ${size}`, largeRun.parts);
    results.add(peakMemory('big', size), largeRun.memory);
    results.add(
      {
        id: 'big',
        what: `time per row: ${size} ÷ ${formatCount(rows)} rows`,
        unit: 'ratio',
        atMost: 1,
      },
      largeRun.parts.total / large / (ordinary.parts.total / rows),
    );
  },
};
