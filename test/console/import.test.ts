// The Import page: sending files, following their progress, cancelling them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expectAccessible, openPage, openTab } from '../support/browser/browser.ts';
import { holdMerges } from '../support/imports/hold-lock.ts';
import { expectNoErrors, importAndWait, query } from '../support/server/graphql-client.ts';
import { ONE_LANE, startTestServer, type TestServer } from '../support/server/server.ts';
import { waitUntil } from '../support/wait-until.ts';
import {
  cardOf,
  chooseFiles,
  csvFile,
  importFiles,
  ledgerOf,
  limitUploads,
  productFile,
  valuesOf,
} from './support.ts';

interface Listed {
  id: string;
  fileName: string;
  status: string;
}

async function importsOf({ url }: TestServer): Promise<Listed[]> {
  const document = '{ imports { nodes { id fileName status } } }';
  const answer = await query<{ imports: { nodes: Listed[] } }>(url, document);
  return expectNoErrors(answer).imports.nodes;
}

async function countProducts({ url }: TestServer): Promise<number> {
  const answer = await query<{ products: { totalCount: number } }>(url, '{ products { totalCount } }');
  return expectNoErrors(answer).products.totalCount;
}

test('offers a sample on the first visit and shows the outcome of its rows', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const page = await openPage(t, server);
  await page.goto('/');
  await page.getByRole('heading', { name: 'The catalogue is empty' }).waitFor();
  await expectAccessible(page);

  await page.getByRole('button', { name: 'Import a sample' }).click();
  const card = cardOf(page, 'sample-products.csv');
  await card.getByText('Completed').waitFor();
  assert.deepEqual(await ledgerOf(card), {
    Inserted: 5000,
    Updated: 0,
    Unchanged: 0,
    Superseded: 51,
    Rejected: 6,
  });
  assert.equal(await countProducts(server), 5000);
  await card.getByText(/^5,057 rows in [\d.]+ s$/).waitFor();
  await expectAccessible(page);

  await page.getByRole('button', { name: 'its next edition' }).click();
  const next = cardOf(page, 'sample-products-next-season.csv');
  await next.getByText('Completed').waitFor();
  assert.deepEqual(await ledgerOf(next), {
    Inserted: 250,
    Updated: 550,
    Unchanged: 4450,
    Superseded: 51,
    Rejected: 6,
  });
  await card.getByRole('link', { name: 'View 6 rejected rows and 51 superseded rows' }).click();
  await page.getByRole('heading', { name: 'sample-products.csv', level: 1 }).waitFor();
  // The link scrolls to the issues, below the page header.
  const heading = page.getByRole('heading', { name: 'Issues' });
  await heading.waitFor();
  await waitUntil('the issues are near the top', async () => {
    const box = await heading.boundingBox();
    return box !== null && box.y > 56 && box.y < 400;
  });
});

test('sends many files one after another, and leaves out an empty one', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const page = await openPage(t, server);
  await page.goto('/');
  const names = ['one.csv', 'two.csv', 'three.csv', 'four.csv', 'five.csv'];
  const files = names.map((name, index) =>
    csvFile(name, ['name,sku,description', `A,${index},${'x'.repeat(200_000)}`]),
  );
  await chooseFiles(page, ...files, { name: 'empty.csv', mimeType: 'text/csv', buffer: Buffer.alloc(0) });
  await page.getByText('There is nothing in the file').waitFor();
  const unlimit = await limitUploads(page, 100_000);
  await page.getByRole('button', { name: 'Import 5 files' }).click();
  await cardOf(page, 'four.csv').getByText('Waiting for other uploads').waitFor();
  await cardOf(page, 'five.csv').getByRole('button', { name: 'Cancel five.csv' }).click();
  await cardOf(page, 'five.csv').getByText('nothing was imported').waitFor();
  await unlimit();
  for (const name of names.slice(0, 4)) await cardOf(page, name).getByText('Completed').waitFor();
  await page.getByRole('button', { name: 'Import empty.csv', disabled: true }).waitFor();
  assert.equal(await countProducts(server), 4);
});

