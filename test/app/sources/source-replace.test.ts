// Several sources in one catalogue, and the mode REPLACE: products missing from a source are deleted, within a limit.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { sampleChunks } from '../../../src/cli/sample/sample-rows.ts';
import { needsOneNode } from '../../support/database/cluster.ts';
import { expectCatalogue, expectExactCounts, expectNothingLeft } from '../../support/imports/catalogue.ts';
import { CatalogueModel } from '../../support/imports/catalogue-model.ts';
import { holdLock, waitForWaiting } from '../../support/imports/hold-lock.ts';
import { importEnds } from '../../support/imports/import-state.ts';
import { importAndWait, query } from '../../support/server/graphql-client.ts';
import type { TestServer } from '../../support/server/server.ts';
import {
  addSource,
  commandSource,
  confirmDeletion,
  type SourceInput,
  type SourceState,
  sourceImported,
  sourceReaches,
  startSourcesServer,
  syncAndSettle,
  updateSource,
} from '../../support/sources/data-sources.ts';
import { type FileHost, startFileHost } from '../../support/sources/file-host.ts';
import { waitUntil } from '../../support/wait-until.ts';

const HEADER = 'name,sku,description\n';

/** A file with these SKUs; `text` is the description of all of them. */
function fileOf(skus: Iterable<string>, text = 'plain', name = (sku: string) => `Name of ${sku}`): string {
  return HEADER + [...skus].map((sku) => `${name(sku)},${sku},${text}\n`).join('');
}

function skus(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, i) => `sku-${String(from + i).padStart(6, '0')}`);
}

async function productsOf({ database }: TestServer): Promise<string[]> {
  const products = await database.sql<{ sku: string }[]>`SELECT sku FROM products ORDER BY sku`;
  return products.map(({ sku }) => sku);
}

/** Adds a source with one file, and waits until it is imported. */
async function addFile(
  server: TestServer,
  host: FileHost,
  name: string,
  content: string,
  input: Partial<SourceInput> = {},
): Promise<SourceState> {
  host.serve(`/${name}`, content);
  const { id } = await addSource(server, { name, url: `${host.url}/${name}`, mode: 'REPLACE', ...input });
  return sourceImported(server, id);
}

/** Serves another file instead, and waits until it is imported. */
async function changeFile(server: TestServer, host: FileHost, source: SourceState, content: string) {
  host.serve(`/${source.name}`, content);
  await commandSource(server, 'syncDataSource', source.id);
  return sourceImported(server, source.id, source.lastImport);
}

async function start(t: TestContext): Promise<{ server: TestServer; host: FileHost }> {
  return { server: await startSourcesServer(t), host: await startFileHost(t) };
}

test('products missing from a source are deleted from the catalogue and the name counts, and reported as deleted', async (t) => {
  const { server, host } = await start(t);
  const shared = () => 'One name';
  const source = await addFile(server, host, 'a', fileOf(skus(0, 100), 'plain', shared));
  assert.equal(source.productCount, 100);
  const after = await changeFile(server, host, source, fileOf(skus(10, 105), 'plain', shared));
  assert.deepEqual(after.lastImport.rows, {
    read: 95,
    inserted: 5,
    updated: 0,
    unchanged: 90,
    superseded: 0,
    rejected: 0,
    deleted: 10,
  });
  assert.equal(after.productCount, 95);
  const model = new CatalogueModel();
  model.import(fileOf(skus(10, 105), 'plain', shared));
  await expectCatalogue(server, model);
  await expectNothingLeft(server);
});

test('a source in the mode UPSERT deletes nothing', async (t) => {
  const { server, host } = await start(t);
  const source = await addFile(server, host, 'a', fileOf(skus(0, 10)), { mode: 'UPSERT' });
  const after = await changeFile(server, host, source, fileOf(skus(9, 10)));
  assert.equal(after.lastImport.rows.deleted, 0);
  assert.deepEqual(await productsOf(server), skus(0, 10));
  // Once in the mode REPLACE, it deletes every missing product it ever delivered.
  await updateSource(server, source.id, { mode: 'REPLACE', maxDeletedShare: 1 });
  const replaced = await changeFile(server, host, after, fileOf(skus(8, 10)));
  assert.equal(replaced.lastImport.rows.deleted, 8);
  assert.deepEqual(await productsOf(server), skus(8, 10));
});

