// The Sources pages: setting up data sources, following their state, and confirming deletions.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Locator, Page } from 'playwright-core';
import {
  expectAccessible,
  expectAccessibleInAllColours,
  openPage,
  openTab,
  type PageOptions,
  PHONE,
  visit,
} from '../support/browser/browser.ts';
import { holdMerges } from '../support/imports/hold-lock.ts';
import { expectNoErrors, query } from '../support/server/graphql-client.ts';
import { ONE_LANE, startTestServer, type TestServer } from '../support/server/server.ts';
import {
  addSource,
  commandSource,
  type SourceInput,
  type SourceState,
  sourceImported,
  sourceReaches,
  sourceState,
  startSourcesServer,
  updateSource,
} from '../support/sources/data-sources.ts';
import { type FileHost, startFileHost } from '../support/sources/file-host.ts';
import { waitUntil } from '../support/wait-until.ts';
import { cardOf, ledgerOf, overflowing } from './support.ts';

const PATH = '/shop/products.csv';
const UNKNOWN = '0d9f6f0e-6a6c-4b0c-9f5e-0f0f0f0f0f0f';

/** Products `sku-<from>` to `sku-<to>`, the latter excluded. */
function fileOf(from: number, to: number): string {
  const rows = Array.from({ length: to - from }, (_, i) => `Lamp,sku-${from + i},Bright\n`);
  return `name,sku,description\n${rows.join('')}`;
}

interface Started {
  server: TestServer;
  host: FileHost;
  page: Page;
}

async function start(t: TestContext, options: PageOptions = {}): Promise<Started> {
  const server = await startSourcesServer(t);
  const host = await startFileHost(t);
  return { server, host, page: await openPage(t, server, options) };
}

/** Adds a source with a file of 10 products, and waits until it is imported. */
async function addShop({ server, host }: Omit<Started, 'page'>, input: Partial<SourceInput> = {}) {
  host.serve(PATH, fileOf(0, 10));
  const { id } = await addSource(server, { name: 'Shop', url: host.url + PATH, ...input });
  return sourceImported(server, id);
}

/** Adds a source whose next deletion needs confirmation. */
async function addAskingShop(started: Omit<Started, 'page'>): Promise<SourceState> {
  const { id } = await addShop(started, { mode: 'REPLACE' });
  started.host.serve(PATH, fileOf(0, 4));
  await commandSource(started.server, 'syncDataSource', id);
  return sourceReaches(started.server, id, 'asks', ({ state }) => state === 'CONFIRMATION_NEEDED');
}

async function saveProfile({ url }: TestServer, input: Record<string, unknown>): Promise<void> {
  const document = 'mutation ($input: ImportProfileInput!) { saveImportProfile(input: $input) { id } }';
  expectNoErrors(await query(url, document, { input }));
}

function field(page: Page, name: string): Locator {
  const wanted = { name, exact: true };
  return page.getByRole('textbox', wanted).or(page.getByRole('combobox', wanted));
}

function button(page: Page, name: string): Locator {
  return page.getByRole('button', { name, exact: true });
}

function rowOf(page: Page, name: string): Locator {
  return page.getByRole('row').filter({ has: page.getByRole('link', { name, exact: true }) });
}

/** The value next to a label in the details of a source. */
function fact(page: Page, name: string): Locator {
  return page.locator('dt').getByText(name, { exact: true }).locator('..').locator('dd');
}

async function heading(page: Page, name: string): Promise<void> {
  await page.getByRole('heading', { name, level: 1, exact: true }).waitFor();
}

async function expectFault(input: Locator, message: RegExp): Promise<void> {
  await input.and(input.page().locator('[aria-invalid=true]')).waitFor();
  const described = await input.evaluate(
    (element) =>
      (element.getAttribute('aria-describedby') ?? '')
        .split(' ')
        .map((id: string) => element.ownerDocument.getElementById(id)?.textContent)
        .join(' ') as string,
  );
  assert.match(described, message, 'the field says what is wrong with it');
  assert.equal(await input.evaluate((element) => element === element.ownerDocument.activeElement), true);
}

async function expectLedger(card: Locator, wanted: Record<string, number>): Promise<void> {
  let found: Record<string, number> = {};
  await waitUntil('the ledger is as it should be', async () => {
    found = await ledgerOf(card);
    return Object.entries(wanted).every(([name, number]) => found[name] === number);
  }).catch(() => assert.deepEqual(found, wanted));
}

