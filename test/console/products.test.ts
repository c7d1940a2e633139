// The Products page in a real browser: finding, paging through and editing products.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { assertCountsAreExact, insertProducts } from '../db/catalogue/product-fixtures.ts';
import {
  expectAccessible,
  expectAccessibleInAllColours,
  openPage,
  openTab,
  type PageOptions,
  PHONE,
  visit,
} from '../support/browser/browser.ts';
import { expectNoErrors, importAndWait, query } from '../support/server/graphql-client.ts';
import { ONE_LANE, startTestServer, type TestServer } from '../support/server/server.ts';
import { waitUntil } from '../support/wait-until.ts';

const LAMPS = Array.from({ length: 120 }, (_, i) => ({
  sku: `lamp-${String(i).padStart(3, '0')}`,
  name: i < 40 ? 'Desk Lamp' : `Lantern ${i}`,
  description: `Light number ${i}.\nIt has two lines.`,
}));
const OTHERS = [
  { sku: 'Anchor-1', name: 'Old Anchor' },
  { sku: 'zebra', name: 'Lampshade of zebra' },
];

async function openProducts(t: TestContext, path = '/products', options: PageOptions = {}) {
  const server = await startTestServer(t, ONE_LANE);
  await insertProducts(server.database, [...LAMPS, ...OTHERS]);
  const page = await openPage(t, server, options);
  await page.goto(path);
  return { server, page };
}

function skus(page: Page): Promise<string[]> {
  return page.locator('tbody tr td[title]').allInnerTexts();
}

async function expectSkus(page: Page, wanted: string[]): Promise<void> {
  let found: string[] = [];
  await waitUntil(`the list shows ${wanted}`, async () => {
    found = await skus(page);
    return found.join() === wanted.join();
  }).catch(() => assert.deepEqual(found, wanted));
}

async function productOf({ url }: TestServer, sku: string) {
  const document = 'query ($sku: String!) { product(sku: $sku) { name description updatedAt } }';
  const answer = await query<{ product: { name: string; description: string; updatedAt: string } }>(
    url,
    document,
    { sku },
  );
  return expectNoErrors(answer).product;
}

async function rename({ url }: TestServer, sku: string, input: object): Promise<void> {
  const document = `mutation ($sku: String!, $input: UpdateProductInput!) {
    updateProduct(sku: $sku, input: $input) { sku }
  }`;
  expectNoErrors(await query(url, document, { sku, input }));
}

function tile(page: Page, name: string) {
  return page
    .getByRole('form')
    .locator('[aria-live=polite] > *', { has: page.getByTitle(name, { exact: true }) });
}

test('a search matches parts of SKUs and names in any case and order, and is kept in the URL', async (t) => {
  const { page } = await openProducts(t);
  await page.getByText('122 products').waitFor();
  const search = page.getByRole('searchbox', { name: 'Search by SKU or name' });
  await search.pressSequentially('lampS', { delay: 5 });
  await expectSkus(page, ['zebra']);
  await page.getByText('1 product found').waitFor();
  assert.match(page.url(), /\?q=lampS$/);
  await search.fill('1 ANCHOR-');
  await expectSkus(page, ['Anchor-1']);
  await search.fill('100%2F');
  await page.getByText('No product matches “100%2F” in its SKU or name.').waitFor();
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Show all' }).click();
  await page.getByText('122 products').waitFor();
  assert.equal(await search.inputValue(), '');

  const tab = await openTab(page);
  await tab.goto('/products?q=lampshade');
  await expectSkus(tab, ['zebra']);
  assert.equal(await tab.getByRole('searchbox').inputValue(), 'lampshade');
});