test('with two sources of the same SKUs the later import wins, and neither deletes what the other still has', async (t) => {
  const { server, host } = await start(t);
  const a = await addFile(server, host, 'a', fileOf(skus(0, 60), 'of a'), { maxDeletedShare: 1 });
  const b = await addFile(server, host, 'b', fileOf(skus(40, 100), 'of b'), { maxDeletedShare: 1 });
  assert.deepEqual([b.lastImport?.rows.inserted, b.lastImport?.rows.updated], [40, 20]);
  // a drops 0 to 20, which only it had, and 50 to 60, which b also has.
  const less = await changeFile(server, host, a, fileOf(skus(20, 50), 'of a'));
  assert.deepEqual([less.lastImport.rows.deleted, less.lastImport.rows.updated], [20, 10]);
  assert.deepEqual(await productsOf(server), skus(20, 100));
  // b drops 40 to 60: a still has the first half, and nobody has the rest.
  const rest = await changeFile(server, host, b, fileOf(skus(60, 100), 'of b'));
  assert.equal(rest.lastImport.rows.deleted, 10);
  assert.deepEqual(await productsOf(server), [...skus(20, 50), ...skus(60, 100)]);
  await expectExactCounts(server);
});

test('a source does not delete products that were uploaded since, until it delivers them again', async (t) => {
  const { server, host } = await start(t);
  const source = await addFile(server, host, 'a', fileOf(skus(0, 10)), { maxDeletedShare: 1 });
  // The upload changes one product and repeats the others: it takes over both.
  await importAndWait(server.url, `${fileOf(skus(5, 9))}Changed,sku-000009,by an upload\n`);
  const fewer = await changeFile(server, host, source, fileOf([...skus(4, 5), ...skus(8, 9)]));
  assert.equal(fewer.lastImport.rows.deleted, 4);
  assert.deepEqual(await productsOf(server), skus(4, 10));
  const none = await changeFile(server, host, fewer, fileOf(skus(4, 5)));
  assert.equal(none.lastImport.rows.deleted, 1, 'the one that the source brought again after the upload');
  assert.deepEqual(await productsOf(server), [...skus(4, 8), ...skus(9, 10)]);
});

test('a deletion above the limit is rejected before the merge, and made once it is confirmed', async (t) => {
  const { server, host } = await start(t);
  const source = await addFile(server, host, 'a', fileOf(skus(0, 100)));
  const before = await productsOf(server);
  host.serve('/a', fileOf(skus(30, 110), 'changed'));
  await commandSource(server, 'syncDataSource', source.id);
  const asks = await sourceReaches(server, source.id, 'asks', ({ state }) => state === 'CONFIRMATION_NEEDED');
  const { deletionToConfirm } = asks;
  assert.deepEqual(
    { ...deletionToConfirm, importId: undefined },
    { products: 30, of: 100, skus: skus(0, 20), isConfirmed: false, importId: undefined },
  );
  assert.equal(asks.error?.code, 'DELETION_NOT_CONFIRMED');
  assert.match(asks.error?.message ?? '', /30 of the 100 .* 20%/);
  const importId = deletionToConfirm?.importId ?? '';
  const refused = await importEnds(server.url, importId);
  assert.deepEqual([refused.status, refused.error?.code], ['FAILED', 'DELETION_NOT_CONFIRMED']);
  assert.deepEqual(await productsOf(server), before);
  assert.deepEqual([...(await server.database.sql`SELECT FROM products WHERE description <> 'plain'`)], []);

  // Meanwhile, it is not fetched repeatedly.
  const fetched = host.count('/a', 200);
  const still = await syncAndSettle(server, source.id);
  assert.deepEqual([still.state, still.deletionToConfirm], ['CONFIRMATION_NEEDED', deletionToConfirm]);
  assert.equal(host.count('/a', 200), fetched);

  const other = await query(
    server.url,
    `mutation { confirmDataSourceDeletion(id: "${source.id}", importId: "${source.id}") { id } }`,
  );
  assert.equal(other.errors?.[0]?.extensions?.code, 'NO_DELETION_TO_CONFIRM');
  await confirmDeletion(server, source.id, importId);
  const done = await sourceImported(server, source.id, source.lastImport);
  assert.deepEqual(done.lastImport.rows, {
    read: 80,
    inserted: 10,
    updated: 70,
    unchanged: 0,
    superseded: 0,
    rejected: 0,
    deleted: 30,
  });
  assert.deepEqual([done.state, done.error, done.deletionToConfirm], ['IDLE', null, null]);
  assert.deepEqual(await productsOf(server), skus(30, 110));
  await expectExactCounts(server);
  await expectNothingLeft(server);
});

