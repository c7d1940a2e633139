// `npm run screenshots`: a picture of each page of the console, in light and dark, and at phone width, in docs/screenshots.

import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Page } from 'playwright-core';
import { createApp } from '../../src/app.ts';
import { writeSampleFile } from '../../src/cli/sample/write-sample.ts';
import { readSettings } from '../../src/config.ts';
import { browserBinary } from '../support/browser/browser-binary.ts';
import { buildConsole } from '../support/runner/build-console.ts';
import { importAndWait } from '../support/server/graphql-client.ts';
import {
  addSource,
  commandSource,
  type SourceInput,
  sourceImported,
  sourceReaches,
} from '../support/sources/data-sources.ts';
import { openFileHost } from '../support/sources/file-host.ts';
import { cardOf, chooseFiles, csvFile, limitUploads, valuesOf } from './support.ts';

const TARGET = join(import.meta.dirname, '../../docs/screenshots');
const DESK = { width: 1280, height: 860 };
const PHONE = { width: 360, height: 740 };
const ROWS = 100_000;
/** Slow enough to take pictures of an upload. */
const BYTES_PER_SECOND = 2_000_000;

await using opened = new AsyncDisposableStack();
const folder = await mkdtemp(join(tmpdir(), 'loadstone-screenshots-'));
opened.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
await buildConsole();
await mkdir(TARGET, { recursive: true });
const file = join(folder, 'catalogue.csv');
await writeSampleFile(file, { rows: ROWS, seed: 1 });

const settings = {
  PORT: '0',
  DATA_DIR: join(folder, 'data'),
  LOG_LEVEL: 'silent',
  ALLOW_PRIVATE_SOURCES: 'true',
};
const app = await createApp(readSettings(settings));
opened.defer(() => app.close());
const browser = await chromium.launch({ ...(await browserBinary()), args: ['--disable-gpu'] });
opened.defer(() => browser.close());
const page = await browser.newPage({
  baseURL: app.url,
  viewport: DESK,
  reducedMotion: 'reduce',
  locale: 'en-GB',
});
page.setDefaultTimeout(60_000);

await page.goto('/');
await page.getByRole('heading', { name: 'The catalogue is empty' }).waitFor();
await shoot(page, 'import-empty');

await page.getByRole('button', { name: 'Import a sample' }).click();
await cardOf(page, 'sample-products.csv').getByText('Completed').waitFor();
const unlimit = await limitUploads(page, BYTES_PER_SECOND);
await importAndWait(app.url, 'name,sku\nLamp,lamp-1\n', { fileName: 'no-description.csv' });
await cardOf(page, 'no-description.csv').getByText('Failed').waitFor();
const fileChooser = page.waitForEvent('filechooser');
await page.getByRole('button', { name: 'Choose files' }).click();
await (await fileChooser).setFiles(file);
await page.getByRole('button', { name: 'Import catalogue.csv' }).click();
await valuesOf(
  cardOf(page, 'catalogue.csv').getByRole('progressbar', { name: 'Import of catalogue.csv' }),
  6,
);
await shoot(page, 'import');
await unlimit();
await cardOf(page, 'catalogue.csv').getByText('Completed').waitFor();

await page.goto('/');
await chooseFiles(page, csvFile('shop-export.csv', shopExport('Lamp')));
await page.getByLabel('Keep the other columns as attributes').check();
await page.getByText('An attribute').first().waitFor({ state: 'attached' });
await page.getByRole('heading', { name: '1 file to import' }).evaluate((heading) => heading.scrollIntoView());
await shoot(page, 'inspection');
await page.getByRole('button', { name: 'Options' }).click();
await page.getByText('Use a saved profile').scrollIntoViewIfNeeded();
await shoot(page, 'inspection-options');
await page.getByRole('button', { name: 'Import shop-export.csv' }).click();
await cardOf(page, 'shop-export.csv').getByText('Completed').waitFor();
await chooseFiles(page, csvFile('shop-export-2.csv', shopExport('Lantern')));
await page.getByLabel('Keep the other columns as attributes').check();
await page.getByRole('button', { name: 'Preview shop-export-2.csv' }).click();
await page.getByRole('heading', { name: 'What would change' }).waitFor();
await shoot(page, 'preview');
await page.getByRole('heading', { name: 'Samples' }).evaluate((heading) => heading.scrollIntoView());
await shoot(page, 'preview-samples');
await page.getByRole('button', { name: 'Commit' }).click();
await page.getByRole('button', { name: 'Undo this import' }).click();
await page.getByRole('dialog').waitFor();
await shoot(page, 'undo');
await page.getByRole('button', { name: 'Undo the import' }).click();
await cardOf(page, 'Undo of shop-export-2.csv').getByText('Completed').waitFor();
await shoot(page, 'undone');
await page.getByRole('heading', { name: 'Changes' }).evaluate((heading) => heading.scrollIntoView());
await page.getByRole('list', { name: 'Changes' }).waitFor();
await shoot(page, 'changes');
await page.goto('/products/edit?sku=oak-3');
await page.getByRole('list', { name: 'History' }).waitFor();
await shoot(page, 'product-history');

