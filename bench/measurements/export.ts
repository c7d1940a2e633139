// Exports of products: beside a raw COPY of the same table, the memory that they take, and whether they import as unchanged.

import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { formatCount } from '../../src/cli/output/format.ts';
import { type Bench, inTurn, type Measurement } from '../bench.ts';
import { Loadstone } from '../processes/loadstone.ts';
import type { Results } from '../report/results.ts';
import { Stopwatch } from '../report/stopwatch.ts';

const COPY = 'COPY (SELECT sku, name, description FROM products) TO STDOUT (FORMAT csv)';
const MAX_RATIO = 2;
/** What an export may add to the memory of the server, however many products there are. */
const MAX_GROWTH_MB = 100;

export const exporting: Measurement = {
  name: 'export',
  group: 'standard',
  what: 'an export beside a raw COPY, and its import as unchanged',
  prepare: ({ catalogues, sizes }) => catalogues.loadstone(sizes.rows),
  measure: (bench, results, round) => measureExport(bench, bench.sizes.rows, 'export', results, round),
};

export const exportingLarge: Measurement = {
  name: 'export-large',
  group: 'large',
  what: 'the same with ten times as many products',
  prepare: ({ catalogues, sizes }) => catalogues.loadstone(sizes.large),
  measure: (bench, results, round) => measureExport(bench, bench.sizes.large, 'export-large', results, round),
};

async function measureExport(
  { databases, catalogues, folder }: Bench,
  rows: number,
  id: string,
  results: Results,
  round: number,
): Promise<void> {
  await databases.withCopy(await catalogues.loadstone(rows), async (url) => {
    await using loadstone = await Loadstone.start(url);
    const [counted] = await loadstone.sql<{ products: number }[]>`SELECT count(*) AS products FROM products`;
    const products = counted?.products ?? 0;
    const address = new URL('/products.csv', loadstone.url);
    // An export of little loads the code that all of them need.
    await drain(await download(new URL(`${address}?filter={"skuPrefix":"a"}`)));
    const before = await loadstone.peakMemory();
    const [exported, copied] = await inTurn(
      round,
      () => timed('export', async () => drain(await download(address))),
      () => timed('COPY', async () => drain(await loadstone.sql.unsafe(COPY).readable())),
    );
    const after = await loadstone.peakMemory();
    const size = `${formatCount(products)} products`;
    results.addDurations(`Loadstone, export of ${size}`, exported);
    results.addDurations(`raw COPY of ${size}`, copied);
    results.add(
      { id, what: `export ÷ raw COPY, ${size}`, unit: 'ratio', atMost: MAX_RATIO },
      exported.total / copied.total,
    );
    results.add(
      {
        id: `${id}.memory`,
        what: `memory of the server added by an export of ${size}`,
        unit: 'MB',
        atMost: MAX_GROWTH_MB,
        judgedBy: 'most',
      },
      before !== undefined && after !== undefined ? after - before : undefined,
    );

    const path = join(folder, 'export.csv');
    await pipeline(await download(address), createWriteStream(path));
    await loadstone.import(path, { read: products, unchanged: products });
    await rm(path);
  });
}

async function download(address: URL): Promise<Readable> {
  const response = await fetch(address, { headers: { 'accept-encoding': 'identity' } });
  if (!response.ok || !response.body) throw new Error(`${address} answered ${response.status}`);
  return Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0]);
}

async function drain(stream: Readable): Promise<void> {
  await pipeline(stream, new Writable({ write: (_chunk, _encoding, done) => done() }));
}

async function timed(part: string, work: () => Promise<void>) {
  const watch = new Stopwatch();
  await work();
  watch.lap(part);
  return watch.parts();
}
