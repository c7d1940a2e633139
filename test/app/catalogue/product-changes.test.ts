// Each change of a product is kept with its writer and the former version, whoever makes it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProductStore } from '../../../src/db/catalogue/products/product-store.ts';
import { importAndWait } from '../../support/server/graphql-client.ts';
import { ONE_LANE, startTestServer, type TestServer } from '../../support/server/server.ts';
import {
  addSource,
  commandSource,
  sourceImported,
  startSourcesServer,
} from '../../support/sources/data-sources.ts';
import { startFileHost } from '../../support/sources/file-host.ts';

const fileOf = (...rows: string[]) => `sku,name,description\n${rows.join('\n')}\n`;

test('imports and edits note what they change; a first load and unchanged rows cost nothing', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const store = new ProductStore(server.database);
  const first = await importAndWait(server.url, fileOf('a,Ann,1', 'b,Bob,1', 'c,Cid,1'));
  assert.deepEqual(await changesOf(server), []);
  assert.deepEqual(await writersOf(server), { a: 1, b: 1, c: 1 });

  await importAndWait(server.url, fileOf('a,Ann,1', 'b,Bob,2', 'd,Dan,1'));
  await store.update('a', { name: 'Anna' });
  await store.create({ sku: 'e', name: 'Eve', description: '' });
  await store.delete('b');
  await store.update('a', { name: 'Anna' });
  await store.update('c', { description: '2' });
  await importAndWait(server.url, fileOf('c,Cid,3'));
  assert.equal(first.rows.inserted, 3);
  assert.deepEqual(await changesOf(server), [
    'd INSERTED by 2',
    'b UPDATED by 2: Bob 1 by 1',
    'a UPDATED by 0: Ann 1 by 1',
    'e INSERTED by 0',
    'b DELETED by 0: Bob 2 by 2',
    'c UPDATED by 0: Cid 1 by 1',
    'c UPDATED by 3: Cid 2 by 0',
  ]);
  assert.deepEqual(await writersOf(server), { a: 0, c: 3, d: 2, e: 0 });
  const [unordered] = await server.database.sql`
    SELECT FROM product_changes WHERE old_updated_at > changed_at LIMIT 1`;
  assert.equal(unordered, undefined);
});

test('a source notes the products that it deletes', async (t) => {
  const server = await startSourcesServer(t);
  const host = await startFileHost(t);
  host.serve('/file', fileOf('a,Ann,1', 'b,Bob,1'));
  const url = `${host.url}/file`;
  const { id } = await addSource(server, { name: 'file', url, mode: 'REPLACE', maxDeletedShare: 1 });
  const { lastImport } = await sourceImported(server, id);
  host.serve('/file', fileOf('a,Ann,1'));
  await commandSource(server, 'syncDataSource', id);
  await sourceImported(server, id, lastImport);
  assert.deepEqual(await changesOf(server), ['b DELETED by 2: Bob 1 by 1']);
});

async function changesOf({ database }: TestServer): Promise<string[]> {
  const changes = await database.sql<{ text: string }[]>`
    SELECT concat(sku, ' ', kind, ' by ', import_number,
      ': ' || old_name || ' ' || old_description || ' by ' || old_changed_by) AS text
    FROM product_changes ORDER BY id, kind`;
  return changes.map(({ text }) => text);
}

async function writersOf({ database }: TestServer): Promise<Record<string, number>> {
  const products = await database.sql<{ sku: string; writer: number }[]>`
    SELECT sku, changed_by AS writer FROM products ORDER BY sku`;
  return Object.fromEntries(products.map(({ sku, writer }) => [sku, writer]));
}