test('a confirmation covers only the deletion that was shown: a different one needs its own, and an obsolete one is dropped', async (t) => {
  const { server, host } = await start(t);
  const source = await addFile(server, host, 'a', fileOf(skus(0, 100)));
  host.serve('/a', fileOf(skus(50, 100)));
  const asks = await syncAndSettle(server, source.id);
  host.serve('/a', fileOf(skus(0, 50)));
  await confirmDeletion(server, source.id, asks.deletionToConfirm?.importId ?? '');
  const anew = await sourceReaches(
    server,
    source.id,
    'asks for the other deletion',
    ({ deletionToConfirm }) => deletionToConfirm?.skus[0] === 'sku-000050',
  );
  assert.deepEqual([anew.state, anew.deletionToConfirm?.isConfirmed], ['CONFIRMATION_NEEDED', false]);
  assert.deepEqual(await productsOf(server), skus(0, 100));
  // The source has recovered.
  const back = await changeFile(server, host, source, fileOf(skus(0, 101)));
  assert.deepEqual([back.state, back.deletionToConfirm], ['IDLE', null]);
  assert.equal(back.lastImport.rows.deleted, 0);
});

test('a file without rows is rejected too; a share of 1 allows it, and a share of 0 allows no deletion', async (t) => {
  const { server, host } = await start(t);
  const a = await addFile(server, host, 'a', fileOf(skus(0, 5)));
  host.serve('/a', HEADER);
  assert.equal((await syncAndSettle(server, a.id)).state, 'CONFIRMATION_NEEDED');
  await updateSource(server, a.id, { maxDeletedShare: 1 });
  const emptied = await sourceImported(server, a.id, a.lastImport);
  assert.equal(emptied.deletionToConfirm, null);
  assert.equal(emptied.lastImport.rows.deleted, 5);
  assert.deepEqual(await productsOf(server), []);
  const b = await addFile(server, host, 'b', fileOf(skus(0, 100)), { maxDeletedShare: 0 });
  host.serve('/b', fileOf(skus(1, 100)));
  assert.equal((await syncAndSettle(server, b.id)).deletionToConfirm?.products, 1);
});

test('products that a rejected row may refer to are kept and counted as held', async (t) => {
  const { server, host } = await start(t);
  const source = await addFile(server, host, 'a', fileOf(skus(0, 10)), { maxDeletedShare: 1 });
  // sku-000000 is in a row with too many fields; sku-000001 is missing.
  const clear = await changeFile(server, host, source, `${fileOf(skus(2, 10))}A,sku-000000,b,c\n`);
  assert.deepEqual([clear.lastImport.rows.deleted, clear.heldProductCount], [1, 1]);
  assert.deepEqual(await productsOf(server), ['sku-000000', ...skus(2, 10)]);
  // An unclosed quote may have swallowed any row.
  const unclear = await changeFile(server, host, clear, `${fileOf(skus(5, 10))}A,"sku-000003,b\n`);
  assert.deepEqual([unclear.lastImport.rows.deleted, unclear.heldProductCount], [0, 4]);
  assert.deepEqual(await productsOf(server), ['sku-000000', ...skus(2, 10)]);
  const clean = await changeFile(server, host, unclear, fileOf(skus(5, 10)));
  assert.deepEqual([clean.lastImport.rows.deleted, clean.heldProductCount], [4, 0]);
  assert.deepEqual(await productsOf(server), skus(5, 10));
});

// It reads the statistics of one node.
test('only changed products are written', { skip: needsOneNode() }, async (t) => {
  const { server, host } = await start(t);
  const sample = Buffer.concat([...sampleChunks(20_000, 3)].map(({ bytes }) => bytes)).toString();
  const source = await addFile(server, host, 'a', sample);
  const written = async () => {
    await server.database.sql`SELECT pg_stat_force_next_flush()`;
    const [counts] = await server.database.sql<{ products: number; claims: number }[]>`
      SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FILTER (WHERE relname = 'products')::bigint AS products,
        sum(n_tup_ins + n_tup_upd + n_tup_del) FILTER (WHERE relname = 'source_products')::bigint AS claims
      FROM pg_stat_user_tables`;
    return counts ?? { products: 0, claims: 0 };
  };
  const distinct = (await productsOf(server)).length;
  await waitUntil(
    'the first import is in the statistics',
    async () => (await written()).products === distinct,
  );
  const before = await written();
  const some = await server.database.sql<
    { sku: string }[]
  >`SELECT sku FROM products ORDER BY name, sku LIMIT 100`;
  const appended = some.map(({ sku }) => `Changed,${sku},changed\r\n`).join('');
  const after = await changeFile(server, host, source, sample + appended);
  assert.equal(after.lastImport.rows.updated, 100);
  await waitUntil(
    'the second import is in the statistics',
    async () => (await written()).products > before.products,
  );
  const now = await written();
  assert.deepEqual([now.products - before.products, now.claims - before.claims], [100, 0]);
});

