// Unsaved edits, and what asks before they are lost.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Dialog, Page } from 'playwright-core';
import { insertProducts } from '../db/catalogue/product-fixtures.ts';
import { expectAccessibleInAllColours, openPage } from '../support/browser/browser.ts';
import { ONE_LANE, startTestServer } from '../support/server/server.ts';

test('unsaved edits are lost only when the user agrees', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  await insertProducts(server.database, [
    { sku: 'a', name: 'Lamp' },
    { sku: 'b', name: 'Chair' },
  ]);
  const page = await openPage(t, server);
  const dialog = page.getByRole('dialog', { name: 'Discard your changes?' });
  const keep = () => dialog.getByRole('button', { name: 'Keep editing' }).click();
  const discard = () => dialog.getByRole('button', { name: 'Discard them' }).click();
  const heading = (name: string) => page.getByRole('heading', { name, level: 1, exact: true });

  await t.test('in a form: on a link, on Back and Forward, and when the tab is closed', async () => {
    await page.goto('/names');
    await heading('Names').waitFor();
    await open(page, 'Products');
    await page.getByRole('link', { name: 'New product' }).click();
    await page.getByLabel('SKU').fill('c');

    await open(page, 'Sources');
    await dialog.waitFor();
    await expectAccessibleInAllColours(page);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    assert.equal(await page.getByLabel('SKU').inputValue(), 'c');

    // Two pages at once.
    await page.evaluate('history.go(-2)');
    await dialog.waitFor();
    assert.equal(new URL(page.url()).pathname, '/products/new');
    await keep();
    await dialog.waitFor({ state: 'hidden' });
    assert.equal(await page.getByLabel('SKU').inputValue(), 'c');

    const asked = new Promise<Dialog>((resolve) => page.once('dialog', resolve));
    void page.reload().catch(() => {});
    const warning = await asked;
    assert.equal(warning.type(), 'beforeunload');
    await warning.dismiss();
    assert.equal(await page.getByLabel('SKU').inputValue(), 'c');

    await page.evaluate('history.go(-2)');
    await discard();
    await heading('Names').waitFor();
    await page.goForward();
    await heading('Products').waitFor();
    await page.goForward();
    await heading('New product').waitFor();
    assert.equal(await page.getByLabel('SKU').inputValue(), '');
  });

  await t.test('in an editor: on Escape, on Cancel, and when another one is opened', async () => {
    await open(page, 'Products');
    const form = page.getByRole('form', { name: 'Edit a' });
    await page.getByRole('button', { name: 'Edit a' }).click();
    await form.getByLabel('Name').press('Escape');
    await form.waitFor({ state: 'detached' });

    await page.getByRole('button', { name: 'Edit a' }).click();
    await form.getByLabel('Name').fill('Lantern');
    await form.getByLabel('Name').press('Escape');
    await keep();
    await form.getByRole('button', { name: 'Cancel' }).click();
    await keep();
    await page.getByRole('button', { name: 'Edit b' }).click();
    await keep();
    assert.equal(await form.getByLabel('Name').inputValue(), 'Lantern');
    await form.getByRole('button', { name: 'Save' }).click();
    await form.getByText('Saved.', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Edit b' }).click();
    await page.getByRole('form', { name: 'Edit b' }).waitFor();
  });

  await t.test('not after they have been saved', async () => {
    await page.getByRole('link', { name: 'New product' }).click();
    await page.getByLabel('SKU').fill('c');
    await page.getByLabel('Name').fill('Table');
    await page.getByRole('button', { name: 'Create the product' }).click();
    await page.getByRole('form', { name: 'Edit c' }).getByLabel('Name').waitFor();
    await page.goBack();
    await heading('Products').waitFor();
  });
});

async function open(page: Page, name: string): Promise<void> {
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name, exact: true }).click();
}