test('descriptions are searched if asked, and the order is chosen, both kept in the URL', async (t) => {
  const { server, page } = await openProducts(t, '/products?q=lines+NUMBER+119');
  await page.getByText('Each of the words must be there.').waitFor();
  await page.getByRole('button', { name: 'Look in descriptions too' }).click();
  await expectSkus(page, ['lamp-119']);
  assert.match(page.url(), /descriptions=yes/);
  const descriptions = page.getByRole('checkbox', { name: 'In descriptions too' });
  assert.equal(await descriptions.isChecked(), true);

  await page.getByRole('searchbox').fill('number 11');
  const numbers = ['lamp-011', ...Array.from({ length: 10 }, (_, i) => `lamp-11${i}`)];
  await expectSkus(page, numbers);
  const order = page.getByRole('combobox', { name: 'Sort by' });
  await order.selectOption('SKU, last first');
  await expectSkus(page, numbers.toReversed());
  await rename(server, 'lamp-113', { name: 'Zany lamp' });
  await order.focus();
  await page.keyboard.press('Home');
  await order.selectOption('Name, last first');
  await expectSkus(page, [
    'lamp-113',
    ...numbers.filter((sku) => !['lamp-011', 'lamp-113'].includes(sku)).toReversed(),
    'lamp-011',
  ]);
  await order.selectOption('Newest change first');
  await waitUntil('the changed product is first', async () => (await skus(page))[0] === 'lamp-113');
  await expectAccessible(page);
  await page.reload();
  await waitUntil('the order stays', async () => (await skus(page))[0] === 'lamp-113');
  await page.goBack();
  assert.equal(await order.inputValue(), 'name-last');
  await descriptions.press(' ');
  await page.getByText('No products found').waitFor();

  await page.getByRole('searchbox').fill('a b c d e f g h i j k');
  await page.getByText('The search has 11 words, more than the 10 that are allowed.').waitFor();
});

test('an outdated response is not shown', async (t) => {
  const { page } = await openProducts(t);
  await page.getByText('122 products').waitFor();
  const gate = Promise.withResolvers<void>();
  await page.route('**/graphql', async (route) => {
    if (route.request().postData()?.includes('"words":"An"')) await gate.promise;
    await route.continue().catch(() => {});
  });
  const search = page.getByRole('searchbox');
  const slow = page.waitForRequest((request) => request.postData()?.includes('"words":"An"') ?? false);
  await search.fill('An');
  await slow;
  await search.fill('zeb');
  await expectSkus(page, ['zebra']);
  gate.resolve();
  await pause(300);
  await expectSkus(page, ['zebra']);
  assert.equal((await slow).failure()?.errorText, 'net::ERR_ABORTED', 'the outdated question is called off');
});

test('pagination works in both directions, by URL and with the back button', async (t) => {
  const { page } = await openProducts(t, '/products?q=lamp-');
  const name = (from: number, to: number) => LAMPS.slice(from, to).map(({ sku }) => sku);
  await expectSkus(page, name(0, 50));
  const [previous, next] = [
    page.getByRole('button', { name: 'Previous' }).first(),
    page.getByRole('button', { name: 'Next' }).first(),
  ];
  assert.equal(await previous.isEnabled(), false);
  await next.click();
  await expectSkus(page, name(50, 100));
  await next.click();
  await expectSkus(page, name(100, 120));
  assert.equal(await next.isEnabled(), false);
  await previous.click();
  await expectSkus(page, name(50, 100));
  await page.reload();
  await expectSkus(page, name(50, 100));
  await page.goBack();
  await expectSkus(page, name(100, 120));
  await page.goBack();
  await expectSkus(page, name(50, 100));
});

