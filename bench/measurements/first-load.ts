// The first load of the sample file, and the same file again, beside raw SQL.

import { randomUUID } from 'node:crypto';
import type postgres from 'postgres';
import { formatCount } from '../../src/cli/output/format.ts';
import { runRawSql } from '../baselines/raw-sql-file.ts';
import { runRawSqlNewTables } from '../baselines/raw-sql-new-tables.ts';
import { type Bench, inTurn, type Measurement } from '../bench.ts';
import { ledgerOfFirstLoad, NO_ROWS } from '../catalogue/catalogues.ts';
import { checkpoint } from '../catalogue/databases.ts';
import { checkCatalogue, type Expected } from '../catalogue/expected.ts';
import { Loadstone } from '../processes/loadstone.ts';
import { peakMemory } from '../report/metric.ts';
import type { Results } from '../report/results.ts';

export const firstLoad: Measurement = {
  name: 'first-load',
  group: 'standard',
  what: 'first load, the same file again and its preview, beside raw SQL; undo of the load; memory',
  warmsUp: true,
  prepare: ({ samples, sizes }) => samples.get(sizes.rows),

  async measure(bench, results, round) {
    const { path, expected } = await bench.samples.get(bench.sizes.rows);
    const size = `${formatCount(bench.sizes.rows)} rows`;
    const [baselines, loadstone] = await inTurn(
      round,
      () => runBaselines(bench, path, expected),
      () => importTwice(bench, path, expected, round),
    );
    results.addDurations(`A: raw SQL, ${size}`, baselines.first);
    results.addDurations('A: the same file again', baselines.repeat);
    results.addDurations('A, differences: the same file again', baselines.differences);
    results.addDurations(`A, into new tables: ${size}`, baselines.newTables);
    results.addDurations(`Loadstone, ${size}`, loadstone.first);
    results.addDurations('Loadstone: the same file again', loadstone.again);
    results.addDurations('Loadstone: preview of the same file', loadstone.preview);
    results.addDurations('Loadstone: undo of the first load', loadstone.undo);
    addMetrics(results, size, loadstone, baselines);
  },
};

type Baselines = Awaited<ReturnType<typeof runBaselines>>;

async function runBaselines({ databases }: Bench, path: string, expected: Expected) {
  const times = await databases.withFresh((url) => runRawSql(url, path, expected));
  const newTables = await databases.withFresh((url) => runRawSqlNewTables(url, path, expected));
  return { ...times, newTables };
}

type Run = Awaited<ReturnType<typeof importTwice>>;

async function importTwice({ databases }: Bench, path: string, expected: Expected, round: number) {
  return databases.withFresh(async (url) => {
    await using loadstone = await Loadstone.start(url);
    const { sql } = loadstone;
    await checkpoint(sql);
    const id = randomUUID();
    const first = await loadstone.import(path, ledgerOfFirstLoad(expected), id);
    await checkCatalogue(sql, expected);
    await checkpoint(sql);
    const before = await currentTransaction(sql);
    const { read, products } = expected;
    const ledger = { ...NO_ROWS, read, unchanged: products, superseded: read - products };
    const [again, preview] = await inTurn(
      round,
      () => loadstone.import(path, ledger),
      () => loadstone.preview(path, ledger),
    );
    await checkCatalogue(sql, expected);
    const written = await productsWrittenSince(sql, before);
    await checkpoint(sql);
    const undo = await loadstone.undo(id);
    const memory = await loadstone.peakMemory();
    return {
      first: first.parts,
      sinceAnswer: first.sinceAnswer,
      again: again.parts,
      preview,
      undo,
      memory,
      written,
    };
  });
}

async function currentTransaction(sql: postgres.Sql): Promise<string> {
  const [row] = await sql<{ id: string }[]>`SELECT pg_current_xact_id()::xid::text AS id`;
  return row?.id ?? '';
}

/** @param transaction ID of a transaction: later ones count */
async function productsWrittenSince(sql: postgres.Sql, transaction: string): Promise<number> {
  const [row] = await sql<{ products: number }[]>`
    SELECT count(*) AS products FROM products WHERE age(xmin) < age(${transaction}::text::xid)`;
  return row?.products ?? Number.NaN;
}

function addMetrics(
  results: Results,
  size: string,
  { first, again, preview, undo, sinceAnswer, memory, written }: Run,
  baselines: Baselines,
): void {
  const ratio = (id: string, what: string, value: number, atMost?: number) =>
    results.add({ id, what, unit: 'ratio', ...(atMost !== undefined && { atMost }) }, value);
  ratio('first-load', 'Loadstone ÷ raw SQL', first.total / baselines.first.total, 0.8);
  ratio(
    'first-load.new-tables',
    'Loadstone ÷ raw SQL into new tables',
    first.total / baselines.newTables.total,
  );
  ratio('again', 'the same file again: Loadstone ÷ raw SQL', again.total / baselines.repeat.total, 0.6);
  ratio(
    'again.differences',
    'the same file again: Loadstone ÷ raw SQL of differences',
    again.total / baselines.differences.total,
  );
  ratio(
    'preview',
    `preview of an unchanged file, ${size} ÷ importing it again`,
    preview.total / again.total,
    1,
  );
  ratio('undo', `undo of a first load, ${size} ÷ the load`, undo.total / first.total, 1);
  results.add(
    {
      id: 'again.written',
      what: 'the same file again: products written',
      unit: 'count',
      atMost: 0,
      judgedBy: 'most',
    },
    written,
  );
  results.add(
    {
      id: 'first-load.since-answer',
      what: `upload answered to COMPLETED, ${size}`,
      unit: 's',
      atMost: 1,
    },
    sinceAnswer,
  );
  results.add(peakMemory('first-load', size), memory);
}
