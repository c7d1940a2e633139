// Queries while the sample file is imported, and imported again.

import { formatCount } from '../../src/cli/output/format.ts';
import type { Measurement } from '../bench.ts';
import { ledgerOfFirstLoad, NO_ROWS } from '../catalogue/catalogues.ts';
import { checkpoint } from '../catalogue/databases.ts';
import { checkCatalogue } from '../catalogue/expected.ts';
import { LatencyProbe } from '../processes/latency-probe.ts';
import { Loadstone } from '../processes/loadstone.ts';
import { countsQuery, productQuery } from './requests.ts';

const PER_SECOND = 50;
const MAX_P99_MS = 100;

export const readers: Measurement = {
  name: 'readers',
  group: 'standard',
  what: 'latency of queries during a first load and the same file again',
  prepare: ({ samples, sizes }) => samples.get(sizes.rows),

  async measure({ databases, samples, sizes }, results) {
    const { path, expected } = await samples.get(sizes.rows);
    const { read, products } = expected;
    await databases.withFresh(async (url) => {
      await using loadstone = await Loadstone.start(url);
      await checkpoint(loadstone.sql);
      await using probe = await LatencyProbe.start(loadstone, {
        product: { perSecond: PER_SECOND, bodies: [productQuery('representative')] },
        counts: { perSecond: PER_SECOND, bodies: [countsQuery()] },
      });
      const [first, answers] = await probe.during(async () => {
        const { parts } = await loadstone.import(path, ledgerOfFirstLoad(expected));
        await loadstone.import(path, { ...NO_ROWS, read, unchanged: products, superseded: read - products });
        return parts;
      });
      await checkCatalogue(loadstone.sql, expected);
      results.addDurations(
        `Loadstone, ${formatCount(sizes.rows)} rows, asked ${2 * PER_SECOND} times a second`,
        first,
      );
      const limits = { p99: MAX_P99_MS };
      results.addLatencies('readers.product', '`product(sku)` during imports', answers.product, limits);
      results.addLatencies(
        'readers.counts',
        '`productCountsByName(first: 20)` during imports',
        answers.counts,
        limits,
      );
    });
  },
};
