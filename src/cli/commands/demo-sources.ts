// `npm run demo:sources`: shows two data sources in one catalogue, and a change in one of them.

import { once } from 'node:events';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parse } from 'csv-parse/sync';
import { createApp } from '../../app.ts';
import { readSettings } from '../../config.ts';
import { startSourceServer } from '../../source-server/start.ts';
import {
  ADD_SOURCE,
  COUNT_OF_NAME,
  REMOVE_SOURCE,
  SOURCE,
  SOURCE_NAMES,
  TOTALS,
} from '../client/demo-documents.ts';
import { LoadstoneClient } from '../client/loadstone-client.ts';
import { LOG_FOR_PEOPLE } from '../log-for-people.ts';
import { alignTable, formatCount } from '../output/format.ts';
import {
  CommandError,
  INTERRUPTED,
  interruptSignal,
  readArguments,
  runCommand,
  wholeNumber,
} from '../run-command.ts';
import { writeSampleFile } from '../sample/write-sample.ts';
import { tokenFrom } from '../token.ts';

const USAGE = `Starts Loadstone and two data source servers with a sample each, adds both as data sources, changes one of them,
and shows the result.

  npm run demo:sources [-- options]

  --rows N   number of rows in each sample, at least 1,000 (default: 20000)
  --exit     stop at the end; by default, the servers run until Ctrl-C, and you can edit files in the folders

Settings of the server apply, such as PORT, DATA_DIR and DATABASE_URL.`;

const NORTH = 'Demo: north';
const SOUTH = 'Demo: south';
const NEW_NAME = 'Ada Lovelace';
const RENAMED = 100;
const REMOVED = 50;
const ADDED = 25;
const INTERVAL_SECONDS = 2;
const POLL_MS = 200;

interface Source {
  id: string;
  name: string;
  state: string;
  error: { code: string; message: string } | null;
  productCount: number;
  lastImport: { id: string; rows: Record<string, number> } | null;
}

await runCommand(USAGE, async () => {
  const { values } = readArguments({
    options: { rows: { type: 'string', default: '20000' }, exit: { type: 'boolean', default: false } },
  });
  const rows = wholeNumber('--rows', values.rows, 1000, 1e7);
  // Both servers are on this machine.
  const settings = readSettings({ ...LOG_FOR_PEOPLE, ...process.env, ALLOW_PRIVATE_SOURCES: 'true' });
  const interrupt = interruptSignal();
  await using stack = new AsyncDisposableStack();
  try {
    const folder = join(settings.dataDir, 'demo-sources');
    const [north, south] = [join(folder, 'north'), join(folder, 'south')];
    console.log(`Generating two samples of ${formatCount(rows)} rows, which have some SKUs in common …`);
    await makeSample(north, rows, 1, interrupt);
    await makeSample(south, rows, 2, interrupt);
    const northServer = await startSourceServer({ dir: north });
    stack.defer(() => northServer.close());
    const southServer = await startSourceServer({ dir: south });
    stack.defer(() => southServer.close());

    console.log(`Starting the server with ${settings.databaseUrl ? 'your' : 'its embedded'} Postgres …`);
    const app = await createApp(settings);
    stack.defer(() => app.close());
    const client = new LoadstoneClient(`${app.url}/graphql`, tokenFrom(undefined));
    interrupt.throwIfAborted();
    await removeEarlier(client);

    console.log(`Adding both with addDataSource, checked every ${INTERVAL_SECONDS} s …`);
    const file = { name: NORTH, kind: 'HTTP', url: `${northServer.url}/files/products.csv`, mode: 'REPLACE' };
    const ofNorth = await imported(client, await add(client, file), undefined, interrupt);
    const sensed = { name: SOUTH, kind: 'SENSE_READ', url: southServer.url, mode: 'UPSERT' };
    const ofSouth = await imported(client, await add(client, sensed), undefined, interrupt);
    show([ofNorth, ofSouth]);
    await showTotals(client);

    const before = await countsOf(client, [NEW_NAME]);
    const changed = await changeSample(north);
    const names = [...new Set(changed)].slice(0, 3);
    const of = await countsOf(client, names);
    console.log(`
The file of "${NORTH}" changes: ${RENAMED} products are renamed to ${NEW_NAME}, ${REMOVED} are removed, ${ADDED} are added …`);
    const after = await imported(client, ofNorth, ofNorth.lastImport?.id, interrupt);
    show([after]);
    await showTotals(client);
    const moved = [...before, ...of].map(({ name, count }) => [name, count] as const);
    const now = await countsOf(client, [NEW_NAME, ...names]);
    const table = moved.map(([name, count], i) => [name, count, now[i]?.count ?? 0]);
    console.log(`\nThe counts changed with it:\n${alignTable([['', 'before', 'after'], ...table])}`);

    console.log(
      `\n${alignTable([
        ['GraphQL', `${app.url}/graphql`],
        [NORTH, `${northServer.url}, which serves ${north}`],
        [SOUTH, `${southServer.url}, which serves ${south}`],
      ])}`,
    );
    if (!values.exit) {
      console.log('\nEdit a file in one of the folders, and it is merged. Press Ctrl-C to stop.');
      if (!interrupt.aborted) await once(interrupt, 'abort');
    }
    return 0;
  } catch (error) {
    if (interrupt.aborted) return INTERRUPTED;
    throw error;
  }
});

