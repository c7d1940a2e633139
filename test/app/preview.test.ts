// Previews: an import shows what it would do, and changes nothing until a client commits it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expectCatalogue, expectNothingLeft } from '../support/catalogue.ts';
import { CatalogueModel } from '../support/catalogue-model.ts';
import { expectNoErrors } from '../support/graphql-client.ts';
import { importEnds } from '../support/import-state.ts';
import { commit, importUntilReady, product } from '../support/previews.ts';
import { ONE_LANE, startTestServer } from '../support/server.ts';

const HEADER = 'name,sku,description\n';

test('previews', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const { url } = server;
  const model = new CatalogueModel();

  await t.test('of a first load: all rows would be inserted, and the commit inserts them', async () => {
    const file = `${HEADER}Mug,1,old\nMug,2,blue\nCup,3,red\nMug,1,new\n,4,no name\n`;
    const ready = await importUntilReady(url, file);
    assert.deepEqual(ready.preview.rows, {
      read: 5,
      inserted: 3,
      updated: 0,
      unchanged: 0,
      superseded: 1,
      rejected: 1,
      deleted: 0,
    });
    assert.deepEqual(
      ready.preview.names.map(({ name, countNow, countThen }) => [name, countNow, countThen]),
      [
        ['Mug', 0, 2],
        ['Cup', 0, 1],
      ],
    );
    assert.deepEqual(ready.preview.samples, [
      { kind: 'SUPERSEDED', line: 2, sku: '1', winningLine: 5, before: null, after: product('Mug', 'old') },
      { kind: 'INSERTED', line: 3, sku: '2', winningLine: null, before: null, after: product('Mug', 'blue') },
      { kind: 'INSERTED', line: 4, sku: '3', winningLine: null, before: null, after: product('Cup', 'red') },
      { kind: 'INSERTED', line: 5, sku: '1', winningLine: null, before: null, after: product('Mug', 'new') },
    ]);
    await expectCatalogue(server, model);

    const committed = expectNoErrors(await commit(url, ready.id)).commitImport;
    assert.equal(committed.status, 'MERGING');
    const { status, rows } = await importEnds(url, ready.id);
    assert.equal(status, 'COMPLETED');
    const { deleted: _, ...previewed } = ready.preview.rows;
    assert.deepEqual(rows, previewed);
    model.products.set('1', { name: 'Mug', description: 'new' });
    model.products.set('2', { name: 'Mug', description: 'blue' });
    model.products.set('3', { name: 'Cup', description: 'red' });
    await expectCatalogue(server, model);
    await expectNothingLeft(server);
  });
});
