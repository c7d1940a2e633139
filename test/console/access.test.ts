// The console of a server that requires tokens: signing in and out, and what each role is offered.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { insertProducts } from '../db/catalogue/product-fixtures.ts';
import { expectAccessible, openPage, visit } from '../support/browser/browser.ts';
import { ONE_LANE, startTestServer } from '../support/server/server.ts';
import { makeToken, revokeToken } from '../support/server/tokens.ts';

async function signIn(page: Page, token: string): Promise<void> {
  await page.getByLabel('Access token').fill(token);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

test('a token signs in, and a role is offered what it may do', async (t) => {
  const server = await startTestServer(t, { ...ONE_LANE, access: 'required' });
  await insertProducts(server.database, [{ sku: 'a-1', name: 'Lamp', description: 'warm' }]);
  const reader = await makeToken(server.database, 'reader', { name: 'Rita' });
  const writer = await makeToken(server.database, 'writer', { name: 'Wim' });
  const other = await makeToken(server.database, 'admin', { name: 'Ada' });
  const page = await openPage(t, server, { expected: [/401|4403|WebSocket/] });

  await page.goto('/products');
  await page.getByRole('heading', { name: 'Sign in', level: 1 }).waitFor();
  await expectAccessible(page);
  await signIn(page, 'wrong');
  await page.getByText('The token is not valid, or not any more.').waitFor();
  await signIn(page, reader.text);

  // What a reader sees.
  await page.getByRole('button', { name: 'View a-1' }).click();
  await page.getByText('Your access does not allow you to change products.').waitFor();
  assert.equal(await page.getByLabel('Name', { exact: true }).getAttribute('readonly'), '');
  for (const name of ['Save', 'Delete', 'New product'])
    assert.equal(
      await page.getByRole('button', { name }).or(page.getByRole('link', { name })).count(),
      0,
      name,
    );
  await visit(page, '/');
  await page.getByText('Your access does not allow you to import files.').waitFor();
  await visit(page, '/sources');
  await page.getByText('No sources yet').waitFor();
  assert.equal(await page.getByRole('link', { name: /Add/ }).count(), 0);
  await visit(page, '/sources/new');
  await page.getByText('Your access does not allow you to add sources.').waitFor();
  assert.equal(await page.evaluate('document.cookie'), '');

  await page.getByRole('button', { name: 'Rita' }).click();
  await page.getByText('Rita: May look at everything').waitFor();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await page.waitForURL('**/sign-in');
  await signIn(page, writer.text);
  await page.getByRole('button', { name: 'Choose files' }).waitFor();

  // Edits survive the end of a token.
  await visit(page, '/products/edit?sku=a-1');
  await page.getByLabel('Description').fill('cold');
  await revokeToken(server.database, writer);
  await page.getByText('Your access has ended.').waitFor();
  await signIn(page, other.text);
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('status').filter({ hasText: 'Saved.' }).waitFor();
  await page.getByRole('button', { name: 'Ada' }).waitFor();
  await page.getByText('by an edit (Ada)').waitFor();
});
