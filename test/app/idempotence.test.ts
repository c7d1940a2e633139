// A client that does not know whether its upload arrived sends it again, with the same id: it counts once.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { sampleChunks } from '../../src/cli/sample-rows.ts';
import { expectCatalogue, expectNothingLeft } from '../support/catalogue.ts';
import { CatalogueModel } from '../support/catalogue-model.ts';
import { type Answer, expectNoErrors, importAndWait, query, upload } from '../support/graphql-client.ts';
import { holdMerges } from '../support/hold-lock.ts';
import { importEnds, importReaches, importState } from '../support/import-state.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

const FILE = Buffer.concat([...sampleChunks(5_000, 1)].map(({ bytes }) => bytes));
const OTHER = 'name,sku,description\nOther,o-1,x\n';

test('the same file with the same id, after the first has ended: the first import is the answer', async (t) => {
  const server = await startTestServer(t);
  const id = randomUUID();
  const done = await importAndWait(server.url, FILE, { id });
  assert.deepEqual(done.rows, modelOf(FILE).ledger);
  const before = await versions(server);
  const again = expectNoErrors(await upload(server.url, 'again.csv', FILE, { id })).importProducts;
  assert.deepEqual(again, done);
  assert.deepEqual(await versions(server), before);
  assert.equal(await countImports(server), 1);
  await expectNothingLeft(server);
});

test('the id may be written in capitals', async (t) => {
  const server = await startTestServer(t);
  const id = randomUUID();
  const done = await importAndWait(server.url, OTHER, { id });
  const again = await upload(server.url, 'again.csv', OTHER, { id: id.toUpperCase() });
  assert.deepEqual(expectNoErrors(again).importProducts, done);
});

test('the same file with the same id, while the first is at work: it is imported once', async (t) => {
  const server = await startTestServer(t);
  const id = randomUUID();
  const held = await holdMerges(t, server);
  expectNoErrors(await upload(server.url, 'first.csv', FILE, { id }));
  const again = expectNoErrors(await upload(server.url, 'again.csv', FILE, { id })).importProducts;
  assert.equal(again.fileName, 'first.csv');
  await held.release();
  assert.deepEqual((await importEnds(server.url, id)).rows, modelOf(FILE).ledger);
  await expectCatalogue(server, modelOf(FILE).model);
  assert.equal(await countImports(server), 1);
});

test('many at the same moment, on two server processes: one import, and the same answer to all', async (t) => {
  const server = await startTestServer(t);
  const other = await startTestServer(t, { databaseUrl: server.database.url });
  const id = randomUUID();
  const servers = [server, other, server, other];
  const answers = await Promise.all(
    servers.map(({ url }, index) => upload(url, `${index}.csv`, FILE, { id })),
  );
  const imports = answers.map((answer) => expectNoErrors(answer).importProducts);
  for (const { fileName, bytesReceived } of imports) {
    assert.equal(fileName, imports[0]?.fileName);
    assert.equal(bytesReceived, FILE.length);
  }
  assert.deepEqual((await importEnds(server.url, id)).rows, modelOf(FILE).ledger);
  await expectCatalogue(server, modelOf(FILE).model);
  assert.equal(await countImports(server), 1);
  await expectNothingLeft(server);
  await expectNothingLeft(other);
});

test('the second is answered when the first has arrived, not before', async (t) => {
  const server = await startTestServer(t);
  const id = randomUUID();
  const file = new PassThrough();
  const first = upload(server.url, 'first.csv', file, { id });
  file.write(FILE.subarray(0, 1_000));
  await importReaches(server.url, id, 'it exists', () => true);
  let answered = false;
  const second = upload(server.url, 'second.csv', FILE, { id }).finally(() => {
    answered = true;
  });
  const unrelated = await importAndWait(server.url, OTHER);
  assert.deepEqual([unrelated.status, answered], ['COMPLETED', false]);
  file.end(FILE.subarray(1_000));
  assert.equal(expectNoErrors(await first).importProducts.id, id);
  assert.equal(expectNoErrors(await second).importProducts.bytesReceived, FILE.length);
});

test('another file with the same id is refused, and changes nothing', async (t) => {
  const server = await startTestServer(t);
  const id = randomUUID();
  const done = await importAndWait(server.url, FILE, { id });
  const before = await versions(server);
  // The same rows, packed, are another file.
  for (const file of [OTHER, FILE.subarray(0, -1), gzipSync(FILE)]) {
    expectTaken(
      await upload(server.url, 'other.csv', file, { id }),
      /belongs to an import of another file. Choose a new id/,
    );
  }
  assert.deepEqual(await importState(server.url, id), done);
  assert.deepEqual(await versions(server), before);
  await expectNothingLeft(server);
});

test('another file with the same id is refused also while the first arrives', async (t) => {
  const server = await startTestServer(t);
  const id = randomUUID();
  const file = new PassThrough();
  const first = upload(server.url, 'first.csv', file, { id });
  file.write(FILE.subarray(0, 1_000));
  await importReaches(server.url, id, 'it exists', () => true);
  const other = upload(server.url, 'other.csv', OTHER, { id });
  file.end(FILE.subarray(1_000));
  expectTaken(await other, /belongs to an import of another file/);
  assert.equal(expectNoErrors(await first).importProducts.id, id);
  assert.equal((await importEnds(server.url, id)).status, 'COMPLETED');
  await expectCatalogue(server, modelOf(FILE).model);
});

test('an import whose file never arrived whole is the answer to its id, and says so: a new try takes a new one', async (t) => {
  const server = await startTestServer(t);
  const id = randomUUID();
  const gone = new AbortController();
  const file = new PassThrough();
  const first = upload(server.url, 'first.csv', file, { id }, gone.signal);
  file.write(FILE.subarray(0, 1_000));
  await importReaches(server.url, id, 'it exists', () => true);
  gone.abort();
  await assert.rejects(first);
  const failed = await importEnds(server.url, id);
  assert.equal(failed.error?.code, 'UPLOAD_INTERRUPTED');
  const again = expectNoErrors(await upload(server.url, 'again.csv', FILE, { id })).importProducts;
  assert.deepEqual([again.id, again.status], [id, 'FAILED']);
  assert.deepEqual(await importState(server.url, id), failed);
  assert.equal((await importAndWait(server.url, FILE)).status, 'COMPLETED');
});

function modelOf(file: Buffer): { model: CatalogueModel; ledger: ReturnType<CatalogueModel['import']> } {
  const model = new CatalogueModel();
  return { ledger: model.import(file), model };
}

function expectTaken({ data, errors }: Answer<unknown>, advice: RegExp): void {
  assert.equal(errors?.[0]?.extensions?.code, 'IMPORT_ID_TAKEN', JSON.stringify({ data, errors }));
  assert.match(errors[0].message, advice);
}

/** Tells whether any row of the catalogue was written, even with the values it had. */
async function versions({ database }: TestServer): Promise<object[]> {
  const products =
    await database.sql`SELECT sku, xmin::text, ctid::text, updated_at FROM products ORDER BY sku`;
  const counts =
    await database.sql`SELECT name, xmin::text, ctid::text FROM product_name_counts ORDER BY name`;
  return [...products, ...counts];
}

async function countImports({ url }: TestServer): Promise<number> {
  const answer = await query<{ imports: { edges: object[] } }>(url, '{ imports { edges { cursor } } }');
  return expectNoErrors(answer).imports.edges.length;
}