test('shows the upload and row progress of several files', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const page = await openPage(t, server);
  await page.goto('/');
  const unlimit = await limitUploads(page, 500_000);
  await importFiles(page, productFile('large.csv', 80_000, 60));
  await importAndWait(server.url, 'name,sku\nA,a\n', { fileName: 'bad.csv' });

  const card = cardOf(page, 'large.csv');
  const uploads = await valuesOf(card.getByRole('progressbar', { name: 'Upload of large.csv' }), 4);
  assert.deepEqual(
    uploads,
    uploads.toSorted((a, b) => a - b),
    'an upload only grows',
  );
  await card.getByText(/of 6\.\d MB/).waitFor();
  // Rows are read while the file is still arriving.
  await valuesOf(card.getByRole('progressbar', { name: 'Import of large.csv' }), 2);
  await expectAccessible(page);
  await unlimit();

  await card.getByText('Completed').waitFor();
  assert.equal((await ledgerOf(card))['Inserted'], 80_000);

  const failed = cardOf(page, 'bad.csv');
  await failed.getByText('Failed').waitFor();
  await failed.getByText('MISSING_COLUMN').waitFor();
  await failed.getByText(/description/).waitFor();
  assert.equal(await countProducts(server), 80_000);
});

test('accepts files by drag and drop and by keyboard', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const page = await openPage(t, server);
  await page.goto('/');
  await page.getByRole('button', { name: 'Choose files' }).waitFor();
  const dataTransfer = await page.evaluateHandle(`(() => {
    const transfer = new DataTransfer();
    for (const name of ['one.csv', 'two.csv'])
      transfer.items.add(new File(['name,sku,description\\nA,' + name + ',\\n'], name));
    return transfer;
  })()`);
  await page.getByText('Drop files here').dispatchEvent('drop', { dataTransfer });
  await page.getByRole('button', { name: 'Import all' }).click();
  for (const name of ['one.csv', 'two.csv']) await cardOf(page, name).getByText('Completed').waitFor();

  const fileChooser = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: 'Choose files' }).focus();
  await page.keyboard.press('Enter');
  await (await fileChooser).setFiles([csvFile('three.csv', ['name,sku,description', 'A,three,'])]);
  // The next stop is the button that imports the file.
  await page.locator('h2:focus').getByText('1 file to import').waitFor();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await cardOf(page, 'three.csv').getByText('Completed').waitFor();
  assert.equal(await countProducts(server), 3);
});

test('cancels a file while it is being sent', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const page = await openPage(t, server);
  await page.goto('/');
  await limitUploads(page, 1_000_000);
  await importFiles(page, productFile('large.csv', 100_000, 60));
  const card = cardOf(page, 'large.csv');
  await valuesOf(card.getByRole('progressbar', { name: 'Import of large.csv' }), 1);

  await card.getByRole('button', { name: 'Cancel large.csv' }).click();
  await card.getByText('The catalogue is unchanged').waitFor();
  const [cancelled] = await importsOf(server);
  assert.equal(cancelled?.status, 'CANCELLED');
  assert.equal(await countProducts(server), 0);
});

test('cancels an uploaded import from another tab, which shows it too', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  await holdMerges(t, server);
  const page = await openPage(t, server);
  await page.goto('/');
  await importFiles(page, productFile('held.csv', 1000));
  await cardOf(page, 'held.csv').getByText('Writing products').first().waitFor();

  const tab = await openTab(page);
  await tab.goto('/');
  await cardOf(tab, 'held.csv').getByText('Writing products').first().waitFor();
  await tab.getByRole('link', { name: /^Import\b.*1 running/ }).waitFor();
  await cardOf(tab, 'held.csv').getByRole('button', { name: 'Cancel held.csv' }).click();
  // Products are being written, so the page asks first; Escape goes on.
  await tab.getByRole('dialog').getByText('Stop importing held.csv?').waitFor();
  await tab.keyboard.press('Escape');
  await tab.getByRole('dialog').waitFor({ state: 'detached' });
  await cardOf(tab, 'held.csv').getByRole('button', { name: 'Cancel held.csv' }).click();
  await tab.getByRole('button', { name: 'Stop it' }).click();
  for (const each of [page, tab]) await cardOf(each, 'held.csv').getByText('Cancelled').first().waitFor();
  // Announced to screen readers.
  for (const each of [page, tab]) await each.getByRole('status').getByText('held.csv: cancelled.').waitFor();
  assert.equal(await countProducts(server), 0);
});

