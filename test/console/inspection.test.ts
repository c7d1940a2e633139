// Files before they are imported: what they are, what their columns become, and how they are read.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { Page } from 'playwright-core';
import {
  expectAccessible,
  expectAccessibleInAllColours,
  openPage,
  type PageOptions,
  PHONE,
} from '../support/browser/browser.ts';
import { workbookOf } from '../support/files/workbook.ts';
import { expectNoErrors, query } from '../support/server/graphql-client.ts';
import { ONE_LANE, startTestServer, type TestServer } from '../support/server/server.ts';
import { waitUntil } from '../support/wait-until.ts';
import { cardOf, chooseFiles, csvFile, overflowing, productFile, type TestFile } from './support.ts';

async function openImport(t: TestContext, options: PageOptions = {}) {
  const server = await startTestServer(t, ONE_LANE);
  const page = await openPage(t, server, options);
  await page.goto('/');
  return { server, page };
}

/** A file of these bytes, in Latin-1 unless they are given. */
function fileOf(name: string, content: string | Buffer): TestFile {
  const buffer = typeof content === 'string' ? Buffer.from(content, 'latin1') : content;
  return { name, mimeType: '', buffer };
}

async function products({ url }: TestServer): Promise<string[]> {
  const document = '{ products { nodes { sku name description } } }';
  const answer = await query<{ products: { nodes: Record<string, string>[] } }>(url, document);
  return expectNoErrors(answer).products.nodes.map((product) => Object.values(product).join('|'));
}

/** What the page says that a column becomes. */
async function expectBecomes(page: Page, column: string, field: string): Promise<void> {
  const select = page.getByLabel(`What “${column}” becomes`);
  await waitUntil(`${column} becomes ${field}`, async () => {
    return (await select.locator('option:checked').textContent()) === field;
  });
}

function importButton(page: Page, name: string, disabled = false) {
  return page.getByRole('button', { name: `Import ${name}`, exact: true, disabled });
}

test('columns are chosen where their names do not say what they are', async (t) => {
  const { server, page } = await openImport(t);
  const header = 'number;Title;Short description;Colour';
  await chooseFiles(page, csvFile('lamps.csv', [header, 'L-1;Oak Lamp;Warm;red', 'L-2;Elm Lamp;;blue']));
  await page.getByText('CSV · UTF-8 · separated by semicolons · 4 columns').waitFor();
  const problem = page.getByRole('alert');
  await problem.getByText('Which column has the SKU?').waitFor();
  await importButton(page, 'lamps.csv', true).waitFor();
  await expectBecomes(page, 'Title', 'Name');
  await expectBecomes(page, 'Colour', 'Not imported');
  await page
    .getByRole('row', { name: /^number/ })
    .getByText('L-2')
    .waitFor();
  await expectAccessibleInAllColours(page);

  await page.getByLabel('What “number” becomes').selectOption('SKU');
  await problem.waitFor({ state: 'detached' });
  // Each field has one column: what is chosen last has it.
  await page.getByLabel('What “Colour” becomes').selectOption('Description');
  await expectBecomes(page, 'Short description', 'Not imported');
  await page.getByRole('button', { name: 'Options' }).click();
  await page.getByLabel('Fill in a description where it is missing').check();
  await page.getByLabel('Description for products without one').fill('A lamp');
  await page.getByLabel('Fill in a name where it is missing').check();
  await page.getByText('Enter a name.').waitFor();
  await importButton(page, 'lamps.csv', true).waitFor();
  const warned = page.waitForEvent('dialog');
  await page.close({ runBeforeUnload: true });
  await (await warned).dismiss();
  await page.getByLabel('Fill in a name where it is missing').uncheck();
  await expectAccessible(page);
  await importButton(page, 'lamps.csv').click();
  await cardOf(page, 'Import of lamps.csv').getByText('Completed').waitFor();
  assert.deepEqual(await products(server), ['L-1|Oak Lamp|red', 'L-2|Elm Lamp|blue']);

  await chooseFiles(page, csvFile('short.csv', ['sku,name', 'S-1,Short']));
  await problem.getByRole('button', { name: 'Leave descriptions empty' }).click();
  await problem.waitFor({ state: 'detached' });
  await importButton(page, 'short.csv').click();
  await cardOf(page, 'Import of short.csv').getByText('Completed').waitFor();
  assert.equal((await products(server)).at(-1), 'S-1|Short|');
});

test('only the beginning of a large file is sent to look into it', async (t) => {
  const { page } = await openImport(t);
  let bytes = 0;
  await page.route('**/graphql', async (route) => {
    bytes += Number((await route.request().allHeaders())['content-length'] ?? 0);
    await route.continue();
  });
  const large = productFile('large.csv', 60_000, 100);
  const packed = fileOf('large.csv.gz', gzipSync(noisyFile(40_000)));
  await chooseFiles(page, large, packed);
  for (const kind of ['CSV', 'CSV, packed with gzip'])
    await page.getByText(`${kind} · UTF-8 · separated by commas · 3 columns`).waitFor();
  assert.ok(large.buffer.length > 6_000_000 && packed.buffer.length > 1_000_000);
  assert.ok(bytes < 700_000, `${bytes} bytes were sent`);
  assert.equal(await page.getByText('cannot be imported').count(), 0);
});