test('the next server completes a deletion when a server stops halfway, and counts every deleted product', async (t) => {
  const { server, host } = await start(t);
  const source = await addFile(server, host, 'a', fileOf(skus(0, 25_000)), { maxDeletedShare: 1 });
  // Blocks the last batch of the deletion.
  const held = await holdLock(t, server, `SELECT FROM products WHERE sku = 'sku-023000' FOR UPDATE`);
  host.serve('/a', fileOf(skus(24_000, 25_000)));
  await commandSource(server, 'syncDataSource', source.id);
  await waitForWaiting(server, 'merge');
  const { currentImport } = await sourceReaches(
    server,
    source.id,
    'imports',
    ({ state }) => state === 'IMPORTING',
  );
  const importId = currentImport?.id ?? assert.fail('there is no import');
  await waitUntil('two batches are gone', async () => (await productsOf(server)).length === 5_000);
  await expectExactCounts(server);
  await server.close();
  await held.release();
  assert.equal((await productsOf(server)).length, 5_000);

  const { dataDir, databaseUrl } = server.settings;
  const next = await startSourcesServer(t, { dataDir, databaseUrl });
  assert.equal((await importEnds(next.url, importId)).status, 'COMPLETED');
  const done = await sourceImported(next, source.id, source.lastImport);
  assert.deepEqual([done.lastImport.id, done.lastImport.rows.deleted], [importId, 24_000]);
  assert.deepEqual(await productsOf(next), skus(24_000, 25_000));
  await expectExactCounts(next);
  await expectNothingLeft(next);
});

test('an import keeps its counts when its server dies after the deletion but before reporting it', async (t) => {
  const { server, host } = await start(t);
  const source = await addFile(server, host, 'a', fileOf(skus(0, 10)), { maxDeletedShare: 1 });
  const { lastImport } = await changeFile(server, host, source, fileOf(skus(4, 11)));
  const { id, rows } = lastImport;
  // By then, its staged rows and its file are gone.
  await server.database
    .sql`UPDATE imports SET status = 'MERGING', finished_at = NULL, owner = NULL WHERE id = ${id}`;
  assert.equal((await importEnds(server.url, id)).status, 'COMPLETED');
  const { data } = await query<{ import: { rows: object } }>(
    server.url,
    `{ import(id: "${id}") { rows { read inserted updated unchanged superseded rejected deleted } } }`,
  );
  assert.deepEqual(data?.import.rows, rows);
  assert.deepEqual(await productsOf(server), skus(4, 11));
});

test('counts are always exact during concurrent imports of sources, uploads and updates', async (t) => {
  const { server, host } = await start(t);
  const names = (sku: string) => `Name ${Number(sku.slice(4)) % 7}`;
  const a = await addFile(server, host, 'a', fileOf(skus(0, 3_000), 'a', names), { maxDeletedShare: 1 });
  const b = await addFile(server, host, 'b', fileOf(skus(2_000, 5_000), 'b', names), { maxDeletedShare: 1 });
  let busy = true;
  const looking = (async () => {
    while (busy) await expectExactCounts(server);
  })();
  const updating = (async () => {
    for (let i = 0; busy; i++) {
      const sku = `sku-${String(2_000 + (i % 1_000)).padStart(6, '0')}`;
      await query(
        server.url,
        'mutation ($sku: String!) { updateProduct(sku: $sku, input: { name: "Name 3" }) { sku } }',
        {
          sku,
        },
      );
    }
  })();
  const [lastA, lastB] = await Promise.all([
    changeFile(server, host, a, fileOf(skus(500, 2_500), 'a2', names)),
    changeFile(server, host, b, fileOf(skus(2_800, 5_500), 'b2', names)),
    importAndWait(server.url, fileOf(skus(6_000, 8_000), 'upload', names)),
  ]);
  busy = false;
  await Promise.all([looking, updating]);
  // Both sources dropped 2,500 to 2,800, in either order; at least one still has each of the others.
  assert.deepEqual(await productsOf(server), [
    ...skus(500, 2_500),
    ...skus(2_800, 5_500),
    ...skus(6_000, 8_000),
  ]);
  assert.equal(lastA.lastImport.rows.deleted + lastB.lastImport.rows.deleted, 500 + 300);
  await expectExactCounts(server);
});