await page.goto('/imports');
await page.getByRole('link', { name: 'no-description.csv', exact: true }).waitFor();
await shoot(page, 'imports');
await page.getByRole('link', { name: 'sample-products.csv', exact: true }).click();
await page.getByText('Rejected 6', { exact: true }).click();
const rejected = page.getByRole('table').getByRole('textbox');
await rejected.first().fill('corrected-1');
await page.getByRole('button', { name: 'Import 1 corrected row' }).waitFor();
await shoot(page, 'issues');
page.once('dialog', (dialog) => dialog.accept());

await page.goto('/products');
await page
  .getByRole('button', { name: /^Edit / })
  .first()
  .waitFor();
await shoot(page, 'products');
await page
  .getByRole('button', { name: /^Edit / })
  .nth(2)
  .click();
await page.getByRole('textbox', { name: 'Name' }).fill('Michael Smith');
await page.getByText('once saved').nth(1).waitFor();
await shoot(page, 'product-edit');
await page.goto('/products/new');
await page.getByLabel('SKU').fill('oak-1');
await page.getByLabel('Name').fill('Oak Shelf');
await page.getByRole('button', { name: 'Create the product' }).click();
await page.getByText('has this SKU already').waitFor();
await shoot(page, 'product-new');
await page.goto('/names');
await page.locator('.recharts-bar-rectangle').first().waitFor();
await page.waitForLoadState('networkidle');
await shoot(page, 'names');

const { host, close } = await openFileHost();
opened.defer(close);
await page.goto('/sources');
await page.getByRole('heading', { name: 'No sources yet' }).waitFor();
await shoot(page, 'sources-empty');
await page.goto('/sources/new');
await page.getByLabel('Name').fill('Garden shop');
await page.getByRole('radio', { name: 'Add, update and delete' }).check();
await page.getByRole('textbox', { name: 'Address' }).fill('ftp://garden.example/export/products.csv');
await page.getByRole('button', { name: 'Add a header' }).click();
await page.getByRole('textbox', { name: 'Name of header 1' }).fill('Authorization');
await page.getByRole('textbox', { name: 'Value of header 1' }).fill('Bearer abc');
await page.getByRole('button', { name: 'Add the source' }).click();
await page.getByText('must begin with http').waitFor();
await shoot(page, 'source-form');

const list = (count: number) =>
  `name,sku,description\n${Array.from({ length: count }, (_, i) => `Lamp ${i},lamp-${i},Bright\n`).join('')}`;
const sourceOf = (name: string, input: Partial<SourceInput> = {}) =>
  addSource(app, { name, url: `${host.url}/${encodeURIComponent(name)}/products.csv`, ...input });
host.serve('/Garden%20shop/products.csv', list(120));
host.serve('/Tool%20supplier/products.csv', list(40));
host.serve('/Old%20warehouse/products.csv', list(5));
const garden = await sourceOf('Garden shop', { mode: 'REPLACE', intervalSeconds: 300 });
await sourceOf('Tool supplier', { headers: [{ name: 'Authorization', value: 'Bearer abc' }] });
await sourceOf('Second-hand lamps', { intervalSeconds: 60 });
const old = await sourceOf('Old warehouse');
const first = await sourceImported(app, garden.id);
await sourceImported(app, old.id);
await commandSource(app, 'pauseDataSource', old.id);
host.serve('/Garden%20shop/products.csv', list(60));
await commandSource(app, 'syncDataSource', garden.id);
await sourceReaches(app, garden.id, 'asks', ({ deletionToConfirm }) => deletionToConfirm !== null);
await page.goto('/sources');
await page.getByText('Needs confirmation').waitFor();
await page.getByText('Failing').waitFor();
await page.waitForLoadState('networkidle');
await shoot(page, 'sources');
await page.getByRole('link', { name: 'Garden shop' }).click();
await page.getByRole('button', { name: 'Delete 60 products' }).waitFor();
await shoot(page, 'source-deletion');
await page.getByRole('button', { name: 'Delete 60 products' }).click();
await sourceImported(app, garden.id, first.lastImport);
await page.getByRole('list', { name: 'SKUs of these products' }).waitFor({ state: 'detached' });
await page.waitForLoadState('networkidle');
await shoot(page, 'source');

/** Rows as a shop system exports them. The second file has other names and descriptions, and new products. */
function shopExport(thing: string): string[] {
  const isSecond = thing !== 'Lamp';
  const rows = Array.from({ length: isSecond ? 40 : 30 }, (_, i) => {
    const name = i % 3 === 0 ? `Oak ${thing}` : 'Oak Table';
    const text = i % 3 === 0 && isSecond ? 'Bright, very warm' : 'Bright, warm';
    return `oak-${i},${name},"${text} and made to last.",Acme,oak-${i},${20 + i}.00,${isSecond ? 'green' : 'red'}`;
  });
  return ['Handle,Title,Body (HTML),Vendor,Variant SKU,Variant Price,Colour', ...rows];
}

/** Takes screenshots in light and dark, at desktop and phone width. */
async function shoot(page: Page, name: string): Promise<void> {
  for (const [device, viewport] of [
    ['', DESK],
    ['-phone', PHONE],
  ] as const) {
    await page.setViewportSize(viewport);
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await page.locator(`html[data-mantine-color-scheme=${colorScheme}]`).waitFor();
      const path = join(TARGET, `${name}-${colorScheme}${device}.png`);
      await page.screenshot({ path, animations: 'disabled' });
      console.log(path);
    }
  }
  await page.setViewportSize(DESK);
}