test('a product can be edited in place, and the counts of both names update', async (t) => {
  const { server, page } = await openProducts(t);
  const edit = page.getByRole('button', { name: 'Edit lamp-001' });
  await edit.click();
  const form = page.getByRole('form', { name: 'Edit lamp-001' });
  const name = form.getByLabel('Name');
  assert.equal(await name.evaluate((input) => input === input.ownerDocument.activeElement), true);
  await tile(page, 'Desk Lamp').getByText('40 products').waitFor();
  await name.fill('Lantern 50');
  await tile(page, 'Desk Lamp').getByText('39 once saved').waitFor();
  await tile(page, 'Lantern 50').getByText('1 product', { exact: true }).waitFor();
  await tile(page, 'Lantern 50').getByText('2 once saved').waitFor();
  await expectAccessible(page);
  await name.press('Enter');
  await form.getByText('Saved.', { exact: true }).waitFor();
  await tile(page, 'Desk Lamp').getByText('39 products').waitFor();
  await tile(page, 'Desk Lamp').getByText('was 40').waitFor();
  await tile(page, 'Lantern 50').getByText('2 products').waitFor();
  await page.getByRole('row', { name: 'lamp-001' }).getByRole('link', { name: 'Lantern 50' }).waitFor();
  assert.equal((await productOf(server, 'lamp-001')).name, 'Lantern 50');
  await assertCountsAreExact(server.database);

  // Changes by other users update them too.
  await rename(server, 'lamp-002', { name: 'Lantern 50' });
  await tile(page, 'Lantern 50').getByText('3 products').waitFor();
  await form.getByRole('button', { name: 'Close' }).click();
  await form.waitFor({ state: 'detached' });
  assert.equal(await edit.evaluate((button) => button === button.ownerDocument.activeElement), true);
});

test('an edit that would overwrite a newer one shows the conflict and offers a choice', async (t) => {
  const { server, page } = await openProducts(t);
  await page.getByRole('button', { name: 'Edit lamp-003' }).click();
  const form = page.getByRole('form', { name: 'Edit lamp-003' });
  await form.getByLabel('Name').fill('Mine');
  await rename(server, 'lamp-003', { name: 'Theirs', description: 'what they wrote' });
  await form.getByRole('button', { name: 'Save' }).click();
  const conflict = form.getByRole('alert');
  await conflict.getByText('Someone else changed this product').waitFor();
  await conflict.getByRole('cell', { name: 'Theirs', exact: true }).waitFor();
  await conflict.getByRole('cell', { name: 'what they wrote' }).waitFor();
  // The counts of what the product has by now.
  await tile(page, 'Theirs').getByText('0 once saved').waitFor();
  await tile(page, 'Mine').getByText('1 once saved').waitFor();
  await expectAccessible(page);
  assert.equal((await productOf(server, 'lamp-003')).name, 'Theirs', 'nothing is overwritten unasked');

  await conflict.getByRole('button', { name: 'Use theirs' }).click();
  assert.equal(await form.getByLabel('Name').inputValue(), 'Theirs');
  assert.equal(await form.getByLabel('Description').inputValue(), 'what they wrote');
  await form.getByLabel('Name').fill('Mine again');
  await rename(server, 'lamp-003', { name: 'Theirs again' });
  await form.getByRole('button', { name: 'Save' }).click();
  await conflict.getByRole('button', { name: 'Overwrite with mine' }).click();
  await form.getByText('Saved.', { exact: true }).waitFor();
  const saved = await productOf(server, 'lamp-003');
  assert.deepEqual([saved.name, saved.description], ['Mine again', 'what they wrote']);
  await assertCountsAreExact(server.database);
});

test('attributes are edited, added and removed, and a conflict shows them', async (t) => {
  const { server, page } = await openProducts(t);
  const give = async (attributes: object) => {
    const input = { attributes };
    const document =
      'mutation ($input: UpdateProductInput!) { updateProduct(sku: "lamp-003", input: $input) { sku } }';
    expectNoErrors(await query(server.url, document, { input }));
  };
  const stored = async () => {
    const [row] = await server.database.sql`SELECT attributes FROM products WHERE sku = 'lamp-003'`;
    return row?.['attributes'] as unknown;
  };
  await give({ color: 'red', size: 'L' });
  await page.goto('/products/edit?sku=lamp-003');
  const form = page.getByRole('form', { name: 'Edit lamp-003' });
  const save = form.getByRole('button', { name: 'Save' });
  await form.getByLabel('color', { exact: true }).fill('blue');
  await form.getByRole('button', { name: 'Remove size' }).click();
  await form.getByRole('button', { name: 'Add an attribute' }).press('Enter');
  await form.getByLabel('Name of the new attribute').fill('weight');
  await form.getByLabel('Its value').fill('3');
  await expectAccessible(page);
  await save.click();
  await form.getByText('Saved.', { exact: true }).waitFor();
  assert.deepEqual(await stored(), { color: 'blue', weight: '3' });
  assert.equal(await form.getByLabel('weight', { exact: true }).inputValue(), '3');
  assert.equal(await save.isEnabled(), false, 'there is nothing to save');

  await give({ color: 'green' });
  await form.getByLabel('weight', { exact: true }).fill('');
  await save.click();
  const conflict = form.getByRole('alert');
  await conflict.getByRole('row', { name: 'color green blue' }).waitFor();
  await conflict.getByRole('row', { name: 'weight 3 (empty)' }).waitFor();
  await conflict.getByRole('button', { name: 'Overwrite with mine' }).click();
  await form.getByText('Saved.', { exact: true }).waitFor();
  assert.deepEqual(await stored(), { color: 'blue' });
});

