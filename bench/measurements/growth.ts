// Whether the time of an import grows with the catalogue: new products alone, into catalogues of three sizes.

import { formatCount } from '../../src/cli/output/format.ts';
import type { Measurement } from '../bench.ts';
import { checkpoint } from '../catalogue/databases.ts';
import { Loadstone } from '../processes/loadstone.ts';

export const growth: Measurement = {
  name: 'growth',
  group: 'large',
  what: 'time per row into catalogues of growing size, new products alone',
  async prepare({ catalogues, changes, sizes }) {
    await changes.added();
    for (const size of sizes.growing) await catalogues.loadstone(size);
  },

  async measure({ databases, catalogues, changes, sizes: { rows, growing } }, results, round) {
    const { path, ledger } = await changes.added();
    const seconds = new Map<number, number>();
    for (const size of round % 2 === 0 ? growing : growing.toReversed()) {
      await databases.withCopy(await catalogues.loadstone(size), async (url) => {
        await using loadstone = await Loadstone.start(url);
        await checkpoint(loadstone.sql);
        const { parts } = await loadstone.import(path, ledger);
        results.addDurations(`Loadstone, ${formatCount(rows)} new rows into ${formatCount(size)}`, parts);
        seconds.set(size, parts.total);
      });
    }
    const [smallest = 0, ...larger] = growing;
    for (const size of larger) {
      const what = `time per new row: into ${formatCount(size)} ÷ into ${formatCount(smallest)}`;
      results.add(
        { id: `growth.${size / smallest}`, what, unit: 'ratio', atMost: 1.3 },
        (seconds.get(size) ?? Number.NaN) / (seconds.get(smallest) ?? Number.NaN),
      );
    }
  },
};