test('a source can be added with the form, and its import appears without a reload', async (t) => {
  const { server, host, page } = await start(t);
  host.serve(PATH, fileOf(0, 10));
  await page.goto('/sources');
  await page.getByRole('link', { name: 'Add your first source' }).click();
  await heading(page, 'Add a source');
  await page.evaluate('window.isSamePage = true');
  await field(page, 'Name').fill('Shop');
  await field(page, 'Address').fill(host.url + PATH);
  await field(page, 'Check every').fill('2');
  await page.getByRole('combobox', { name: 'Unit' }).selectOption('hours');
  await page.getByRole('radio', { name: 'Add, update and delete' }).check();
  await field(page, 'Ask before deleting more than').fill('7');
  await button(page, 'Add a header').click();
  await field(page, 'Name of header 1').fill('Authorization');
  await field(page, 'Value of header 1').fill('Bearer 123');
  await button(page, 'Add the source').click();

  await heading(page, 'Shop');
  await page.getByText('Watching').waitFor();
  await expectLedger(cardOf(page, 'products.csv'), { Inserted: 10, Rejected: 0 });
  await fact(page, 'Products imported').getByText('10', { exact: true }).waitFor();
  assert.equal(await fact(page, 'Checked').textContent(), 'every 2 hours');
  assert.equal(await fact(page, 'Headers sent').textContent(), 'authorization');
  const id = page.url().split('/').at(-1) ?? '';
  const state = await sourceState(server, id);
  assert.deepEqual([state?.mode, state?.intervalSeconds, state?.kind], ['REPLACE', 7200, 'HTTP']);
  const [{ share } = {}] = await server.database.sql`SELECT max_deleted_share AS share FROM data_sources`;
  assert.equal(share, 0.07);
  assert.equal(host.requests[0]?.headers.authorization, 'Bearer 123');

  // Goes back to the list, not to the submitted form.
  await page.goBack();
  await heading(page, 'Sources');
  await rowOf(page, 'Shop').getByText('Watching').waitFor();
  await rowOf(page, 'Shop').getByRole('cell', { name: '10', exact: true }).waitFor();
  assert.equal(await page.evaluate('window.isSamePage'), true);
});

test('a data source server can be added with only the keyboard', async (t) => {
  const { host, page } = await start(t);
  host.answer('/sense', (_request, response) => response.end('1'));
  host.answer('/read', (_request, response) => response.end(fileOf(0, 3)));
  await page.goto('/sources/new');
  await field(page, 'Name').focus();
  await page.keyboard.type('Folder');
  await page.keyboard.press('Tab');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Tab');
  await page.keyboard.type(host.url);
  await page.keyboard.press('Enter');
  await heading(page, 'Folder');
  assert.equal(await fact(page, 'Kind').textContent(), 'A data source server');
  await fact(page, 'Products imported').getByText('3', { exact: true }).waitFor();
  assert.ok(host.count('/read', 200) >= 1);
});

test('server-side validation errors appear at their field, and no input is lost', async (t) => {
  const server = await startTestServer(t, { ...ONE_LANE, allowPrivateSources: false });
  await addSource(server, { name: 'Taken', url: 'https://shop.invalid/' });
  const page = await openPage(t, server);
  await page.goto('/sources/new');
  await field(page, 'Name').fill('Taken');
  await button(page, 'Add the source').click();
  await expectFault(field(page, 'Address'), /complete URL/);
  await field(page, 'Address').fill('http://127.0.0.1/products.csv');
  await button(page, 'Add the source').click();
  await expectFault(field(page, 'Address'), /not on the public internet/);
  await expectAccessible(page);
  await field(page, 'Address').fill('https://shop.invalid/products.csv');
  await button(page, 'Add the source').click();
  await expectFault(field(page, 'Name'), /Another data source has the name/);
  await field(page, 'Name').fill('Free');
  await field(page, 'Check every').fill('often');
  await button(page, 'Add the source').click();
  await expectFault(field(page, 'Check every'), /Enter a number/);
  await field(page, 'Check every').fill('999999');
  await button(page, 'Add the source').click();
  await expectFault(field(page, 'Check every'), /30 days/);
  await field(page, 'Check every').fill('1');
  await button(page, 'Add a header').click();
  await field(page, 'Name of header 1').fill('Host');
  await field(page, 'Value of header 1').fill('elsewhere');
  await button(page, 'Add the source').click();
  await page.getByRole('group', { name: 'Headers' }).getByText('The header Host cannot be set').waitFor();
  await expectAccessible(page);
  await button(page, 'Remove header 1').click();
  await button(page, 'Add the source').click();
  await heading(page, 'Free');
  await fact(page, 'Checked').getByText('every minute').waitFor();
});

