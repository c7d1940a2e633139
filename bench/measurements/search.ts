// Searches by a part of the name right after an import, while indexes and statistics may not have followed yet.

import { setTimeout as pause } from 'node:timers/promises';
import type { Ledger } from '../../src/cli/client/loadstone-client.ts';
import { formatCount } from '../../src/cli/output/format.ts';
import type { Measurement } from '../bench.ts';
import { ledgerOfFirstLoad } from '../catalogue/catalogues.ts';
import { LatencyProbe } from '../processes/latency-probe.ts';
import { Loadstone } from '../processes/loadstone.ts';
import type { Results } from '../report/results.ts';
import { searchQuery } from './requests.ts';

const MEASURE_MS = 10_000;
const PER_SECOND = 5;
const MAX_P99_MS = 100;
/** Frequent and rare ones, the ends and the middle of names, more than one word, and some that no name has. */
const TEXTS = [
  ...['smith', 'son', 'mar', 'ann', 'michael s', 'zun', 'dvm', 'jr.', 'o', 'er', 'jessica', 'ez', 'lee'],
  ...['nathanael zuniga', 'wyatt', 'iii', 'qqq', 'no such name', 'dr. b', 'mccl'],
];

export const search: Measurement = {
  name: 'search',
  group: 'standard',
  what: 'latency of searches right after a first load',
  prepare: ({ samples, sizes }) => samples.get(sizes.rows),

  async measure({ databases, samples, sizes }, results) {
    const { path, expected } = await samples.get(sizes.rows);
    const after = `after ${formatCount(sizes.rows)} rows into an empty catalogue`;
    await databases.withFresh((url) =>
      searchAfterImport(url, path, ledgerOfFirstLoad(expected), { results, id: 'search', after }),
    );
  },
};

export const searchLarge: Measurement = {
  name: 'search-large',
  group: 'large',
  what: 'latency of searches right after an import into a large catalogue',
  async prepare({ catalogues, changes, sizes }) {
    await changes.half();
    await catalogues.loadstone(sizes.large);
  },

  async measure({ databases, catalogues, changes, sizes }, results) {
    const { path, ledger } = await changes.half();
    const after = `after ${formatCount(sizes.rows)} rows into ${formatCount(sizes.large)}`;
    await databases.withCopy(await catalogues.loadstone(sizes.large), (url) =>
      searchAfterImport(url, path, ledger, { results, id: 'search-large', after }),
    );
  },
};

async function searchAfterImport(
  url: string,
  path: string,
  ledger: Ledger,
  { results, id, after }: { results: Results; id: string; after: string },
): Promise<void> {
  await using loadstone = await Loadstone.start(url);
  // Its warm-up comes before the import, so that what the server keeps about these queries is from then.
  await using probe = await LatencyProbe.start(loadstone, {
    contains: { perSecond: PER_SECOND, bodies: TEXTS.map((text) => searchQuery({ nameContains: text })) },
    search: { perSecond: PER_SECOND, bodies: TEXTS.map((text) => searchQuery({ search: text })) },
  });
  await loadstone.import(path, ledger);
  const [, answers] = await probe.during(() => pause(MEASURE_MS));
  const limits = { p99: MAX_P99_MS };
  results.addLatencies(`${id}.contains`, `\`nameContains\` right ${after}`, answers.contains, limits);
  results.addLatencies(`${id}.search`, `\`search\` right ${after}`, answers.search, limits);
}
