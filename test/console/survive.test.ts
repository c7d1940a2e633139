// Open pages while their server goes away and comes back.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page, WebSocketRoute } from 'playwright-core';
import { openPage, openTab } from '../support/browser/browser.ts';
import { holdMerges } from '../support/imports/hold-lock.ts';
import { importAndWait } from '../support/server/graphql-client.ts';
import { ONE_LANE, startTestServer, type TestServer } from '../support/server/server.ts';
import { cardOf, importFiles, ledgerOf, limitUploads, productFile, valuesOf } from './support.ts';

/** What the browser logs when the server is unreachable. */
const AWAY = [/WebSocket/, /Failed to load resource/, /ERR_CONNECTION/, /LoadError/];

const CONNECTION = { name: 'Connection' };

/** Settings that start the same server again: same address, files and database. */
function settingsOf({ url, settings: { dataDir, databaseUrl } }: TestServer) {
  return { port: Number(new URL(url).port), dataDir, databaseUrl };
}

test('keeps showing an import through a server restart, and loads what did not load meanwhile', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const lock = await holdMerges(t, server);
  const page = await openPage(t, server, { expected: AWAY });
  const tab = await openTab(page);
  await page.goto('/');
  await importFiles(page, productFile('held.csv', 1000));
  const card = cardOf(page, 'held.csv');
  await card.getByText('Writing products').first().waitFor();
  await tab.goto('/imports');
  await tab
    .getByRole('row', { name: /held\.csv/ })
    .getByText('Writing products')
    .waitFor();

  await server.close();
  for (const each of [page, tab])
    await each.getByRole('status', CONNECTION).getByText('Reconnecting').waitFor();
  // Its code has not been loaded before.
  await tab.getByRole('link', { name: 'Products', exact: true }).click();
  await tab.getByRole('heading', { name: 'This page is not loaded yet' }).waitFor();
  await lock.release();
  await startTestServer(t, settingsOf(server));
  for (const each of [page, tab]) await each.getByRole('status', CONNECTION).getByText('Live').waitFor();
  await card.getByText('Completed').waitFor();
  assert.equal((await ledgerOf(card))['Inserted'], 1000);
  await tab.getByRole('heading', { name: 'Products', exact: true }).waitFor();
  await tab.getByText('sku-1', { exact: true }).waitFor();
  await page.reload();
  await card.getByText('Completed').waitFor();

  // The live connection is there, but the server could not answer.
  await tab.route('**/graphql', (route) => {
    const isNames = route.request().postData()?.includes('productCountsByName');
    return isNames && !recovers ? route.abort() : route.continue();
  });
  let recovers = false;
  await tab.getByRole('link', { name: 'Names', exact: true }).click();
  await tab.getByText('The names could not be loaded').waitFor();
  recovers = true;
  await tab.getByRole('link', { name: 'Name 1', exact: true }).waitFor();
});

/** Proxies the WebSocket of a page; it can cut the connection or silently drop messages. */
async function openWire(page: Page) {
  const sockets = new Set<WebSocketRoute>();
  let state: 'whole' | 'cut' | 'silent' = 'whole';
  await page.routeWebSocket('**/graphql', async (socket) => {
    if (state === 'cut') return socket.close();
    sockets.add(socket);
    const server = socket.connectToServer();
    server.onMessage((message) => {
      if (state !== 'silent') socket.send(message);
    });
  });
  return {
    async become(next: typeof state) {
      state = next;
      if (state === 'cut') for (const socket of sockets) await socket.close();
    },
  };
}

for (const fault of ['cut', 'silent'] as const) {
  test(`shows the final state of an import that ended while the live connection was ${fault}`, async (t) => {
    const server = await startTestServer(t, ONE_LANE);
    const lock = await holdMerges(t, server);
    const page = await openPage(t, server, { expected: AWAY });
    const wire = await openWire(page);
    await page.goto('/');
    await importFiles(page, productFile('held.csv', 1000));
    const card = cardOf(page, 'held.csv');
    await card.getByText('Writing products').first().waitFor();

    await wire.become(fault);
    if (fault === 'cut') await page.getByRole('status', CONNECTION).getByText('Reconnecting').waitFor();
    await lock.release();
    // Another import, which the page has received no event about and which ends after the first.
    await importAndWait(server.url, productFile('meanwhile.csv', 10).buffer, { fileName: 'meanwhile.csv' });
    if (fault === 'cut') await wire.become('whole');
    await card.getByText('Completed').waitFor();
    assert.equal((await ledgerOf(card))['Inserted'], 1000);
    await page.getByRole('link', { name: 'History', exact: true }).click();
    await page
      .getByRole('row', { name: /meanwhile\.csv/ })
      .getByText('Completed')
      .waitFor();
  });
}

test('reports an interrupted upload and can send the file again', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const page = await openPage(t, server, { expected: AWAY });
  await page.goto('/');
  const unlimit = await limitUploads(page, 300_000);
  await importFiles(page, productFile('large.csv', 60_000, 60));
  const card = cardOf(page, 'large.csv');
  await valuesOf(card.getByRole('progressbar', { name: 'Import of large.csv' }), 1);

  await server.close();
  await card.getByText('CONNECTION_LOST').waitFor();
  const again = await startTestServer(t, settingsOf(server));
  await card.getByText('UPLOAD_INTERRUPTED').waitFor();
  await unlimit();
  await card.getByRole('button', { name: 'Upload again' }).click();
  await cardOf(page, 'large.csv').getByText('Completed').waitFor();
  const { sql } = again.database;
  assert.equal((await sql`SELECT FROM products`).length, 60_000);
});

test('aborts an upload when its tab navigates away', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const page = await openPage(t, server);
  const tab = await openTab(page);
  await page.goto('/');
  await tab.goto('/');
  await limitUploads(page, 300_000);
  await importFiles(page, productFile('large.csv', 60_000, 60));
  await valuesOf(cardOf(tab, 'large.csv').getByRole('progressbar', { name: 'Upload of large.csv' }), 2);
  page.once('dialog', (dialog) => dialog.accept());
  await page.goto('about:blank');
  await cardOf(tab, 'large.csv').getByText('UPLOAD_INTERRUPTED').waitFor();
});
