// What most developers would write, beside Loadstone. Both are measured here, so that the ratio is of one round.

import { formatCount } from '../../src/cli/output/format.ts';
import { runDrizzle } from '../baselines/drizzle.ts';
import { inTurn, type Measurement } from '../bench.ts';
import { importOnce } from './import-once.ts';

export const drizzle: Measurement = {
  name: 'drizzle',
  group: 'standard',
  what: 'first load, beside batches of upserts',
  prepare: ({ samples, sizes }) => samples.get(sizes.rows),

  async measure(bench, results, round) {
    const file = await bench.samples.get(bench.sizes.rows);
    const [batches, loadstone] = await inTurn(
      round,
      () => bench.databases.withFresh((url) => runDrizzle(url, file.path, file.expected)),
      () => importOnce(bench, file.path, file.expected),
    );
    results.addDurations(`B: csv-parse and Drizzle batches, ${formatCount(bench.sizes.rows)} rows`, batches);
    results.add(
      { id: 'drizzle', what: 'Drizzle batches ÷ Loadstone', unit: 'ratio', atLeast: 3 },
      batches.total / loadstone.parts.total,
    );
  },
};