test('a changed source is imported when a check is requested', async (t) => {
  const { server, host, page } = await start(t);
  const { id } = await addShop({ server, host });
  const tab = await openTab(page);
  await tab.goto('/sources');
  await rowOf(tab, 'Shop').getByRole('cell', { name: '10', exact: true }).waitFor();
  await page.goto(`/sources/${id}`);
  await button(page, 'Check now').click();
  await page.getByText('Checked: the catalogue is up to date.').waitFor();
  assert.ok(host.count(PATH, 304) >= 1);

  host.serve(PATH, fileOf(0, 12));
  await button(page, 'Check now').click();
  await expectLedger(cardOf(page, 'products.csv'), { Inserted: 2, Unchanged: 10 });
  await fact(page, 'Products imported').getByText('12', { exact: true }).waitFor();
  await rowOf(tab, 'Shop').getByRole('cell', { name: '12', exact: true }).waitFor();
  await page.getByRole('link', { name: 'products.csv' }).click();
  await heading(page, 'products.csv');
  await page.getByRole('link', { name: 'Shop', exact: true }).click();
  await heading(page, 'Shop');
});

test('a running import appears on both pages, and the list of imports shows its source', async (t) => {
  const { server, host, page } = await start(t);
  const lock = await holdMerges(t, server);
  host.serve(PATH, fileOf(0, 10));
  await page.goto('/sources');
  await page.getByText('No sources yet').waitFor();
  const { id } = await addSource(server, { name: 'Shop', url: host.url + PATH });
  await rowOf(page, 'Shop').getByText('Importing').waitFor();
  await rowOf(page, 'Shop').getByRole('progressbar', { name: 'Import of products.csv' }).waitFor();
  await page.getByRole('link', { name: 'Shop', exact: true }).click();
  const running = page.getByRole('region', { name: 'Running import' });
  await running.getByRole('progressbar', { name: 'Import of products.csv' }).waitFor();
  await page.getByText('Nothing has been imported from this source yet').waitFor();
  const tab = await openTab(page);
  await tab.goto('/');
  for (const path of ['/', '/imports']) {
    await visit(tab, path);
    await tab.getByRole('link', { name: 'Shop', exact: true }).waitFor();
  }
  await tab.getByRole('link', { name: 'Shop', exact: true }).click();
  await tab.waitForURL(`**/sources/${id}`);

  await lock.release();
  await running.waitFor({ state: 'detached' });
  await expectLedger(cardOf(page, 'products.csv'), { Inserted: 10 });
});

test('a failing source shows the reason until it recovers', async (t) => {
  const { server, host, page } = await start(t);
  const { id } = await addShop({ server, host });
  const tab = await openTab(page);
  await tab.goto('/sources');
  await page.goto(`/sources/${id}`);
  host.answer(PATH, (_request, response) => response.writeHead(503).end());
  await button(page, 'Check now').click();
  const alert = page.getByRole('alert').filter({ hasText: 'SOURCE_STATUS' });
  await alert.getByText('answered 503').waitFor();
  await page.getByText('Failing').waitFor();
  await rowOf(tab, 'Shop').getByText('Failing').waitFor();
  await rowOf(tab, 'Shop').getByText('answered 503').waitFor();
  await button(page, 'Check now').click();
  await alert.getByText('2 failures in a row').waitFor();
  await rowOf(tab, 'Shop').getByText('2 failures in a row: ').waitFor();
  await expectAccessible(page);
  await expectAccessible(tab);

  host.serve(PATH, fileOf(0, 11));
  await button(page, 'Check now').click();
  await alert.waitFor({ state: 'detached' });
  await page.getByText('Watching').waitFor();
  await rowOf(tab, 'Shop').getByText('Watching').waitFor();
  await expectLedger(cardOf(page, 'products.csv'), { Inserted: 1 });
});