test('unedited text keeps its line endings', async (t) => {
  const { server, page } = await openProducts(t, '/');
  const lines = { sku: 'ends', name: 'Two\r\nlines', description: 'one\r\ntwo\rthree\nfour\r\n' };
  await insertProducts(server.database, [lines]);
  await visit(page, '/products/edit?sku=ends');
  const form = page.getByRole('form', { name: 'Edit ends' });
  const save = async () => {
    await form.getByRole('button', { name: 'Save' }).click();
    await form.getByText('Saved.', { exact: true }).waitFor();
    return productOf(server, 'ends');
  };
  const description = form.getByLabel('Description');
  await description.press('ControlOrMeta+Home');
  await description.pressSequentially('> ');
  await description.press('ArrowDown');
  await description.press('End');
  await description.pressSequentially('!');
  await description.press('Enter');
  await description.pressSequentially('new');
  const edited = '> one\r\ntwo!\r\nnew\rthree\nfour\r\n';
  assert.equal(await description.inputValue(), edited.replace(/\r\n?/g, '\n'));
  assert.equal((await save()).description, edited);
  await form.getByLabel('Name').press('ControlOrMeta+End');
  await form.getByLabel('Name').pressSequentially(' more');
  const saved = await save();
  assert.deepEqual([saved.name, saved.description], ['Two\r\nlines more', edited]);
});

test('invalid values are rejected with an explanation', async (t) => {
  const { server, page } = await openProducts(t, '/products/edit?sku=zebra');
  const form = page.getByRole('form', { name: 'Edit zebra' });
  await form.getByLabel('Name').fill('   ');
  await form.getByRole('button', { name: 'Save' }).click();
  await form.getByText(/needs a name/).waitFor();
  assert.equal(await form.getByLabel('Name').getAttribute('aria-invalid'), 'true');
  await form.getByLabel('Description').fill('A new description.');
  await form.getByLabel('Name').fill('Lampshade of zebra');
  await form.getByRole('button', { name: 'Save' }).click();
  await form.getByText('Saved.', { exact: true }).waitFor();
  assert.equal((await productOf(server, 'zebra')).description, 'A new description.');
});

test('a product can be opened by any SKU, and an unknown SKU is reported', async (t) => {
  const { server, page } = await openProducts(t, '/products/edit');
  const strange = 'a/b?c=d&e#f%2F..<i>ü\u{1f600}';
  await insertProducts(server.database, [{ sku: strange, name: 'Strange' }]);
  await page.getByLabel('SKU').fill('LAMP-001');
  await page.getByRole('button', { name: 'Find' }).click();
  await page.getByText('No product has the SKU “LAMP-001”').waitFor();
  await expectAccessible(page);
  await page.getByLabel('SKU').fill(strange);
  await page.getByLabel('SKU').press('Enter');
  await page.getByRole('form', { name: `Edit ${strange}` }).waitFor();
  await expectAccessible(page);
  await page.reload();
  const form = page.getByRole('form', { name: `Edit ${strange}` });
  await form.getByLabel('Name').fill('Stranger');
  await form.getByRole('button', { name: 'Save' }).click();
  await form.getByText('Saved.', { exact: true }).waitFor();
  assert.equal((await productOf(server, strange)).name, 'Stranger');
  await page.goBack();
  await page.getByText('No product has the SKU “LAMP-001”').waitFor();
});

