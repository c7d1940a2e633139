// A first load, queries and edits where access is required, each request with a token, beside the same where it is open.

import { setTimeout as pause } from 'node:timers/promises';
import { formatCount } from '../../src/cli/output/format.ts';
import { type Bench, inTurn, type Measurement } from '../bench.ts';
import { ledgerOfFirstLoad } from '../catalogue/catalogues.ts';
import { checkpoint } from '../catalogue/databases.ts';
import { checkCatalogue } from '../catalogue/expected.ts';
import { type Answer, LatencyProbe } from '../processes/latency-probe.ts';
import { Loadstone } from '../processes/loadstone.ts';
import { quantile } from '../report/statistics.ts';
import { countsQuery, productQuery, renameMutation } from './requests.ts';

type Access = 'required' | 'open';

const MEASURE_MS = 5000;
const PER_SECOND = 50;
const EDITED = 500;
/** Times of the same work differ by some percent. */
const MAX_RATIO = 1.1;

export const access: Measurement = {
  name: 'access',
  group: 'standard',
  what: 'a first load, queries and edits with tokens, beside the same with open access',
  prepare: ({ samples, sizes }) => samples.get(sizes.rows),

  async measure(bench, results, round) {
    const [required, open] = await inTurn(
      round,
      () => run(bench, 'required'),
      () => run(bench, 'open'),
    );
    const size = `${formatCount(bench.sizes.rows)} rows`;
    results.addDurations(`Loadstone, ${size}, access required`, required.parts);
    results.addDurations(`Loadstone, ${size}, access open`, open.parts);
    const add = (id: string, what: string, ratio: number) =>
      results.add(
        { id: `access.${id}`, what: `access required ÷ open: ${what}`, unit: 'ratio', atMost: MAX_RATIO },
        ratio,
      );
    add('first-load', `first load, ${size}`, required.parts.total / open.parts.total);
    const p50 = (answers: readonly Answer[]) =>
      quantile(
        answers.map(({ ms }) => ms),
        0.5,
      );
    const ratioOf = (kind: 'product' | 'counts' | 'edit') =>
      p50(required.answers[kind]) / p50(open.answers[kind]);
    add('product', 'p50 of `product(sku)`', ratioOf('product'));
    add('counts', 'p50 of `productCountsByName(first: 20)`', ratioOf('counts'));
    add('edit', 'p50 of `updateProduct`', ratioOf('edit'));
  },
};

async function run({ databases, samples, sizes }: Bench, mode: Access) {
  const { path, expected } = await samples.get(sizes.rows);
  return databases.withFresh(async (url) => {
    await using loadstone = await Loadstone.start(url, mode);
    const { sql } = loadstone;
    await checkpoint(sql);
    const { parts } = await loadstone.import(path, ledgerOfFirstLoad(expected));
    await checkCatalogue(sql, expected);
    await loadstone.untilIndexed();
    const products = await sql<{ sku: string }[]>`SELECT sku FROM products ORDER BY sku LIMIT ${EDITED}`;
    await checkpoint(sql);
    await using probe = await LatencyProbe.start(loadstone, {
      product: { perSecond: PER_SECOND, bodies: products.map(({ sku }) => productQuery(sku)) },
      counts: { perSecond: PER_SECOND, bodies: [countsQuery()] },
      edit: { perSecond: PER_SECOND, bodies: products.map(({ sku }) => renameMutation(sku, `of ${sku}`)) },
    });
    const [, answers] = await probe.during(() => pause(MEASURE_MS));
    const failed = Object.values(answers)
      .flat()
      .find(({ error }) => error !== undefined);
    if (failed) throw new Error(`a request failed: ${failed.error}`);
    return { parts, answers };
  });
}
