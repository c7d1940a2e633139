// The first load of a compressed file.

import { formatCount } from '../../src/cli/output/format.ts';
import type { Measurement } from '../bench.ts';
import { peakMemory } from '../report/metric.ts';
import { importOnce } from './import-once.ts';

export const gzip: Measurement = {
  name: 'gzip',
  group: 'standard',
  what: 'first load of a compressed file',
  async prepare({ samples, sizes }) {
    await samples.get(sizes.rows);
    await samples.path(sizes.rows, '.gz');
  },

  async measure(bench, results) {
    const { rows } = bench.sizes;
    const { expected } = await bench.samples.get(rows);
    const { parts, memory } = await importOnce(bench, await bench.samples.path(rows, '.gz'), expected);
    const what = `${formatCount(rows)} rows as gzip`;
    results.addDurations(`Loadstone, ${what}`, parts);
    results.add(peakMemory('gzip', what), memory);
  },
};