test('an empty catalogue links to the import', async (t) => {
  const page = await openPage(t, await startTestServer(t, ONE_LANE));
  await page.goto('/products');
  await page.getByText('The catalogue is empty').waitFor();
  await expectAccessible(page);
  await page.getByRole('link', { name: 'Import products' }).click();
  await page.getByRole('heading', { level: 1, name: 'Import' }).waitFor();
});

test('a failed load shows the reason, and is repeated or can be retried', async (t) => {
  const { page } = await openProducts(t, '/', { expected: [/Failed to load resource/] });
  await page.route('**/graphql', (route) => route.abort());
  await page.goto('/products');
  await page.getByText('The products could not be loaded').waitFor();
  await page.unroute('**/graphql');
  await page.getByRole('button', { name: 'Edit lamp-001' }).waitFor();

  await visit(page, '/products?after=nonsense');
  await page.getByText('The address names a page of the list that is not there').waitFor();
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.getByRole('button', { name: 'Edit lamp-001' }).waitFor();
});

test('the list fits on a phone and can be edited in light and dark colours', async (t) => {
  const { server, page } = await openProducts(t, '/products?q=lamp-', PHONE);
  await page.getByRole('button', { name: 'Edit lamp-000' }).click();
  await expectAccessibleInAllColours(page);
  const width = await page.evaluate<number>('document.documentElement.scrollWidth');
  assert.ok(width <= 390, `nothing is wider than the screen: ${width}`);
  const form = page.getByRole('form', { name: 'Edit lamp-000' });
  await form.getByLabel('Name').fill('Pocket Lamp');
  await form.getByRole('button', { name: 'Save' }).click();
  await form.getByText('Saved.', { exact: true }).waitFor();
  assert.equal((await productOf(server, 'lamp-000')).name, 'Pocket Lamp');
});

test('a product can be created, and a SKU that is taken is told at its field', async (t) => {
  const { server, page } = await openProducts(t);
  await page.getByRole('link', { name: 'New product' }).click();
  const form = page.getByRole('form', { name: 'New product' });
  await form.getByLabel('SKU').fill('zebra');
  await form.getByLabel('Name').fill('Desk Lamp');
  await form.getByLabel('Description').fill('With a shade.\nBlue.');
  await form.getByRole('button', { name: 'Create the product' }).click();
  await form.getByText('“Lampshade of zebra” has this SKU already').waitFor();
  assert.equal(await page.locator(':focus').getAttribute('aria-invalid'), 'true');
  await form.getByRole('link', { name: 'edit that product' }).waitFor();
  await expectAccessible(page);
  await form.getByLabel('SKU').fill('\u200b');
  await form.getByLabel('Name').fill('\u200b');
  await page.keyboard.press('Enter');
  await form.getByText(/needs a SKU/).waitFor();
  await form.getByText(/needs a name/).waitFor();
  await form.getByLabel('Name').fill('Desk Lamp');
  await form.getByLabel('SKU').fill('zebra-2');
  await page.keyboard.press('Enter');
  await page.getByRole('form', { name: 'Edit zebra-2' }).waitFor();
  const { name, description } = await productOf(server, 'zebra-2');
  assert.deepEqual({ name, description }, { name: 'Desk Lamp', description: 'With a shade.\nBlue.' });
  await assertCountsAreExact(server.database);
  await page.goBack();
  await page.getByRole('heading', { level: 1, name: 'Products' }).waitFor();
});