test('a source links to its imports, including failed ones', async (t) => {
  const { server, host, page } = await start(t);
  const shop = await addShop({ server, host });
  host.serve(PATH, 'no header\n');
  await commandSource(server, 'syncDataSource', shop.id);
  await sourceReaches(server, shop.id, 'fails', ({ state }) => state === 'FAILING');
  host.serve('/other.csv', fileOf(20, 25));
  const other = await addSource(server, { name: 'Other', url: `${host.url}/other.csv` });
  await sourceImported(server, other.id);

  await page.goto(`/sources/${shop.id}`);
  await page.getByRole('link', { name: 'All imports from this source' }).click();
  const imports = page.getByRole('row').filter({ has: page.getByRole('link', { name: /\.csv$/ }) });
  await page.getByText('From one source').waitFor();
  await waitUntil('both are there', async () => (await imports.count()) === 2);
  assert.equal(await imports.filter({ hasText: 'Failed' }).count(), 1);
  await button(page, 'show all').click();
  await waitUntil('all are there', async () => (await imports.count()) === 3);
  await page.goBack();
  await waitUntil('both are there again', async () => (await imports.count()) === 2);

  await visit(page, `/imports?source=${UNKNOWN}`);
  await page.getByText('No imports from this source').waitFor();
  await button(page, 'Show all').click();
  await waitUntil('all are there', async () => (await imports.count()) === 3);
});

test('a source can be paused and resumed', async (t) => {
  const { server, host, page } = await start(t);
  const { id } = await addShop({ server, host });
  await page.goto(`/sources/${id}`);
  await button(page, 'Pause').click();
  await page.getByText('Next check: when resumed').waitFor();
  assert.equal((await sourceState(server, id))?.state, 'PAUSED');
  host.serve(PATH, fileOf(0, 12));
  await page.reload();
  await button(page, 'Resume').click();
  await button(page, 'Pause').waitFor();
  await expectLedger(cardOf(page, 'products.csv'), { Inserted: 2 });
  // Paused by another user.
  await commandSource(server, 'pauseDataSource', id);
  await button(page, 'Resume').waitFor();
});

test('a deletion above the limit asks for confirmation, and is made once confirmed', async (t) => {
  const { server, host, page } = await start(t);
  const { id } = await addAskingShop({ server, host });
  await page.goto('/imports');
  await page
    .getByRole('row', { name: /Too many products would be deleted/ })
    .getByRole('link', { name: 'products.csv' })
    .click();
  await page.getByRole('link', { name: 'Review the deletion' }).click();
  await page.waitForURL(`**/sources/${id}`);
  await page.getByText('Needs confirmation').waitFor();
  const question = page.getByRole('alert').filter({ hasText: 'Delete 6 products?' });
  await question.getByText('6 of the 10 products').waitFor();
  assert.deepEqual(
    await question.getByRole('listitem').allInnerTexts(),
    [4, 5, 6, 7, 8, 9].map((number) => `sku-${number}`),
  );
  await expectAccessible(page);
  assert.equal((await server.database.sql`SELECT FROM products`).length, 10, 'nothing is deleted unasked');

  await button(page, 'Delete 6 products').click();
  await question.waitFor({ state: 'detached' });
  await page.getByText('Watching').waitFor();
  await expectLedger(cardOf(page, 'products.csv'), { Unchanged: 4, Deleted: 6 });
  await fact(page, 'Products imported').getByText('4', { exact: true }).waitFor();
  assert.equal((await server.database.sql`SELECT FROM products`).length, 4);
  await page.goto('/imports');
  await page.getByText('6 deleted').waitFor();
  // The bar covers the 4 rows of the file.
  await page.getByRole('img', { name: '4 unchanged, 6 deleted' }).waitFor();
});

test('a confirmation request disappears once a corrected file is imported', async (t) => {
  const { server, host, page } = await start(t);
  const { id } = await addAskingShop({ server, host });
  await page.goto('/sources');
  await rowOf(page, 'Shop').getByText('Needs confirmation').waitFor();
  await page.getByRole('link', { name: 'Shop', exact: true }).click();
  await button(page, 'Delete 6 products').waitFor();
  host.serve(PATH, fileOf(0, 9));
  await commandSource(server, 'syncDataSource', id);
  await button(page, 'Delete 6 products').waitFor({ state: 'detached' });
  await expectLedger(cardOf(page, 'products.csv'), { Unchanged: 9, Deleted: 1 });
});