async function makeSample(folder: string, rows: number, seed: number, signal: AbortSignal): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeSampleFile(join(folder, 'products.csv'), { rows, seed, signal });
}

/** @returns the names of products that are renamed or removed */
async function changeSample(folder: string): Promise<string[]> {
  const path = join(folder, 'products.csv');
  const rows = parse(await readFile(path), { columns: true }) as Record<
    'name' | 'sku' | 'description',
    string
  >[];
  const last = [...new Map(rows.map((row) => [row.sku, row])).values()];
  const kept = last.slice(REMOVED).map((row, i) => (i < RENAMED ? { ...row, name: NEW_NAME } : row));
  const added = Array.from({ length: ADDED }, (_, i) => ({
    name: NEW_NAME,
    sku: `demo-${i}`,
    description: 'New in the north.',
  }));
  const lines = [...kept, ...added].map(({ name, sku, description }) =>
    [name, sku, description].map(quote).join(),
  );
  await writeFile(`${path}.partial`, ['name,sku,description', ...lines, ''].join('\r\n'));
  await rename(`${path}.partial`, path);
  return last.slice(0, REMOVED + RENAMED).map(({ name }) => name);
}

function quote(field: string): string {
  return `"${field.replaceAll('"', '""')}"`;
}

/** Removes the sources of an earlier demo, whose servers no longer run. Their products remain. */
async function removeEarlier(client: LoadstoneClient): Promise<void> {
  const { dataSources } = await client.query<{ dataSources: { nodes: Source[] } }>(SOURCE_NAMES);
  for (const { id, name } of dataSources.nodes) {
    if (name !== NORTH && name !== SOUTH) continue;
    await client.query(REMOVE_SOURCE, { id });
  }
}

async function add(client: LoadstoneClient, input: Record<string, unknown>): Promise<Source> {
  const { addDataSource } = await client.query<{ addDataSource: Source }>(ADD_SOURCE, {
    input: { ...input, intervalSeconds: INTERVAL_SECONDS },
  });
  return addDataSource;
}

/** Waits for an import of the source after the known one. */
async function imported(
  client: LoadstoneClient,
  { id }: Source,
  known: string | undefined,
  signal: AbortSignal,
): Promise<Source> {
  for (;;) {
    const { dataSource } = await client.query<{ dataSource: Source }>(SOURCE, { id });
    const { state, error, lastImport } = dataSource;
    if (lastImport && lastImport.id !== known) return dataSource;
    if (error && state !== 'IMPORTING')
      throw new CommandError(`${dataSource.name}: ${error.code}: ${error.message}`);
    await pause(POLL_MS, undefined, { signal });
  }
}

function show(sources: readonly Source[]): void {
  const columns = ['read', 'inserted', 'updated', 'unchanged', 'superseded', 'rejected', 'deleted'];
  const lines = sources.map(({ name, lastImport, productCount }) => [
    name,
    ...columns.map((column) => lastImport?.rows[column] ?? 0),
    productCount,
  ]);
  console.log(`\n${alignTable([['', ...columns, 'products'], ...lines])}`);
}

async function showTotals(client: LoadstoneClient): Promise<void> {
  const { products, productCountsByName } =
    await client.query<Record<'products' | 'productCountsByName', { totalCount: number }>>(TOTALS);
  const [all, names] = [products.totalCount, productCountsByName.totalCount].map(formatCount);
  console.log(`The catalogue has ${all} products with ${names} different names.`);
}

async function countsOf(
  client: LoadstoneClient,
  names: readonly string[],
): Promise<{ name: string; count: number }[]> {
  const counts: { name: string; count: number }[] = [];
  for (const name of names) {
    const { productCountsByName } = await client.query<{
      productCountsByName: { nodes: { name: string; productCount: number }[] };
    }>(COUNT_OF_NAME, { name });
    const [first] = productCountsByName.nodes;
    counts.push({ name, count: first?.name === name ? first.productCount : 0 });
  }
  return counts;
}
