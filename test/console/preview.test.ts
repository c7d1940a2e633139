// Imports that wait to be committed: what they would change.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertCountsAreExact } from '../db/catalogue/product-fixtures.ts';
import {
  expectAccessible,
  expectAccessibleInAllColours,
  openPage,
  visit,
} from '../support/browser/browser.ts';
import { importUntilReady } from '../support/imports/previews.ts';
import { expectNoErrors, importAndWait, query } from '../support/server/graphql-client.ts';
import { ONE_LANE, startTestServer } from '../support/server/server.ts';
import { waitUntil } from '../support/wait-until.ts';
import { cardOf, chooseFiles, csvFile, ledgerOf, overflowing } from './support.ts';

const HEADER = 'name,sku,description,Colour';

test('a preview shows what would change, and it changes when it is committed', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  await importAndWait(server.url, `${HEADER}\nOak Lamp,a,Warm and bright,red\nElm Lamp,b,Cold,blue\n`);
  const page = await openPage(t, server);
  await page.goto('/');
  const lines = [
    HEADER,
    'Oak Lantern,a,Warm and very bright,green',
    'Elm Lamp,b,Cold,blue',
    'Old,c,1,',
    'New,c,2,',
    ',d,,',
  ];
  await chooseFiles(page, csvFile('next.csv', lines));
  await page.getByLabel('Keep the other columns as attributes').check();
  await page.getByRole('button', { name: 'Preview next.csv' }).click();
  await page.getByText('Nothing has changed yet').waitFor();
  const changes = page.getByRole('region', { name: 'What would change' });
  assert.deepEqual(await ledgerOf(changes), {
    Inserted: 1,
    Updated: 2,
    Unchanged: 0,
    Superseded: 1,
    Rejected: 1,
  });
  const moves = page.getByRole('table', { name: 'Names that would change' });
  await moves.getByRole('row', { name: 'Oak Lamp 1 0 −1' }).waitFor();
  await moves.getByRole('row', { name: 'New 0 1 +1' }).waitFor();
  const difference = page.getByRole('table', { name: 'Updated: a' });
  const marked = (tag: string) => difference.locator(tag).allInnerTexts();
  assert.deepEqual(await marked('del'), ['Lamp']);
  assert.deepEqual(
    (await marked('ins')).map((text) => text.trim()),
    ['Lantern', 'very', 'green'],
  );
  await expectAccessibleInAllColours(page);
  await page.getByLabel('Samples of').selectOption('Superseded (1)');
  await page.getByText('Line 4, line 5 is imported instead').waitFor();
  await page.getByRole('table', { name: 'Superseded: c' }).getByText('Old').waitFor();
  await page.setViewportSize({ width: 390, height: 844 });
  await waitUntil('the page fits', async () => (await overflowing(page)).length === 0);

  await page.getByRole('link', { name: 'Import history', exact: true }).click();
  const row = page.getByRole('row', { name: /next\.csv.*Ready.*Nothing changed yet/ });
  await row.getByRole('link', { name: 'next.csv', exact: true }).click();
  await page.getByRole('button', { name: 'Commit' }).click();
  await page.getByText('Completed').first().waitFor();
  assert.equal((await ledgerOf(cardOf(page, 'Import of next.csv')))['Updated'], 2);
  const answer = await query(server.url, '{ product(sku: "a") { name attributes } }');
  assert.deepEqual(expectNoErrors(answer), {
    product: { name: 'Oak Lantern', attributes: { Colour: 'green' } },
  });
  await assertCountsAreExact(server.database);
  await visit(page, '/products/edit?sku=a');
  const colour = page.getByRole('group', { name: 'Attributes' }).getByLabel('Colour', { exact: true });
  assert.equal(await colour.inputValue(), 'green');
  await expectAccessible(page);
});

test('a preview is discarded, or told to have expired', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const file = 'name,sku,description\nA,a,1\n';
  const discarded = await importUntilReady(server.url, file);
  const page = await openPage(t, server);
  await page.goto('/');
  await cardOf(page, 'products.csv').getByRole('link', { name: 'See what would change' }).click();
  await page.getByRole('button', { name: 'Discard' }).click();
  await page.getByText('The catalogue is unchanged').waitFor();
  const answer = await query(server.url, 'query ($id: ID!) { import(id: $id) { status } }', {
    id: discarded.id,
  });
  assert.deepEqual(expectNoErrors(answer), { import: { status: 'CANCELLED' } });

  const expired = await importUntilReady(server.url, file);
  await visit(page, `/imports/${expired.id}`);
  await page.getByRole('button', { name: 'Commit' }).waitFor();
  await server.database
    .sql`UPDATE imports SET expires_at = now() - interval '1 minute' WHERE id = ${expired.id}`;
  await page.getByRole('button', { name: 'Commit' }).click();
  await page
    .getByText(/was not committed|expired/)
    .first()
    .waitFor();
  await expectAccessible(page);
  const count = await query(server.url, '{ products { totalCount } }');
  assert.deepEqual(expectNoErrors(count), { products: { totalCount: 0 } });
});