test('headers are kept unless replaced, and their values are not shown', async (t) => {
  const { server, host, page } = await start(t);
  const headers = [
    { name: 'Authorization', value: 'first secret' },
    { name: 'X-Shop', value: 'second secret' },
  ];
  const { id } = await addShop({ server, host }, { headers });
  await page.goto(`/sources/${id}`);
  await page.getByRole('link', { name: 'Edit' }).click();
  await heading(page, 'Edit Shop');
  assert.equal(await field(page, 'Name of header 1').inputValue(), 'authorization');
  assert.equal(await field(page, 'Value of header 1').inputValue(), '');
  assert.equal(await button(page, 'Save').isEnabled(), false, 'there is nothing to save');
  await field(page, 'Name').fill('Corner shop');
  await field(page, 'Check every').fill('2');
  // A change by another user, which saving this form must not overwrite.
  await updateSource(server, id, { mode: 'REPLACE' });
  await button(page, 'Save').click();
  await heading(page, 'Corner shop');
  const renamed = await sourceState(server, id);
  assert.deepEqual([renamed?.mode, renamed?.intervalSeconds], ['REPLACE', 2 * 86_400]);
  host.serve(PATH, fileOf(0, 11));
  await button(page, 'Check now').click();
  await expectLedger(cardOf(page, 'products.csv'), { Inserted: 1 });
  assert.equal(host.requests.at(-1)?.headers.authorization, 'first secret');

  await page.getByRole('link', { name: 'Edit' }).click();
  await heading(page, 'Edit Corner shop');
  await field(page, 'Value of header 2').fill('third secret');
  await button(page, 'Save').click();
  await page.getByText('Enter the value of each header again').waitFor();
  await field(page, 'Address').fill('https://elsewhere.invalid/');
  await field(page, 'Address').fill(host.url + PATH);
  await button(page, 'Remove header 1').click();
  await button(page, 'Save').click();
  await heading(page, 'Corner shop');
  await fact(page, 'Headers sent').getByText('x-shop', { exact: true }).waitFor();
  await waitUntil('the new header is sent alone', () => {
    const sent = host.requests.at(-1)?.headers;
    return sent?.['x-shop'] === 'third secret' && sent.authorization === undefined;
  });
  assert.doesNotMatch(await page.content(), /secret/);
});

test('the form warns about keeping headers when the URL changes to another host', async (t) => {
  const { server, host, page } = await start(t);
  const { id } = await addShop({ server, host }, { headers: [{ name: 'X-Shop', value: 'secret' }] });
  await page.goto(`/sources/${id}/edit`);
  const warning = page.getByText('will be sent to the new address');
  await field(page, 'Address').fill(`${host.url}/other.csv`);
  assert.equal(await warning.count(), 0);
  await field(page, 'Address').fill('https://elsewhere.invalid/other.csv');
  await warning.waitFor();
  await button(page, 'Remove header 1').click();
  await warning.waitFor({ state: 'detached' });
});

test('reading options of a source can be set, are shown, and can be reset to automatic detection', async (t) => {
  const { server, host, page } = await start(t);
  const body = Buffer.from('sku^name^description\na-1^Gr\u00f6\u00dfe^ok\n', 'latin1');
  host.answer(PATH, (_request, response) => response.end(body));
  await page.goto('/sources/new');
  await field(page, 'Name').fill('Shop');
  await field(page, 'Address').fill(host.url + PATH);
  await field(page, 'Encoding').fill('klingon');
  await field(page, 'Maximum rejected rows').fill('many');
  await button(page, 'Add the source').click();
  await expectFault(field(page, 'Maximum rejected rows'), /Enter a whole number/);
  await field(page, 'Maximum rejected rows').fill('5');
  await button(page, 'Add the source').click();
  await expectFault(field(page, 'Encoding'), /not a known encoding/);
  await field(page, 'Encoding').fill(' windows-1252 ');
  await field(page, 'Delimiter').fill('^');
  await page.getByRole('checkbox', { name: 'Treat quotes as ordinary characters' }).check();
  await button(page, 'Add the source').click();
  await heading(page, 'Shop');
  await expectLedger(cardOf(page, 'products.csv'), { Inserted: 1, Rejected: 0 });
  const [product] = await server.database.sql`SELECT name, description FROM products`;
  assert.deepEqual({ ...product }, { name: 'Größe', description: 'ok' });
  for (const [name, value] of [
    ['Encoding', 'Western European (Windows-1252)'],
    ['Delimiter', '“^”'],
    ['Quotes', 'ordinary characters'],
    ['Rejected rows', 'at most 5'],
  ] as const)
    assert.equal(await fact(page, name).textContent(), value);

  const id = page.url().split('/').at(-1) ?? '';
  await page.getByRole('link', { name: 'Edit' }).click();
  await heading(page, 'Edit Shop');
  assert.equal(await field(page, 'Encoding').inputValue(), 'windows-1252');
  assert.equal(await button(page, 'Save').isEnabled(), false, 'there is nothing to save');
  await field(page, 'Encoding').fill('');
  await field(page, 'Delimiter').fill('tab');
  await expectAccessible(page);
  await button(page, 'Save').click();
  await heading(page, 'Shop');
  const state = await sourceState(server, id);
  assert.deepEqual(
    [state?.encoding, state?.delimiter, state?.quoting, state?.maxRejectedRows],
    [null, '\t', 'NONE', 5],
  );
});

