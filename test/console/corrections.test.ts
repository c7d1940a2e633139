// Rejected rows are corrected in a grid.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expectAccessibleInAllColours, openPage, visit } from '../support/browser/browser.ts';
import { expectNoErrors, importAndWait, query } from '../support/server/graphql-client.ts';
import { ONE_LANE, startTestServer } from '../support/server/server.ts';
import { overflowing } from './support.ts';

const FILE = `Description;SKU;Name;Colour
"no; name";b;;red
"one\r\ntwo";;Chair;
too;few
fine;a;Lamp;blue
fine;d;Desk;blue
fine;e;Bed;blue
`;

test('rejected rows are corrected in a grid', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const page = await openPage(t, server);
  const field = (label: string) => page.getByRole('textbox', { name: label, exact: true });
  const row = (line: number) => page.getByRole('rowgroup', { name: `Line ${line}`, exact: true });
  const button = (name: string) => page.getByRole('button', { name, exact: true });
  const focused = () => page.evaluate('document.activeElement.getAttribute("aria-label")');
  async function product(sku: string) {
    const answer = await query(
      server.url,
      'query ($sku: String!) { product(sku: $sku) { name description } }',
      {
        sku,
      },
    );
    return expectNoErrors(answer)['product'];
  }

  await t.test(
    'several at once, with the keyboard alone, and known as corrected after a reload',
    async () => {
      const { id } = await importAndWait(server.url, FILE, { fileName: 'semicolons.csv' });
      await page.goto(`/imports/${id}`);
      await field('Name, line 2').and(page.locator('[aria-invalid]')).waitFor();
      await row(2).getByText('The column "Name" has no value.').waitFor();
      assert.equal(await field('Colour, line 2').count(), 0);
      assert.equal(await field('Text of line 5').inputValue(), 'too;few');
      await expectAccessibleInAllColours(page);

      await field('Name, line 2').focus();
      await page.keyboard.type('Stool');
      await page.keyboard.press('Enter');
      assert.equal(await focused(), 'Name, line 3');
      await page.keyboard.type('Changed by mistake');
      await page.keyboard.press('Escape');
      assert.equal(await field('Name, line 3').inputValue(), 'Chair');
      await page.keyboard.press('Shift+Tab');
      assert.equal(await focused(), 'SKU, line 3');
      await page.keyboard.type(' ');
      await field('Description, line 3').focus();
      await page.keyboard.press('ControlOrMeta+Home');
      await page.keyboard.type('Zero, ');
      await field('Text of line 5').fill('too;few;');
      await button('Import 3 corrected rows').waitFor();

      await page.getByRole('link', { name: 'Products', exact: true }).first().click();
      await button('Keep editing').click();
      await field('Text of line 5').focus();
      await page.keyboard.press('ControlOrMeta+Enter');
      await page.getByText('The corrected rows were not imported').waitFor();
      await row(5).getByText('The row has 3 fields, but the file has 4 columns.').waitFor();
      await field('Text of line 5').fill('enough;c;"Table; round";');
      await button('Import 3 corrected rows').click();

      for (const reload of [false, true]) {
        if (reload) await page.reload();
        await row(2).getByText('Corrected', { exact: true }).waitFor();
        await row(5).getByText('Corrected', { exact: true }).waitFor();
        await row(5).getByText('Table; round').waitFor();
        await row(3).getByText('Still not imported: No SKU').waitFor();
        await row(3).getByText('The column "SKU" has no value.').waitFor();
        assert.equal(await field('SKU, line 3').inputValue(), ' ');
        assert.equal(await field('Name, line 2').count(), 0);
        await page.getByText('2 of 3 rejected rows corrected').waitFor();
      }
      await expectAccessibleInAllColours(page);
      assert.deepEqual(await product('b'), { name: 'Stool', description: 'no; name' });
      assert.deepEqual(await product('c'), { name: 'Table; round', description: 'enough' });

      await field('SKU, line 3').fill('f');
      await button('Import 1 corrected row').click();
      await page.getByText('3 of 3 rejected rows corrected').waitFor();
      assert.deepEqual(await product('f'), { name: 'Chair', description: 'Zero, one\r\ntwo' });
    },
  );

  await t.test('and corrections are one row in the list of imports', async () => {
    await visit(page, '/imports');
    await page.getByRole('link', { name: '3 of them corrected' }).click();
    await page.getByRole('link', { name: 'Correction of semicolons.csv' }).first().waitFor();
    assert.equal(await page.getByRole('row').count(), 1 + 2);
    await page.getByRole('link', { name: 'Correction of semicolons.csv' }).first().click();
    await page.getByText('This corrects rejected rows of').waitFor();
    await visit(page, '/imports');
    await page.getByRole('link', { name: '3 of them corrected' }).waitFor();
    assert.equal(await page.getByRole('row').count(), 1 + 1);
  });

  await t.test('with characters in place of those that could not be read', async () => {
    const file = Buffer.from('name,sku,description\nCaf\xe9,g,x\nfine,h,\n', 'latin1');
    const { id } = await importAndWait(server.url, file, { fileName: 'latin.csv' });
    await visit(page, `/imports/${id}`);
    await row(2).getByText('Replace \ufffd with the correct character.').waitFor();
    await field('description, line 2').fill('y');
    await button('Import 1 corrected row').click();
    await page.getByText('1 row must be corrected further').waitFor();
    assert.equal(await product('g'), null);
    await field('name, line 2').fill('Café');
    await button('Import 1 corrected row').click();
    await row(2).getByText('Corrected', { exact: true }).waitFor();
    assert.deepEqual(await product('g'), { name: 'Café', description: 'y' });
  });

  await t.test('on a phone, and with a hundred columns and long values', async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    const { id: few } = await importAndWait(server.url, `name,sku,description\n,i,${'long '.repeat(1900)}\n`);
    await visit(page, `/imports/${few}`);
    await field('name, line 2').waitFor();
    assert.deepEqual(await overflowing(page), []);

    const names = Array.from({ length: 97 }, (_, index) => `extra ${index}`);
    const text = `name,sku,description,${names.join()}\n,j,${'x'.repeat(5_000)},${names.join()}\n`;
    const { id: many } = await importAndWait(server.url, text, { keepColumns: true });
    await visit(page, `/imports/${many}`);
    await field('extra 96, line 2').fill('last');
    await field('name, line 2').fill('y'.repeat(10_000));
    assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 390);
    await button('Import 1 corrected row').click();
    await row(2).getByText('Still not imported: Name too long').waitFor();
    assert.equal(await field('extra 96, line 2').inputValue(), 'last');
    await expectAccessibleInAllColours(page);
  });
});
