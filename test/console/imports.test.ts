// The import pages: the history, a single import, and its issues.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import type { Locator, Page } from 'playwright-core';
import { expectAccessible, openPage, visit } from '../support/browser/browser.ts';
import { expectNoErrors, importAndWait, query } from '../support/server/graphql-client.ts';
import { ONE_LANE, startTestServer } from '../support/server/server.ts';
import { cardOf, csvFile, importFiles } from './support.ts';

const HEADER = 'name,sku,description';

/** Two imported rows, one without a name, one without a SKU, and one superseded by a later row. */
const MIXED = [HEADER, 'Lamp,a,1', ',b,no name', 'Lamp,,no sku', 'Chair,c,first', 'Chair,c,last', ''].join(
  '\n',
);

function field(page: Page, label: string): Locator {
  return page.getByRole('textbox', { name: label, exact: true });
}

function issueLines(page: Page): Promise<string[]> {
  return page
    .getByRole('table', { name: 'Issues' })
    .getByText(/^Line [\d,]+$/)
    .allInnerTexts();
}

test('lists imports by status, with pagination', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  for (let number = 1; number <= 26; number += 1) {
    await importAndWait(server.url, `${HEADER}\nA,a-${number},\n`, { fileName: `file-${number}.csv` });
  }
  await importAndWait(server.url, 'nothing', { fileName: 'broken.csv' });
  const page = await openPage(t, server);
  await page.goto('/imports');
  await page
    .getByRole('row', { name: /broken\.csv/ })
    .getByText('A column is missing')
    .waitFor();
  await page.getByRole('row', { name: /file-7\.csv.*Completed.*1/ }).waitFor();
  assert.equal(await page.getByRole('row').count(), 1 + 25);
  await expectAccessible(page);

  await page.getByRole('button', { name: 'Next' }).click();
  await page.getByRole('link', { name: 'file-1.csv', exact: true }).waitFor();
  assert.equal(await page.getByRole('row').count(), 1 + 2);
  await page.getByRole('button', { name: 'Previous' }).click();
  await page.getByRole('link', { name: 'broken.csv' }).waitFor();
  await page.goBack();
  await page.getByRole('link', { name: 'file-1.csv', exact: true }).waitFor();

  await page.getByRole('combobox', { name: 'Status' }).click();
  await page.getByRole('option', { name: 'Failed' }).click();
  await page.getByRole('link', { name: 'broken.csv' }).waitFor();
  assert.equal(await page.getByRole('row').count(), 1 + 1);
  assert.equal(new URL(page.url()).search, '?status=FAILED');

  await visit(page, '/imports?status=CANCELLED');
  await page.getByRole('heading', { name: 'No imports with the status “Cancelled”' }).waitFor();
  await page.getByRole('button', { name: 'Show all' }).click();
  await page.getByRole('link', { name: 'broken.csv' }).waitFor();
});

test('shows an import that starts while the history is open', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const page = await openPage(t, server);
  await page.goto('/imports');
  await page.getByRole('heading', { name: 'Nothing has been imported yet' }).waitFor();
  await expectAccessible(page);
  await importAndWait(server.url, MIXED, { fileName: 'sent-elsewhere.csv' });
  await page.getByRole('row', { name: /sent-elsewhere\.csv.*Completed, 2 rejected.*5.*3/ }).waitFor();
  for (const [rows, told] of [
    ['', 'The file has a header, but no rows'],
    [',x,\n', 'No row of the file could be imported'],
    ['Lamp,a,1\n', 'the products were already as the file says'],
  ] as const) {
    const { id } = await importAndWait(server.url, `${HEADER}\n${rows}`);
    await visit(page, `/imports/${id}`);
    await page.getByText(told).waitFor();
  }
});