test('a profile, columns, filled-in values and the rule for duplicates can be set, are shown, and can be unset', async (t) => {
  const { server, host, page } = await start(t);
  await saveProfile(server, { name: 'Winter', delimiter: ';', keepColumns: true, onDuplicate: 'FIRST_WINS' });
  host.serve(PATH, 'Number;Label;colour\na-1;Lamp;red\na-1;Again;blue\na-2;;green\n');
  await page.goto('/sources/new');
  await field(page, 'Name').fill('Shop');
  await field(page, 'Address').fill(host.url + PATH);
  await field(page, 'Profile').selectOption('Winter');
  const winter = page.getByRole('group', { name: 'What the profile Winter says' });
  assert.deepEqual(await winter.locator('dd').allTextContents(), [
    'kept as attributes',
    'The first one is imported',
    'semicolons',
  ]);
  assert.equal(
    await field(page, 'Other columns').locator('option:checked').textContent(),
    'As the profile says',
  );
  await field(page, 'Column with the SKU').fill('Number');
  await field(page, 'Column with the name').fill('number ');
  await page.getByRole('checkbox', { name: 'Fill in a name where it is missing' }).check();
  await button(page, 'Add the source').click();
  await expectFault(field(page, 'Name for products without one'), /Enter a name/);
  await field(page, 'Name for products without one').fill('Nameless');
  await page.getByRole('checkbox', { name: 'Fill in a description where it is missing' }).check();
  await button(page, 'Add the source').click();
  const columns = page.getByRole('group', { name: 'Columns' });
  await columns.getByText('The choice of columns uses the column "number" for SKU and for NAME').waitFor();
  assert.equal(await columns.locator('[aria-invalid=true]').count(), 2);
  await field(page, 'Column with the name').fill('Label');
  await expectAccessible(page);
  await button(page, 'Add the source').click();

  await heading(page, 'Shop');
  await expectLedger(cardOf(page, 'products.csv'), { Inserted: 2, Superseded: 1, Rejected: 0 });
  for (const [name, value] of [
    ['Profile', 'Winter'],
    ['Columns', 'SKU from “Number”, Name from “Label”'],
    ['Filled in', 'Name: “Nameless”, Description: empty'],
  ] as const)
    assert.equal(await fact(page, name).textContent(), value);
  const stored = await server.database.sql`SELECT sku, name, attributes FROM products ORDER BY sku`;
  assert.deepEqual(
    stored.map((row) => ({ ...row })),
    [
      { sku: 'a-1', name: 'Lamp', attributes: { colour: 'red' } },
      { sku: 'a-2', name: 'Nameless', attributes: { colour: 'green' } },
    ],
  );

  // Of a profile that is deleted meanwhile, and of what it said.
  await server.database.sql`DELETE FROM import_profiles WHERE name = 'Winter'`;
  await page.getByRole('link', { name: 'Edit' }).click();
  await heading(page, 'Edit Shop');
  await page.getByText('This profile is gone.').waitFor();
  assert.equal(await field(page, 'Profile').inputValue(), 'Winter');
  assert.equal(await field(page, 'Column with the name').inputValue(), 'Label');
  assert.equal(await button(page, 'Save').isEnabled(), false, 'there is nothing to save');
  await field(page, 'Profile').selectOption('');
  await field(page, 'Other columns').selectOption('Kept as attributes of the products');
  await field(page, 'If several rows have the same SKU').selectOption('None is imported');
  await page.getByRole('checkbox', { name: 'Fill in a description where it is missing' }).uncheck();
  await field(page, 'Column with the name').fill('');
  await page.getByRole('link', { name: 'Cancel' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Keep editing' }).click();
  // A change by another user, which saving this form must not overwrite.
  const id = page.url().split('/').at(-2) ?? '';
  await updateSource(server, id, { sheet: 'May' });
  await button(page, 'Save').click();
  await heading(page, 'Shop');
  await fact(page, 'Same SKU').getByText('None is imported').waitFor();
  await fact(page, 'Sheet').getByText('May').waitFor();
  assert.equal(await fact(page, 'Profile').count(), 0);
  assert.equal(await fact(page, 'Columns').textContent(), 'SKU from “Number”');
  assert.equal(await fact(page, 'Other columns').textContent(), 'kept as attributes');
  assert.equal(await fact(page, 'Filled in').textContent(), 'Name: “Nameless”');
});

test('removing a source asks for confirmation and says that its products stay', async (t) => {
  const { server, host, page } = await start(t);
  const { id } = await addShop({ server, host });
  const tab = await openTab(page);
  await tab.goto(`/sources/${id}`);
  await heading(tab, 'Shop');
  await page.goto('/sources');
  await page.getByRole('link', { name: 'Shop', exact: true }).click();
  await button(page, 'Remove').click();
  const dialog = page.getByRole('dialog', { name: 'Remove Shop?' });
  await dialog.getByText('Its products stay').waitFor();
  await expectAccessible(page);
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  await button(page, 'Remove').and(page.locator(':focus')).waitFor();
  assert.equal((await sourceState(server, id))?.name, 'Shop');

  await button(page, 'Remove').click();
  await dialog.getByRole('button', { name: 'Remove the source' }).click();
  await page.getByText('Shop was removed').waitFor();
  await page.getByText('No sources yet').waitFor();
  assert.equal(new URL(page.url()).pathname, '/sources');
  assert.equal(await sourceState(server, id), null);
  assert.equal((await server.database.sql`SELECT FROM products`).length, 10);
  await heading(tab, 'Source not found');
});

test('every page of a source has its own URL, and an unknown source is reported', async (t) => {
  const { server, host, page } = await start(t);
  const { id } = await addShop({ server, host });
  await page.goto(`/sources/${id}`);
  await heading(page, 'Shop');
  assert.equal(await page.title(), 'Shop · Loadstone');
  await page.getByRole('main').getByRole('link', { name: 'Sources' }).click();
  await heading(page, 'Sources');
  await page.goBack();
  await heading(page, 'Shop');
  await page.getByRole('link', { name: 'Edit' }).click();
  await heading(page, 'Edit Shop');
  await page.reload();
  await heading(page, 'Edit Shop');
  await page.getByRole('link', { name: 'Cancel' }).click();
  await heading(page, 'Shop');
  await page.goto('/sources/new');
  await heading(page, 'Add a source');
  for (const path of [UNKNOWN, 'nonsense', `${UNKNOWN}/edit`, 'nonsense/edit']) {
    await visit(page, '/sources/new');
    await heading(page, 'Add a source');
    await visit(page, `/sources/${path}`);
    await heading(page, 'Source not found');
  }
  await expectAccessible(page);
  await page.getByRole('link', { name: 'Show all sources' }).click();
  await rowOf(page, 'Shop').waitFor();
});

test('sources are paginated, and the list updates when others add, rename or remove some', async (t) => {
  const { server, host, page } = await start(t);
  const ids: string[] = [];
  // There is no file: a check that fails costs less than an import.
  for (let number = 10; number < 38; number += 1) {
    const { id } = await addSource(server, { name: `Shop ${number}`, url: host.url + PATH });
    ids.push(id);
  }
  await page.goto('/sources');
  await rowOf(page, 'Shop 34').waitFor();
  assert.equal(await page.getByRole('row').count(), 1 + 25);
  await button(page, 'Next').click();
  await rowOf(page, 'Shop 35').waitFor();
  assert.equal(await page.getByRole('row').count(), 1 + 3);
  await page.reload();
  await rowOf(page, 'Shop 37').waitFor();
  await commandSource(server, 'removeDataSource', ids.at(-1) ?? '');
  await rowOf(page, 'Shop 37').waitFor({ state: 'detached' });
  await updateSource(server, ids.at(-2) ?? '', { name: 'Warehouse' });
  await rowOf(page, 'Warehouse').waitFor();
  await addSource(server, { name: 'Zebra', url: host.url + PATH });
  await rowOf(page, 'Zebra').waitFor();
  await page.goBack();
  await rowOf(page, 'Shop 10').waitFor();

  await visit(page, '/sources?after=nonsense');
  await page.getByText('The address names a page of the list that is not there').waitFor();
  await button(page, 'Try again').click();
  await rowOf(page, 'Shop 10').waitFor();
});

test('a failed load shows the reason and is repeated', async (t) => {
  const { server, host, page } = await start(t, { expected: [/Failed to load resource/] });
  const { id } = await addShop({ server, host });
  for (const [path, title] of [
    ['/sources', 'The sources could not be loaded'],
    [`/sources/${id}`, 'The source could not be loaded'],
    [`/sources/${id}/edit`, 'The source could not be loaded'],
  ] as const) {
    await page.route('**/graphql', (route) => route.abort());
    await page.goto(path);
    await page.getByText(title).waitFor();
    await page.unroute('**/graphql');
    await page.getByText(title).waitFor({ state: 'detached' });
    await page.getByText('Shop').first().waitFor();
  }
});

test('the pages stay correct through a server restart', async (t) => {
  const away = [/WebSocket/, /Failed to load resource/, /ERR_CONNECTION/];
  const { server, host, page } = await start(t, { expected: away });
  const { id } = await addShop({ server, host });
  const tab = await openTab(page);
  await page.goto(`/sources/${id}`);
  await tab.goto('/sources');
  await rowOf(tab, 'Shop').waitFor();
  await heading(page, 'Shop');
  const { dataDir, databaseUrl } = server.settings;
  await server.close();
  const connection = page.getByRole('status', { name: 'Connection' });
  await connection.getByText('Reconnecting').waitFor();
  const port = Number(new URL(server.url).port);
  const again = await startTestServer(t, {
    ...ONE_LANE,
    port,
    dataDir,
    databaseUrl,
    allowPrivateSources: true,
  });
  // Probably before the page has reconnected.
  await updateSource(again, id, { name: 'Corner shop' });
  host.serve(PATH, fileOf(0, 12));
  await commandSource(again, 'syncDataSource', id);
  await connection.getByText('Live').waitFor();
  await heading(page, 'Corner shop');
  await expectLedger(cardOf(page, 'products.csv'), { Inserted: 2 });
  await rowOf(tab, 'Corner shop').getByRole('cell', { name: '12', exact: true }).waitFor();
});

test('is accessible on a desk and on a phone, in light and dark colours', async (t) => {
  const server = await startSourcesServer(t);
  const host = await startFileHost(t);
  const { id, deletionToConfirm } = await addAskingShop({ server, host });
  const long = `${host.url}/${'a-long-way-down-'.repeat(12)}products.csv`;
  const headers = [{ name: 'X-Shop', value: 'secret' }];
  const profile = 'profile'.repeat(20);
  const mapping = [{ column: 'column'.repeat(30), field: 'SKU' }];
  const defaults = [{ field: 'NAME', value: 'nameless'.repeat(30) }];
  await saveProfile(server, { name: profile, mapping, defaults });
  const options = { headers, profile, mapping, defaults };
  const failing = await addSource(server, { name: 'unbroken'.repeat(20), url: long, ...options });
  await sourceReaches(server, failing.id, 'fails', ({ state }) => state === 'FAILING');
  await commandSource(server, 'pauseDataSource', (await addSource(server, { url: host.url })).id);
  const seen: Record<string, string> = {
    '/sources': 'Needs confirmation',
    [`/sources/${id}`]: 'Delete 6 products?',
    [`/sources/${failing.id}`]: 'answered 404',
    [`/sources/${failing.id}/edit`]: 'Saved values are never shown',
    '/sources/new': 'Add the source',
    '/imports': 'Too many products would be deleted',
    [`/imports/${deletionToConfirm?.importId}`]: 'Review the deletion',
  };
  for (const [device, options] of [
    ['a desk', {}],
    ['a phone', { ...PHONE, viewport: { width: 360, height: 740 } }],
  ] as const) {
    const page = await openPage(t, server, options);
    await page.goto('/sources');
    for (const [path, text] of Object.entries(seen)) {
      await visit(page, path);
      await page.getByText(text).first().waitFor();
      if (path === '/sources/new') {
        await page.getByRole('radio', { name: 'Add, update and delete' }).check();
        await button(page, 'Add a header').click();
        await button(page, 'Add the source').click();
        await page.getByText('needs a name').waitFor();
        await page.locator('button[data-loading]').waitFor({ state: 'detached' });
      }
      await expectAccessibleInAllColours(page);
      assert.deepEqual(await overflowing(page), [], `wider than ${device}: ${path}`);
    }
    await page.context().close();
  }
});
