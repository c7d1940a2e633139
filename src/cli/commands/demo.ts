// `npm run demo`: shows what Loadstone does, with half a million products.

import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { access, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createApp } from '../../app.ts';
import { readSettings } from '../../config.ts';
import { COUNT_OF_NAME, PRODUCT_WITH_NAME, RENAME_PRODUCT, TOP_NAMES } from '../client/demo-documents.ts';
import { openFile } from '../client/import-file.ts';
import { LoadstoneClient } from '../client/loadstone-client.ts';
import { LOG_FOR_PEOPLE } from '../log-for-people.ts';
import { alignTable, formatCount } from '../output/format.ts';
import { withSampleBar } from '../output/sample-bar.ts';
import { importWithBar, showImport } from '../output/show-import.ts';
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

const USAGE = `Starts Loadstone with its embedded Postgres, generates a sample file, imports it, and shows the result.

  npm run demo [-- options]

  --rows N   number of rows in the sample (default: 500000)
  --exit     stop at the end; by default, the server runs until Ctrl-C

Settings of the server apply, such as PORT, DATA_DIR and DATABASE_URL.`;

const NEW_NAME = 'Ada Lovelace';

await runCommand(USAGE, async () => {
  const { values } = readArguments({
    options: { rows: { type: 'string', default: '500000' }, exit: { type: 'boolean', default: false } },
  });
  const rows = wholeNumber('--rows', values.rows, 1, 1e9);
  const settings = readSettings({ ...LOG_FOR_PEOPLE, ...process.env });
  const interrupt = interruptSignal();

  console.log(`Starting the server with ${settings.databaseUrl ? 'your' : 'its embedded'} Postgres …`);
  const app = await createApp(settings);
  try {
    const client = new LoadstoneClient(`${app.url}/graphql`, tokenFrom(undefined));
    interrupt.throwIfAborted();
    const file = await sampleFile(join(settings.dataDir, 'sample'), rows, interrupt);
    await importSample(client, file, interrupt);
    await showTopNames(client);
    await showUpdate(client);
    showAddresses(app.url);
    if (!values.exit) {
      console.log('\nPress Ctrl-C to stop.');
      if (!interrupt.aborted) await once(interrupt, 'abort');
    }
    return 0;
  } catch (error) {
    if (interrupt.aborted) return INTERRUPTED;
    throw error;
  } finally {
    await app.close();
  }
});

/** Generates the sample unless it exists. */
async function sampleFile(folder: string, rows: number, signal: AbortSignal): Promise<string> {
  const file = join(folder, `products-${rows}.csv`);
  const exists = await access(file).then(
    () => true,
    () => false,
  );
  if (!exists) {
    console.log(`Generating a sample of ${formatCount(rows)} rows …`);
    await mkdir(folder, { recursive: true });
    await withSampleBar(rows, (onRows) => writeSampleFile(file, { rows, seed: 1, onRows, signal }));
  }
  return file;
}

async function importSample(client: LoadstoneClient, path: string, signal: AbortSignal): Promise<void> {
  console.log('Uploading it with importProducts, following it with importProgress …');
  const finished = await importWithBar(client, await openFile(path), { id: randomUUID() }, signal);
  await showImport(client, finished);
  signal.throwIfAborted();
  if (finished.state.status !== 'COMPLETED') throw new CommandError('The import did not complete.');
}

interface Counts {
  productCountsByName: { nodes: { name: string; productCount: number }[] };
}

async function showTopNames(client: LoadstoneClient): Promise<void> {
  const { productCountsByName } = await client.query<
    Counts & { productCountsByName: { totalCount: number } }
  >(TOP_NAMES, { first: 10 });
  const { totalCount, nodes } = productCountsByName;
  const table = alignTable(nodes.map(({ name, productCount }) => [name, productCount]));
  console.log(`\nThe most frequent of ${formatCount(totalCount)} names:\n${table}`);
}

/** Renames a product that has the most frequent name. */
async function showUpdate(client: LoadstoneClient): Promise<void> {
  const { productCountsByName } = await client.query<Counts>(TOP_NAMES, { first: 1 });
  const name = productCountsByName.nodes[0]?.name ?? '';
  const { products } = await client.query<{ products: { nodes: { sku: string }[] } }>(PRODUCT_WITH_NAME, {
    name,
  });
  const sku = products.nodes[0]?.sku;

  const before = [await countOf(client, name), await countOf(client, NEW_NAME)] as const;
  await client.query(RENAME_PRODUCT, { sku, name: NEW_NAME });
  const after = [await countOf(client, name), await countOf(client, NEW_NAME)] as const;
  const table = alignTable([
    ['', 'before', 'after'],
    [name, before[0], after[0]],
    [NEW_NAME, before[1], after[1]],
  ]);
  console.log(`\nupdateProduct renames ${sku} to ${NEW_NAME}, and the counts change with it:\n${table}`);
}

async function countOf(client: LoadstoneClient, name: string): Promise<number> {
  const { productCountsByName } = await client.query<Counts>(COUNT_OF_NAME, { name });
  const [first] = productCountsByName.nodes;
  return first?.name === name ? first.productCount : 0;
}

function showAddresses(url: string): void {
  const table = alignTable([
    ['start page', `${url}/`],
    ['GraphQL', `${url}/graphql`],
    ['health', `${url}/healthz, ${url}/readyz`],
  ]);
  console.log(`\n${table}`);
}