test('a product is deleted once this is confirmed, and not in place of a newer one', async (t) => {
  const { server, page } = await openProducts(t);
  await page.getByRole('button', { name: 'Edit lamp-001' }).click();
  const form = page.getByRole('form', { name: 'Edit lamp-001' });
  const dialog = page.getByRole('dialog');
  await form.getByRole('button', { name: 'Delete' }).click();
  await dialog.getByText('“Desk Lamp” will be removed').waitFor();
  await page.keyboard.press('Enter');
  await dialog.waitFor({ state: 'detached' });
  assert.equal((await productOf(server, 'lamp-001')).name, 'Desk Lamp', 'the first choice is to keep it');

  await form.getByRole('button', { name: 'Delete' }).click();
  await rename(server, 'lamp-001', { name: 'Renamed meanwhile' });
  await dialog.getByRole('button', { name: 'Delete the product' }).click();
  await dialog.getByRole('alert').getByText('Its name is now “Renamed meanwhile”').waitFor();
  await expectAccessible(page);
  await dialog.getByRole('button', { name: 'Delete it anyway' }).click();
  await page.getByText('lamp-001 was deleted.').waitFor();
  await page.getByText('121 products').waitFor();
  assert.equal(await productOf(server, 'lamp-001'), null);
  assert.equal(await page.locator('h1:focus').textContent(), 'Products');
  await assertCountsAreExact(server.database);
});

test('several products are renamed and deleted at once, and what could not be done is told', async (t) => {
  const { server, page } = await openProducts(t, '/products?q=lamp');
  const bar = page.getByRole('region', { name: 'Selected products' });
  const dialog = page.getByRole('dialog');
  await page.getByRole('checkbox', { name: 'Select lamp-001' }).click();
  await page.getByRole('checkbox', { name: 'Select lamp-003' }).click();
  await bar.getByText('2 products selected').waitFor();
  await expectAccessible(page);

  await rename(server, 'lamp-003', { name: 'Renamed meanwhile' });
  await bar.getByRole('button', { name: 'Delete…' }).click();
  await dialog.getByText('Delete 2 products?').waitFor();
  await expectAccessible(page);
  await dialog.getByRole('button', { name: 'Delete 2 products' }).click();
  await dialog.getByText('1 product was deleted.').waitFor();
  await dialog
    .getByText('lamp-003: someone else changed it meanwhile. Its name is now “Renamed meanwhile”')
    .waitFor();
  await expectAccessible(page);
  await page.keyboard.press('Escape');
  await bar.getByText('1 product selected').waitFor();
  assert.equal(await page.locator('h1:focus').textContent(), 'Products');

  // The one that is left has the version that was shown.
  await bar.getByRole('button', { name: 'Delete…' }).click();
  await dialog.getByRole('button', { name: 'Delete 1 product' }).click();
  await dialog.getByText('1 product was deleted.').waitFor();
  await dialog.getByRole('button', { name: 'Close' }).click();
  await bar.waitFor({ state: 'detached' });

  await page.getByText('119 products found').waitFor();
  await page.getByRole('checkbox', { name: 'Select all on this page' }).click();
  await bar.getByText('50 products selected').waitFor();
  await bar.getByRole('button', { name: 'Select all 119 products' }).click();
  await bar.getByText('119 products selected').waitFor();
  await bar.getByRole('button', { name: 'Rename…' }).click();
  await dialog.getByText('Replace a part').click();
  await dialog.getByLabel('Part of the names').fill('Desk');
  await dialog.getByLabel('Replaced by').fill('Floor');
  await dialog.getByText('“Desk Lamp” becomes “Floor Lamp”.').waitFor();
  await expectAccessible(page);
  await dialog.getByRole('button', { name: 'Rename 38 products' }).click();
  await dialog.getByText('38 products were renamed.').waitFor();
  assert.equal((await productOf(server, 'lamp-000')).name, 'Floor Lamp');
  await assertCountsAreExact(server.database);
});

test('what is found is exported, and imports again as unchanged', async (t) => {
  const { server, page } = await openProducts(t, '/products?q=zebra');
  await expectSkus(page, ['zebra']);
  const started = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Export the products found as CSV' }).click();
  const download = await started;
  assert.equal(download.suggestedFilename(), 'products.csv');
  const file = await readFile(await download.path());
  assert.equal(file.toString(), '\ufeffsku,name,description\n"zebra",Lampshade of zebra,\n');
  assert.equal((await importAndWait(server.url, file)).rows.unchanged, 1);
  await visit(page, '/names?q=zebra');
  const href = await page.getByRole('link', { name: 'Export the names found as CSV' }).getAttribute('href');
  assert.equal(href, '/names.csv?filter=%7B%22words%22%3A%22zebra%22%7D&bom=true');
});
