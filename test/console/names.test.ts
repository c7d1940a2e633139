// The Names page in a real browser: how many products share a name, updated live.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Page } from 'playwright-core';
import { insertProducts } from '../db/catalogue/product-fixtures.ts';
import {
  expectAccessible,
  expectAccessibleInAllColours,
  openPage,
  type PageOptions,
  PHONE,
} from '../support/browser/browser.ts';
import { expectNoErrors, importAndWait, query } from '../support/server/graphql-client.ts';
import { ONE_LANE, startTestServer } from '../support/server/server.ts';
import { waitUntil } from '../support/wait-until.ts';

/** 12 products of one name, 5 of another, 2 of a third, and 60 with unique names. */
const PRODUCTS = [
  ...copies('Great Lamp', 12),
  ...copies('Good Lamp', 5),
  ...copies('Pair', 2),
  ...Array.from({ length: 60 }, (_, i) => `Single ${String(i).padStart(2, '0')}`),
].map((name, i) => ({ sku: `sku-${i}`, name }));

function copies(name: string, count: number): string[] {
  return Array.from({ length: count }, () => name);
}

async function openNames(t: TestContext, path = '/names', options: PageOptions = {}) {
  const server = await startTestServer(t, ONE_LANE);
  await insertProducts(server.database, PRODUCTS);
  const page = await openPage(t, server, options);
  await page.goto(path);
  return { server, page };
}

async function rows(page: Page): Promise<[string, string][]> {
  const found: [string, string][] = [];
  for (const row of await page.getByRole('region', { name: 'All names' }).locator('tbody tr').all()) {
    const [name = '', count = ''] = await row.locator('td').allInnerTexts();
    found.push([name, count]);
  }
  return found;
}

async function expectFirst(page: Page, wanted: [string, string][]): Promise<void> {
  let found: [string, string][] = [];
  await waitUntil('the list begins so', async () => {
    found = (await rows(page).catch(() => [])).slice(0, wanted.length);
    return JSON.stringify(found) === JSON.stringify(wanted);
  }).catch(() => assert.deepEqual(found, wanted));
}

function charts(page: Page) {
  return {
    top: page.getByRole('region', { name: 'Most frequent names' }),
    histogram: page.getByRole('region', { name: 'Names by number of products' }),
  };
}

test('names are sorted by count or name and filtered, according to the URL', async (t) => {
  const { page } = await openNames(t);
  await page.getByText('63 names').waitFor();
  await expectFirst(page, [
    ['Great Lamp', '12'],
    ['Good Lamp', '5'],
    ['Pair', '2'],
    ['Single 00', '1'],
  ]);
  await page.getByText('By name', { exact: true }).click();
  await expectFirst(page, [
    ['Good Lamp', '5'],
    ['Great Lamp', '12'],
    ['Pair', '2'],
  ]);
  await page.getByRole('button', { name: 'Next' }).first().click();
  await expectFirst(page, [['Single 47', '1']]);
  await page.getByRole('button', { name: 'Previous' }).first().click();
  await expectFirst(page, [['Good Lamp', '5']]);
  await page.getByRole('searchbox', { name: 'Search names' }).fill('LAMP');
  await page.getByText('2 names found').waitFor();
  await page.reload();
  await page.getByText('2 names found').waitFor();
  await expectFirst(page, [
    ['Good Lamp', '5'],
    ['Great Lamp', '12'],
  ]);
  await page.getByRole('searchbox').fill('nobody');
  await page.getByText('No names found').waitFor();
});

test('charts show the most frequent names and the distribution of counts', async (t) => {
  const { page } = await openNames(t);
  const { top, histogram } = charts(page);
  await top.getByRole('img', { name: /Great Lamp 12, Good Lamp 5, Pair 2, Single 00 1/ }).waitFor();
  assert.equal(await top.locator('path.recharts-rectangle').count(), 10);
  const cells = await histogram.locator('tbody tr').allInnerTexts();
  assert.deepEqual(
    cells.map((cell) => cell.replace(/\s+/g, ' ').trim()),
    ['1 60', '2 1', '3 0', '4 0', '5 1', '6 0', '7 0', '8 0', '9 0', '10 0', '11–20 1'],
  );
  assert.equal(await histogram.locator('path.recharts-rectangle').count(), 4);
});

test('a name links to its products, in the list and in the chart', async (t) => {
  const { page } = await openNames(t);
  await page.getByRole('link', { name: 'Good Lamp' }).click();
  await page.getByRole('heading', { level: 1, name: 'Products' }).waitFor();
  await page.getByText('5 products found').waitFor();
  await page.goBack();
  await charts(page).top.locator('path.recharts-rectangle').first().click();
  await page.getByText('12 products found').waitFor();
  assert.match(page.url(), /\/products\?name=Great\+Lamp$/);
  await page.getByRole('button', { name: /Remove the filter on the name/ }).click();
  await page.getByText('79 products').waitFor();
});

