// Imports into a large catalogue, beside raw SQL: half of the rows new and half changed, or hardly any changed.

import { formatCount } from '../../src/cli/output/format.ts';
import { runRawSqlDifferences } from '../baselines/raw-sql-differences.ts';
import { type Bench, inTurn, type Measurement } from '../bench.ts';
import type { ChangeFile } from '../catalogue/change-files.ts';
import { checkpoint } from '../catalogue/databases.ts';
import { checkCatalogue } from '../catalogue/expected.ts';
import { Loadstone } from '../processes/loadstone.ts';
import { peakMemory } from '../report/metric.ts';
import type { Results } from '../report/results.ts';

interface Kind {
  name: 'half' | 'few';
  what: string;
  atMost: number;
}

export const half = changes({ name: 'half', what: 'half new and half changed', atMost: 0.8 });
export const few = changes({ name: 'few', what: 'one of 500 changed', atMost: 0.6 });

function changes(kind: Kind): Measurement {
  return {
    name: kind.name,
    group: 'large',
    what: `import into a large catalogue, ${kind.what}, beside raw SQL`,
    async prepare({ catalogues, changes, sizes }) {
      await changes[kind.name]();
      await catalogues.loadstone(sizes.large);
    },

    async measure(bench, results, round) {
      const { rows, large } = bench.sizes;
      const what = `${formatCount(rows)} rows, ${kind.what}, into ${formatCount(large)}`;
      const file = await bench.changes[kind.name]();
      const [raw, loadstone] = await inTurn(
        round,
        () => measureRawSql(bench, results, what, file),
        () => measureLoadstone(bench, results, kind.name, what, file),
      );
      results.add(
        { id: kind.name, what: `${what}: Loadstone ÷ raw SQL`, unit: 'ratio', atMost: kind.atMost },
        loadstone / raw,
      );
    },
  };
}

async function measureRawSql(
  { databases, catalogues, sizes }: Bench,
  results: Results,
  what: string,
  { path, expected }: ChangeFile,
): Promise<number> {
  const parts = await databases.withCopy(await catalogues.expert(sizes.large), (url) =>
    runRawSqlDifferences(url, path, expected),
  );
  results.addDurations(`A, differences: ${what}`, parts);
  return parts.total;
}

async function measureLoadstone(
  { databases, catalogues, sizes }: Bench,
  results: Results,
  name: string,
  what: string,
  { path, ledger, expected }: ChangeFile,
): Promise<number> {
  return databases.withCopy(await catalogues.loadstone(sizes.large), async (url) => {
    await using loadstone = await Loadstone.start(url);
    await checkpoint(loadstone.sql);
    const { parts } = await loadstone.import(path, ledger);
    results.addDurations(`Loadstone, ${what}`, parts);
    results.add(peakMemory(name, what), await loadstone.peakMemory());
    await checkCatalogue(loadstone.sql, expected);
    return parts.total;
  });
}