test('opens an import from its URL, with its issues filtered by the query string', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const { id } = await importAndWait(server.url, MIXED, { fileName: 'mixed.csv' });
  const page = await openPage(t, server);
  await page.goto(`/imports/${id}?kind=REJECTED&code=BLANK_SKU`);
  await page.getByRole('heading', { name: 'mixed.csv', level: 1 }).waitFor();
  assert.equal(await page.title(), 'mixed.csv · Loadstone');
  await field(page, 'description, line 4').waitFor();
  assert.deepEqual(await issueLines(page), ['Line 4']);
  await expectAccessible(page);

  await page.getByText('Superseded 1', { exact: true }).click();
  await page.getByRole('cell', { name: 'first', exact: true }).waitFor();
  assert.deepEqual(await issueLines(page), ['Line 5']);
  await page.getByText('All 3', { exact: true }).click();
  await field(page, 'sku, line 3').waitFor();
  assert.deepEqual(await issueLines(page), ['Line 3', 'Line 4', 'Line 5']);
  await page.goBack();
  await field(page, 'sku, line 3').waitFor({ state: 'detached' });
  assert.deepEqual(await issueLines(page), ['Line 5']);

  await page.getByRole('button', { name: 'Delete from the history' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('Products stay as they are.').waitFor();
  await expectAccessible(page);
  await dialog.getByRole('button', { name: 'Keep it' }).click();
  await dialog.waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Delete from the history' }).click();
  await dialog.getByRole('button', { name: 'Delete it' }).click();
  await page.getByRole('heading', { name: 'Nothing has been imported yet' }).waitFor();
  assert.equal(new URL(page.url()).pathname, '/imports');
  await visit(page, `/imports/${id}`);
  await page.getByRole('heading', { name: 'Import not found' }).waitFor();

  for (const path of ['/imports/0d9f6f0e-6a6c-4b0c-9f5e-0f0f0f0f0f0f', '/imports/nonsense']) {
    await visit(page, '/imports');
    await page.getByRole('heading', { name: 'Import history', level: 1 }).waitFor();
    await visit(page, path);
    await page.getByRole('heading', { name: 'Import not found' }).waitFor();
  }
  await expectAccessible(page);
});

test('says how many superseded rows are listed if not all are kept', async (t) => {
  const server = await startTestServer(t, { ...ONE_LANE, maxRowIssues: 2 });
  const { id } = await importAndWait(server.url, `${HEADER}\n${'Lamp,a,1\n'.repeat(6)}`);
  const page = await openPage(t, server);
  await page.goto(`/imports/${id}`);
  const note = page.getByRole('note').filter({ hasText: 'Of 5 superseded rows, 2 are listed here' });
  await note.waitFor();
  assert.deepEqual(await issueLines(page), ['Line 2', 'Line 3']);
  const warning = page.getByRole('list', { name: 'Warnings' });
  assert.match(
    (await warning.textContent()) ?? '',
    /^Superseded rows not listed\. .* Remove repeated SKUs from the file\.$/,
  );
  await expectAccessible(page);
  await page.getByText('Rejected 0', { exact: true }).click();
  await note.waitFor({ state: 'detached' });
});

test('downloads rejected rows, which can be corrected and imported', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const { id } = await importAndWait(server.url, MIXED, { fileName: 'mixed.csv' });
  const page = await openPage(t, server);
  await page.goto(`/imports/${id}`);
  const downloading = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Download as CSV' }).click();
  const text = await readFile(await (await downloading).path(), 'utf8');
  const lines = text.trimEnd().split('\r\n');
  assert.equal(lines[0], `\ufeff${HEADER},line,code,message,record`);
  assert.equal(lines.length, 3);

  await page.getByRole('link', { name: 'Import', exact: true }).click();
  await importFiles(page, csvFile('corrected.csv', [...lines.slice(0, 1), ...lines.slice(1).map(corrected)]));
  await cardOf(page, 'corrected.csv').getByText('2 rows in').waitFor();
  for (const [sku, name] of [
    ['b', 'Corrected'],
    ['d', 'Lamp'],
  ]) {
    const document = 'query ($sku: String!) { product(sku: $sku) { name } }';
    const answer = await query<{ product: { name: string } | null }>(server.url, document, { sku });
    assert.equal(expectNoErrors(answer).product?.name, name);
  }
});

/** Corrects a row as a person would in a spreadsheet. */
function corrected(line: string): string {
  return line.replace(/^,/, 'Corrected,').replace(/^Lamp,,/, 'Lamp,d,');
}

test('pages through 20,000 rejected rows', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const rows = Array.from({ length: 20_000 }, (_, index) =>
    index % 400 === 7 ? `A,,no sku ${index}` : `,sku-${index},no name`,
  );
  const { id } = await importAndWait(server.url, [HEADER, ...rows, ''].join('\n'));
  const page = await openPage(t, server);
  await page.goto(`/imports/${id}`);
  await page.getByText('Rejected 20,000', { exact: true }).waitFor();
  const first = await firstLine(page, 'Line 2');
  await page.getByRole('button', { name: 'Next' }).first().click();
  const second = await firstLine(page, `Line ${first.length + 2}`);
  assert.equal(second.length, first.length);
  await page.getByRole('button', { name: 'Previous' }).first().click();
  await firstLine(page, 'Line 2');

  await page.getByRole('combobox', { name: 'Reason' }).click();
  await page.getByRole('option', { name: 'No SKU (50)' }).click();
  await firstLine(page, 'Line 9');
  await page.getByRole('button', { name: 'Next' }).first().click();
  await firstLine(page, 'Line 10,009');
  assert.equal(await page.getByRole('button', { name: 'Next' }).first().isDisabled(), true);
  // The URL restores the same page.
  await page.reload();
  await firstLine(page, 'Line 10,009');
});

/** Waits for the page that begins with this line. @returns the lines on it */
async function firstLine(page: Page, line: string): Promise<string[]> {
  await page
    .getByRole('table', { name: 'Issues' })
    .getByRole('rowgroup')
    .nth(1)
    .getByText(line, { exact: true })
    .waitFor();
  return issueLines(page);
}

test('says that the server is unreachable, and retries', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const { id } = await importAndWait(server.url, MIXED, { fileName: 'mixed.csv' });
  const page = await openPage(t, server, { expected: [/Failed to load resource/] });
  let isAway = true;
  await page.route('**/graphql', (route) => (isAway ? route.abort('connectionrefused') : route.continue()));
  await page.goto('/imports');
  await page.getByRole('alert').getByText('The imports could not be loaded').waitFor();
  await expectAccessible(page);
  isAway = false;
  await page.getByRole('link', { name: 'mixed.csv', exact: true }).waitFor();

  isAway = true;
  await page.goto('/');
  await page.getByRole('alert').getByText('The catalogue could not be loaded').waitFor();
  await page.goto(`/imports/${id}`);
  await page.getByText('The import could not be loaded').waitFor();
  isAway = false;
  await field(page, 'sku, line 3').waitFor();
});