test('the list and charts update after an import or an edit, without a reload', async (t) => {
  const { server, page } = await openNames(t);
  const { top, histogram } = charts(page);
  await top.getByRole('img', { name: /^Bar chart: Great Lamp 12/ }).waitFor();
  const file = ['name,sku,description', ...copies('New Lamp', 30).map((name, i) => `${name},new-${i},`)];
  const done = await importAndWait(server.url, file.join('\r\n'));
  assert.equal(done.status, 'COMPLETED');
  await expectFirst(page, [
    ['New Lamp', '30'],
    ['Great Lamp', '12'],
  ]);
  await top.getByRole('img', { name: /^Bar chart: New Lamp 30, Great Lamp 12/ }).waitFor();
  await histogram.getByRole('row', { name: '21–50 1' }).waitFor();
  await page.getByText('64 names').waitFor();

  const update = 'mutation { updateProduct(sku: "sku-0", input: { name: "Good Lamp" }) { sku } }';
  expectNoErrors(await query(server.url, update));
  await expectFirst(page, [
    ['New Lamp', '30'],
    ['Great Lamp', '11'],
    ['Good Lamp', '6'],
  ]);
  await top.getByRole('img', { name: /^Bar chart: New Lamp 30, Great Lamp 11, Good Lamp 6/ }).waitFor();
});

test('the page reconnects after a server restart and shows what changed meanwhile', async (t) => {
  const lost = [/WebSocket connection/, /Failed to load resource: net::ERR_/];
  const { server, page } = await openNames(t, '/names', { expected: lost });
  await expectFirst(page, [['Great Lamp', '12']]);
  await server.close();
  await page.getByText('Reconnecting').waitFor();
  await server.database.sql`UPDATE products SET name = 'Pair' WHERE sku = 'sku-0'`;
  await server.database.sql`
    UPDATE product_name_counts
    SET product_count = product_count + CASE name WHEN 'Pair' THEN 1 ELSE -1 END
    WHERE name IN ('Pair', 'Great Lamp')`;
  const { port, databaseUrl, dataDir } = { ...server.settings, port: Number(new URL(server.url).port) };
  await startTestServer(t, { ...ONE_LANE, port, dataDir, ...(databaseUrl && { databaseUrl }) });
  await expectFirst(page, [
    ['Great Lamp', '11'],
    ['Good Lamp', '5'],
    ['Pair', '3'],
  ]);
  await page.getByText('Live', { exact: true }).waitFor();
});

test('only the page with charts loads the chart code', async (t) => {
  const { page } = await openNames(t, '/');
  const scripts: string[] = [];
  page.on('request', (request) => scripts.push(new URL(request.url()).pathname));
  await page.getByRole('link', { name: 'Products' }).first().click();
  await page.getByText('79 products').waitFor();
  assert.deepEqual(
    scripts.filter((path) => /chart|top-names|histogram/i.test(path)),
    [],
  );
  await page.getByRole('link', { name: 'Names' }).first().click();
  await charts(page).top.getByRole('img').waitFor();
  assert.ok(scripts.some((path) => /chart/i.test(path)));
});

test('code that fails to load is loaded later, and the rest of the console keeps working', async (t) => {
  const expected = [/Failed to load resource/, /The code of this page did not load|Unable to preload CSS/];
  const { page } = await openNames(t, '/products', { expected });
  await page.getByText('79 products').waitFor();
  // As after a reload just now: it does not reload again by itself.
  await page.evaluate(`sessionStorage.setItem('loadstone:reloaded-at', Date.now() + 600_000)`);
  await page.route('**/assets/names-page-*', (route) => route.abort());
  await page.getByRole('link', { name: 'Names' }).first().click();
  await page.getByRole('heading', { name: 'This page is not loaded yet' }).waitFor();
  await expectAccessible(page);
  await page.getByRole('link', { name: 'Products' }).first().click();
  await page.getByText('79 products').waitFor();
  await page.goBack();
  await page.unroute('**/assets/names-page-*');
  await page.getByRole('button', { name: 'Reload now' }).click();
  await expectFirst(page, [['Great Lamp', '12']]);
});

test('without products, the page links to the import', async (t) => {
  const page = await openPage(t, await startTestServer(t, ONE_LANE));
  await page.goto('/names');
  await page.getByText('There are no names yet').waitFor();
  await expectAccessible(page);
});

for (const [screen, size] of Object.entries({ desktop: {}, phone: PHONE })) {
  test(`the page is accessible on a ${screen} in light and dark colours`, async (t) => {
    const { page } = await openNames(t, '/names', size);
    await charts(page).top.getByRole('img').waitFor();
    await charts(page).histogram.locator('path.recharts-rectangle').first().waitFor();
    await expectAccessibleInAllColours(page);
    const [wide, screenWidth] = await page.evaluate<[number, number]>(
      '[document.documentElement.scrollWidth, innerWidth]',
    );
    assert.ok(wide <= screenWidth, `nothing is wider than the screen: ${wide} of ${screenWidth}`);
  });
}
