// Undoing an import, and what it had changed.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertCountsAreExact } from '../db/catalogue/product-fixtures.ts';
import {
  expectAccessible,
  expectAccessibleInAllColours,
  openPage,
  visit,
} from '../support/browser/browser.ts';
import { expectNoErrors, importAndWait, query } from '../support/server/graphql-client.ts';
import { ONE_LANE, startTestServer } from '../support/server/server.ts';
import { waitUntil } from '../support/wait-until.ts';
import { cardOf, ledgerOf, overflowing } from './support.ts';

const HEADER = 'name,sku,description';

test('an import is undone once this is confirmed, and keeps what was changed since', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  await importAndWait(server.url, `${HEADER}\nOak Lamp,a,Warm\nElm Lamp,b,Cold\n`, { fileName: 'first.csv' });
  const lines = [HEADER, 'Oak Lantern,a,Warm and bright', 'Elm Lantern,b,Cold', 'New,c,1', ''].join('\n');
  const { id } = await importAndWait(server.url, lines, { fileName: 'mistake.csv' });
  const edit = 'mutation { updateProduct(sku: "b", input: { name: "Edited" }) { sku } }';
  expectNoErrors(await query(server.url, edit));

  const page = await openPage(t, server);
  await page.goto(`/imports/${id}`);
  await page.getByRole('button', { name: 'Undo this import' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('1 product that it added: removed again.').waitFor();
  await dialog.getByText('1 product that it changed: back to the former values.').waitFor();
  await dialog.getByText('1 product changed again since, by an edit or another import').waitFor();
  await expectAccessibleInAllColours(page);
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Undo this import' }).click();
  await dialog.getByRole('button', { name: 'Undo the import' }).click();

  await page.getByRole('heading', { name: 'Undo of mistake.csv', level: 1 }).waitFor();
  const card = cardOf(page, 'Undo of mistake.csv');
  await card.getByText('Completed').waitFor();
  assert.deepEqual(await ledgerOf(card), { Restored: 1, 'Brought back': 0, Removed: 1, Kept: 1 });
  await expectAccessible(page);
  const kept = page.getByRole('region', { name: 'Kept products' });
  await kept.getByRole('row', { name: /^b Updated .* by an edit$/ }).waitFor();
  await page.getByRole('table', { name: 'Updated: a' }).getByText('Lantern').waitFor();
  await page.getByText('This undoes').getByRole('link', { name: 'mistake.csv' }).click();
  await page.getByText('It was undone').waitFor();
  assert.equal(await page.getByRole('button', { name: 'Undo this import' }).count(), 0);
  await page.getByRole('link', { name: 'view the undo' }).click();
  await page.getByRole('heading', { name: 'Undo of mistake.csv', level: 1 }).waitFor();
  await page.setViewportSize({ width: 390, height: 844 });
  await waitUntil('the page fits', async () => (await overflowing(page)).length === 0);

  // The history of a product that is kept, and of one that is gone.
  await visit(page, '/products/edit?sku=b');
  const history = page.getByRole('list', { name: 'History' }).getByRole('listitem');
  await history.nth(2).waitFor();
  assert.deepEqual(
    (await history.allInnerTexts()).map((text) => /by an edit|first.csv|mistake.csv/.exec(text)?.[0]),
    ['by an edit', 'mistake.csv', 'first.csv'],
  );
  assert.deepEqual(await history.nth(1).locator('del, ins').allInnerTexts(), ['Lamp', 'Lantern']);
  await expectAccessible(page);
  await waitUntil('the page fits', async () => (await overflowing(page)).length === 0);
  await visit(page, '/products/edit?sku=c');
  await page.getByText('No product has the SKU “c”').waitFor();
  await history.first().getByText('Deleted').waitFor();

  const answer = await query(server.url, '{ products { nodes { sku name } } }');
  assert.deepEqual(expectNoErrors(answer), {
    products: {
      nodes: [
        { sku: 'a', name: 'Oak Lamp' },
        { sku: 'b', name: 'Edited' },
      ],
    },
  });
  await assertCountsAreExact(server.database);
});

test('an undo by someone else is shown at once, and can be undone itself', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const { id } = await importAndWait(server.url, `${HEADER}\nOak Lamp,a,Warm\n`, { fileName: 'only.csv' });
  const page = await openPage(t, server);
  await page.goto(`/imports/${id}`);
  await page.getByRole('button', { name: 'Undo this import' }).click();
  await page.getByRole('dialog').waitFor();
  const undo = 'mutation ($id: ID!) { undoImport(id: $id) { id } }';
  expectNoErrors(await query(server.url, undo, { id }));
  await page.getByText('It was undone').waitFor();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await page.getByRole('link', { name: 'view the undo' }).click();
  await page.getByRole('heading', { name: 'Undo of only.csv', level: 1 }).waitFor();
  await page.getByRole('button', { name: 'Undo this undo' }).click();
  await page.getByRole('dialog').getByText('1 product that it deleted: brought back.').waitFor();
  await page.getByRole('button', { name: 'Undo the undo' }).click();
  await page.getByText('This undoes the undo of only.csv').waitFor();

  // The import in the middle is still needed.
  await page.getByRole('link', { name: 'the undo of only.csv' }).click();
  await page.getByRole('heading', { name: 'Undo of only.csv', level: 1 }).waitFor();
  await page.getByRole('button', { name: 'Delete from the history' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete it' }).click();
  await page.getByRole('alert').getByText('The import was not deleted').waitFor();
  const answer = await query(server.url, '{ products { totalCount } }');
  assert.deepEqual(expectNoErrors(answer), { products: { totalCount: 1 } });
});