/** Rows that cannot be packed well. */
function noisyFile(rows: number): string {
  const noise = (seed: number) => Math.abs(Math.sin(seed) * 1e16).toString(36);
  const lines = Array.from(
    { length: rows },
    (_, i) => `N,${i},${noise(i)}${noise(i + 0.5)}${noise(i + 0.7)}`,
  );
  return ['name,sku,description', ...lines].join('\n');
}

test('a file in another encoding can be read in it, before and after it was imported', async (t) => {
  const { server, page } = await openImport(t);
  const text =
    'name,sku,description\nCaf\xe9 Cr\xe8me,b-1,Gr\xf6\xdfe\nM\xf6bel f\xfcr die K\xfcche,b-2,sch\xf6n\n';
  await chooseFiles(page, fileOf('latin.csv', text));
  await page.getByText('All of the first 2 rows cannot be imported').waitFor();
  // Imported all the same.
  await importButton(page, 'latin.csv').click();
  const card = cardOf(page, 'Import of latin.csv');
  await card.getByRole('button', { name: 'Import again as Western European (Windows-1252)' }).waitFor();
  await expectAccessible(page);
  await card.getByRole('link', { name: 'latin.csv', exact: true }).click();
  await page.getByRole('button', { name: 'Import again as Western European (Windows-1252)' }).click();
  await page.getByRole('row', { name: /^name/ }).getByText('Café Crème').waitFor();
  await page.locator('h2:focus').getByText('1 file to import').waitFor();
  await importButton(page, 'latin.csv').click();
  await cardOf(page, 'Import of latin.csv').getByText('Completed').nth(1).waitFor();
  assert.deepEqual(await products(server), ['b-1|Café Crème|Größe', 'b-2|Möbel für die Küche|schön']);

  // Offered before an import too.
  await chooseFiles(page, fileOf('again.csv', text));
  await page.getByRole('button', { name: 'Read it as Western European (Windows-1252)' }).click();
  await page.getByText('CSV · Western European (Windows-1252)').waitFor();
  await page.getByRole('row', { name: /^name/ }).getByText('Café Crème').waitFor();
});

test('options are kept as a profile, applied to another file, and deleted', async (t) => {
  const { server, page } = await openImport(t);
  const lines = ['code^label^description', 'a^First^1', 'a^Second^2'];
  await chooseFiles(page, csvFile('one.csv', lines));
  // Open at once, as the file was read as one column.
  await page.getByLabel('What separates the columns').selectOption('Another character');
  await page.getByLabel('The character that separates the columns').fill('^');
  await page.getByText('separated by “^” · 3 columns').waitFor();
  await page.getByLabel('What “code” becomes').selectOption('SKU');
  await page.getByLabel('What “label” becomes').selectOption('Name');
  await page.getByLabel('If several rows have the same SKU').selectOption('The first one is imported');
  await page.getByRole('textbox', { name: 'Save as a profile' }).fill('Carets');
  await page.keyboard.press('Enter');
  await page.getByText('Saved as “Carets”.').waitFor();
  await page.getByRole('button', { name: 'Remove one.csv' }).click();

  await chooseFiles(page, csvFile('two.csv', lines));
  const profiles = page.getByLabel('Use a saved profile');
  await profiles.selectOption('Carets');
  await page.getByText('separated by “^” · 3 columns').waitFor();
  await expectBecomes(page, 'code', 'SKU');
  await importButton(page, 'two.csv').click();
  await cardOf(page, 'Import of two.csv').getByText('Completed').waitFor();
  assert.deepEqual(await products(server), ['a|First|1']);
  const answer = await query(
    server.url,
    '{ imports { nodes { profile } } importProfiles { nodes { name } } }',
  );
  assert.deepEqual(expectNoErrors(answer), {
    imports: { nodes: [{ profile: 'Carets' }] },
    importProfiles: { nodes: [{ name: 'Carets' }] },
  });

  await chooseFiles(page, csvFile('three.csv', lines));
  await page.getByRole('button', { name: 'Read it as separated by “^”' }).click();
  await page.getByText('separated by “^” · 3 columns').waitFor();
  await profiles.selectOption('Carets');
  await page.getByRole('button', { name: 'Delete the profile' }).click();
  await page.getByRole('alert').getByText('Delete “Carets”?').waitFor();
  await page.getByRole('button', { name: 'Delete', exact: true }).click();
  await profiles.getByRole('option', { name: 'None saved yet' }).waitFor({ state: 'attached' });
});

test('a sheet of a workbook is chosen, on a phone', async (t) => {
  const { server, page } = await openImport(t, PHONE);
  const rows = (sku: string) => [
    ['SKU', 'Product name', 'Description'],
    [sku, 'Lamp', 'Bright'],
  ];
  const buffer = workbookOf({
    sheets: [
      { name: 'Spring', rows: rows('s-1') },
      { name: 'Winter', rows: rows('w-1') },
    ],
  });
  await chooseFiles(page, fileOf('seasons.xlsx', buffer));
  await page.getByText('Which sheet of the workbook is it?').waitFor();
  await expectAccessibleInAllColours(page);
  await page.getByLabel('Sheet to import').selectOption('Winter');
  await page.getByText('Excel workbook · 3 columns').waitFor();
  await expectBecomes(page, 'Product name', 'Name');
  assert.deepEqual(await overflowing(page), []);
  await expectAccessible(page);
  await importButton(page, 'seasons.xlsx').click();
  await cardOf(page, 'Import of seasons.xlsx').getByText('Completed').waitFor();
  assert.deepEqual(await products(server), ['w-1|Lamp|Bright']);
});