test('asks for confirmation to close the tab only while a file is being sent', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const page = await openPage(t, server);
  await page.goto('/');
  const unlimit = await limitUploads(page, 200_000);
  await importFiles(page, productFile('large.csv', 50_000, 60));
  // The upload continues on another page.
  await page.getByRole('link', { name: 'History', exact: true }).click();
  await page.getByRole('heading', { name: 'Import history', level: 1 }).waitFor();
  const warned = page.waitForEvent('dialog');
  await page.close({ runBeforeUnload: true });
  const dialog = await warned;
  assert.equal(dialog.type(), 'beforeunload');
  await dialog.dismiss();

  await unlimit();
  await page
    .getByRole('row', { name: /large\.csv/ })
    .getByText('Completed')
    .waitFor();
  const closed = page.waitForEvent('close');
  await page.close({ runBeforeUnload: true });
  await closed;
});

test('says why a file was rejected, and lets the user remove it from the page', async (t) => {
  const server = await startTestServer(t, { ...ONE_LANE, maxUploadBytes: 1_000_000 });
  const page = await openPage(t, server, { expected: [/Failed to load resource|413/] });
  await page.goto('/');
  // One is rejected by its declared size, before an import is created; the other while it arrives.
  await importFiles(page, productFile('huge.csv', 90_000, 60), productFile('large.csv', 30_000, 60));
  for (const name of ['huge.csv', 'large.csv']) {
    await cardOf(page, name).getByText('FILE_TOO_LARGE').waitFor();
    assert.equal(await cardOf(page, name).getByRole('button', { name: 'Upload again' }).count(), 0);
  }
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Remove huge.csv' }).click();
  await cardOf(page, 'huge.csv').waitFor({ state: 'detached' });
  assert.equal(await countProducts(server), 0);
});

/**
 * Keeps the notifications of the browser that the page shows, and lets a test hide the page. A browser without a window
 * denies them, so the user's consent is played.
 */
const OBSERVE = `
  window.shown = [];
  window.Notification = class extends Notification {
    static get permission() { return sessionStorage.getItem('permission') ?? 'default'; }
    static async requestPermission() { sessionStorage.setItem('permission', 'granted'); }
    constructor(title, options) {
      super(title, options);
      window.shown.push(title + ': ' + options.body);
    }
  };
  let hidden = false;
  Object.defineProperty(document, 'hidden', { get: () => hidden });
  window.hide = () => { hidden = true; };
`;

test('announces on other pages, and if wanted in other programs, that a file of this tab has been imported', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const lock = await holdMerges(t, server);
  const page = await openPage(t, server);
  await page.addInitScript(OBSERVE);
  await page.goto('/');
  await importFiles(page, productFile('held.csv', 1000));
  await cardOf(page, 'held.csv').getByText('Writing products').first().waitFor();
  const notify = page.getByRole('checkbox', { name: 'Notify me when it is done' });
  assert.equal(await notify.isChecked(), false);
  await notify.check();
  // The tab knows which imports are its own after it was reloaded, too.
  await page.reload();
  await cardOf(page, 'held.csv').getByText('Writing products').first().waitFor();
  assert.equal(await notify.isChecked(), true);
  await page.getByRole('link', { name: 'Names', exact: true }).click();
  await page.getByRole('heading', { name: 'Names', level: 1 }).waitFor();
  await page.evaluate('hide()');
  await lock.release();
  await page.getByRole('alert').getByText('held.csv was imported').waitFor();
  assert.deepEqual(await page.evaluate('shown'), [
    'held.csv was imported: 1,000 rows read, 0 rows rejected.',
  ]);
  await page.getByText('1,000 rows read, 0 rows rejected.').waitFor();
  await expectAccessible(page);
});
