// Single products are created, renamed and deleted while others do the same and imports bring the same SKUs.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ProductStore } from '../../../src/db/catalogue/products/product-store.ts';
import { LoadstoneError } from '../../../src/errors.ts';
import { assertCountsAreExact } from '../../db/catalogue/product-fixtures.ts';
import { createTestDatabase } from '../../support/database/database.ts';
import { expectExactCounts, expectNothingLeft } from '../../support/imports/catalogue.ts';
import { expectNoErrors, importAndWait, query } from '../../support/server/graphql-client.ts';
import { startTestServer } from '../../support/server/server.ts';
import {
  addSource,
  commandSource,
  sourceImported,
  sourceReaches,
  startSourcesServer,
} from '../../support/sources/data-sources.ts';
import { startFileHost } from '../../support/sources/file-host.ts';

const SKUS = ['a', 'b', 'Ω', '😀'];
const NAMES = ['Anchor', 'Élan', '\uffff'];
const EXPECTED = ['ALREADY_EXISTS', 'NOT_FOUND'];
const CREATE = 'mutation ($input: CreateProductInput!) { createProduct(input: $input) { sku } }';
const DELETE = 'mutation ($sku: String!) { deleteProduct(sku: $sku) { sku } }';

interface Step {
  kind: 'create' | 'rename' | 'delete';
  sku: string;
  name: string;
}

const step = fc.record<Step>({
  kind: fc.constantFrom('create', 'rename', 'delete'),
  sku: fc.constantFrom(...SKUS),
  name: fc.constantFrom(...NAMES),
});
const clients = fc.array(fc.array(step, { minLength: 1, maxLength: 12 }), { minLength: 2, maxLength: 6 });

test('counts are exact whatever several clients create, rename and delete at once', async (t) => {
  const database = await createTestDatabase(t);
  const store = new ProductStore(database);
  await fc.assert(
    fc.asyncProperty(clients, async (all) => {
      const before = await store.count();
      const changes = await Promise.all(all.map((steps) => take(store, steps)));
      await assertCountsAreExact(database);
      assert.equal(
        await store.count(),
        changes.reduce((sum, change) => sum + change, before),
      );
    }),
    { numRuns: 25 },
  );
});

test('imports of the same SKUs complete meanwhile, with exact counts at every look', async (t) => {
  const server = await startTestServer(t);
  const store = new ProductStore(server.database);
  const skus = Array.from({ length: 3_000 }, (_, i) => `sku-${String(i).padStart(4, '0')}`);
  const fileOf = (round: number) =>
    `sku,name,description\n${skus.map((sku, i) => `${sku},Name ${(i + round) % 5},${round}\n`).join('')}`;
  await importAndWait(server.url, fileOf(0));

  let isOver = false;
  let looks = 0;
  const counted = { created: 0, deleted: 0 };
  const edit = async (first: number) => {
    for (let i = first; !isOver; i += 7) {
      const sku = skus[(i * 31) % skus.length] as string;
      if (await succeeds(store.delete(sku))) counted.deleted++;
      const name = `Name ${i % 7}`;
      if (await succeeds(store.create({ sku, name, description: 'by hand' }))) counted.created++;
    }
  };
  const look = async () => {
    for (; !isOver; looks++) await expectExactCounts(server);
  };
  const importing = (async () => {
    for (let round = 1; round <= 4; round++) {
      const { status } = await importAndWait(server.url, fileOf(round));
      assert.equal(status, 'COMPLETED');
    }
  })().finally(() => {
    isOver = true;
  });
  const ended = await Promise.allSettled([importing, edit(0), edit(1), edit(2), look()]);
  assert.deepEqual(
    ended.filter(({ status }) => status === 'rejected'),
    [],
  );
  assert.ok(looks > 0 && counted.created > 0 && counted.deleted > 0, JSON.stringify({ looks, ...counted }));
  await expectExactCounts(server);
  await expectNothingLeft(server);
});

test('a REPLACE source keeps a product that was created by hand, and brings back one that was deleted', async (t) => {
  const server = await startSourcesServer(t);
  const host = await startFileHost(t);
  const skus = ['s-1', 's-2', 's-3', 's-4'];
  const serve = (left: string[], text: string) =>
    host.serve('/file', `sku,name,description\n${left.map((sku) => `${sku},Name,${text}\n`).join('')}`);
  serve(skus, 'first');
  const { id } = await addSource(server, {
    name: 'file',
    url: `${host.url}/file`,
    mode: 'REPLACE',
    maxDeletedShare: 1,
  });
  const source = await sourceImported(server, id);
  assert.equal(source.productCount, 4);

  for (const sku of ['s-1', 's-2']) expectNoErrors(await query(server.url, DELETE, { sku }));
  const input = { sku: 's-1', name: 'By hand' };
  expectNoErrors(await query(server.url, CREATE, { input }));
  await sourceReaches(server, id, 'has lost both', ({ productCount }) => productCount === 2);

  // The file no longer has s-1, which is ours now, nor s-3, which is the source's; s-2 it still has.
  serve(['s-2', 's-4'], 'second');
  await commandSource(server, 'syncDataSource', id);
  await sourceImported(server, id, source.lastImport);
  const products = await server.database.sql`SELECT sku, name FROM products ORDER BY sku`;
  assert.deepEqual(
    [...products],
    [
      { sku: 's-1', name: 'By hand' },
      { sku: 's-2', name: 'Name' },
      { sku: 's-4', name: 'Name' },
    ],
  );
  await expectExactCounts(server);
});

/** @returns by how many products the catalogue has grown */
async function take(store: ProductStore, steps: Step[]): Promise<number> {
  let change = 0;
  for (const { kind, sku, name } of steps) {
    if (kind === 'create' && (await succeeds(store.create({ sku, name, description: '' })))) change++;
    if (kind === 'rename') await succeeds(store.update(sku, { name }));
    if (kind === 'delete' && (await succeeds(store.delete(sku)))) change--;
  }
  return change;
}

/** Whether it succeeded; another client may have been first. */
async function succeeds(action: Promise<unknown>): Promise<boolean> {
  try {
    await action;
    return true;
  } catch (error) {
    assert.ok(error instanceof LoadstoneError && EXPECTED.includes(error.code), String(error));
    return false;
  }
}
