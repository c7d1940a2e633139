// A client that does not know whether its upload arrived sends it again with the same id, and it is imported once.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { ImportState } from '../../../src/cli/client/loadstone-client.ts';
import { sampleChunks } from '../../../src/cli/sample/sample-rows.ts';
import { expectCatalogue, expectNothingLeft } from '../../support/imports/catalogue.ts';
import { CatalogueModel } from '../../support/imports/catalogue-model.ts';
import { holdMerges } from '../../support/imports/hold-lock.ts';
import { importEnds, importReaches, importState } from '../../support/imports/import-state.ts';
import { importIssues } from '../../support/imports/issues.ts';
import {
  type Answer,
  expectNoErrors,
  importAndWait,
  query,
  upload,
  watchProgress,
} from '../../support/server/graphql-client.ts';
import { ONE_LANE, startTestServer, type TestServer } from '../../support/server/server.ts';

const FILE = Buffer.concat([...sampleChunks(5_000, 1)].map(({ bytes }) => bytes));
const MIB = 1024 * 1024;
const OTHER = 'name,sku,description\nOther,o-1,x\n';

test('a repeated upload returns the first import once that has ended', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
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

test('the id is case-insensitive', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const id = randomUUID();
  const done = await importAndWait(server.url, OTHER, { id });
  const again = await upload(server.url, 'again.csv', OTHER, { id: id.toUpperCase() });
  assert.deepEqual(expectNoErrors(again).importProducts, done);
});

test('a file sent again while its import is running is imported once', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
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

test('concurrent uploads to two server processes result in one import and get the same answer', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const other = await startTestServer(t, { ...ONE_LANE, databaseUrl: server.database.url });
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

test('a repeated upload is answered only once the first has arrived', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
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

test('a different file with the same id is rejected and changes nothing', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const id = randomUUID();
  const done = await importAndWait(server.url, FILE, { id });
  const before = await versions(server);
  // The same rows, compressed, count as a different file.
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

test('a different file with the same id is rejected while the first is arriving', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
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

test('an interrupted upload starts over with the same id, and nothing of the first attempt is left', async (t) => {
  const server = await startTestServer(t, { ...ONE_LANE, maxUploadBytes: 4 * MIB });
  for (const [what, breakOff] of BREAKS) {
    const id = randomUUID();
    const failed = await breakOff(server, id);
    assert.deepEqual([failed.status, failed.rows.inserted], ['FAILED', 0], what);
    const revision = await revisionOf(server, id);
    const seen: ImportState[] = [];
    const again = expectNoErrors(await upload(server.url, 'again.csv', FILE, { id })).importProducts;
    assert.deepEqual([again.id, again.fileName, again.error], [id, 'again.csv', null], what);
    for await (const state of watchProgress(server.url, id)) seen.push(state);
    const done = seen.at(-1) ?? assert.fail(what);
    assert.deepEqual([done.status, done.error], ['COMPLETED', null], what);
    assert.equal(done.rows.read, modelOf(FILE).ledger.read, what);
    assert.equal(done.rows.rejected, 0, what);
    assert.ok((await revisionOf(server, id)) > revision, `${what}: who watches must see the newer state`);
    assert.ok(Date.parse(done.createdAt) > Date.parse(failed.createdAt), what);
    assert.deepEqual(await importIssues(server.url, id, { kind: 'REJECTED' }), [], what);
    // Complete by now: sent once more, it is answered but not imported again.
    const third = expectNoErrors(await upload(server.url, 'third.csv', FILE, { id })).importProducts;
    assert.deepEqual(third, done, what);
    expectTaken(await upload(server.url, 'other.csv', OTHER, { id }), /belongs to an import of another file/);
  }
  await expectCatalogue(server, modelOf(FILE).model);
  await expectNothingLeft(server);
});

type Break = (server: TestServer, id: string) => Promise<ImportState>;

const BREAKS: [what: string, breakOff: Break][] = [
  ['the client disconnected', (server, id) => leave(server, id, FILE.subarray(0, 1_000))],
  [
    'the client disconnected after some rows were rejected',
    (server, id) =>
      leave(server, id, Buffer.from(`name,sku,description\n${`${'x'.repeat(100)}\n`.repeat(20_000)}`), 1),
  ],
  [
    'the file was too large',
    async (server, id) => {
      const { errors } = await upload(server.url, 'large.csv', Buffer.alloc(6 * MIB, FILE), { id });
      assert.equal(errors?.[0]?.extensions?.code, 'FILE_TOO_LARGE');
      return importEnds(server.url, id);
    },
  ],
  [
    'the header lacked a column, and the rest of the file was not read',
    async (server, id) => {
      const file = new PassThrough();
      const answer = upload(server.url, 'wrong.csv', file, { id });
      file.write(`name,sku\n${'Ann,a-1\n'.repeat(100_000)}`);
      expectNoErrors(await answer);
      return importEnds(server.url, id);
    },
  ],
];

/** Disconnects halfway, once this many rows have been rejected. */
async function leave(server: TestServer, id: string, part: Buffer, rejected = 0): Promise<ImportState> {
  const gone = new AbortController();
  const file = new PassThrough();
  const answer = upload(server.url, 'first.csv', file, { id }, gone.signal);
  file.write(part);
  await importReaches(server.url, id, 'it arrives', ({ rows }) => rows.rejected >= rejected);
  gone.abort();
  await assert.rejects(answer);
  return importEnds(server.url, id);
}

test('a repeated upload takes over when the server has not yet noticed that the first broke off', async (t) => {
  const server = await startTestServer(t, { ...ONE_LANE, uploadIdleSeconds: 1 });
  const other = await startTestServer(t, { ...ONE_LANE, databaseUrl: server.database.url });
  const id = randomUUID();
  const file = new PassThrough();
  const first = upload(server.url, 'first.csv', file, { id });
  file.write(FILE.subarray(0, 1_000));
  await importReaches(server.url, id, 'it exists', () => true);
  const second = await upload(other.url, 'second.csv', FILE, { id });
  assert.equal((await first).errors?.[0]?.extensions?.code, 'UPLOAD_INTERRUPTED');
  assert.equal(expectNoErrors(second).importProducts.fileName, 'second.csv');
  assert.equal((await importEnds(server.url, id)).status, 'COMPLETED');
  await expectCatalogue(server, modelOf(FILE).model);
});

test('an upload for a cancelled import, or longer than the first file, is answered before it is read', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const cancelled = randomUUID();
  const file = new PassThrough();
  const first = upload(server.url, 'first.csv', file, { id: cancelled });
  file.write(FILE.subarray(0, 1_000));
  await importReaches(server.url, cancelled, 'it exists', () => true);
  expectNoErrors(
    await query(server.url, 'mutation ($id: ID!) { cancelImport(id: $id) { id } }', { id: cancelled }),
  );
  expectNoErrors(await first);
  const again = await upload(server.url, 'again.csv', endless(), { id: cancelled });
  assert.equal(expectNoErrors(again).importProducts.status, 'CANCELLED');

  const { id } = await importAndWait(server.url, OTHER);
  expectTaken(await upload(server.url, 'long.csv', endless(), { id }), /another file/);
  const announced = { stream: endless(), size: 2 ** 40 };
  expectTaken(await upload(server.url, 'long.csv', announced, { id }), /another file/);
  await expectNothingLeft(server);
});

/** Sends the rest of a file only after the response. */
function endless(): PassThrough {
  const file = new PassThrough();
  file.write(FILE.subarray(0, 100_000));
  return file;
}

function modelOf(file: Buffer): { model: CatalogueModel; ledger: ReturnType<CatalogueModel['import']> } {
  const model = new CatalogueModel();
  return { ledger: model.import(file), model };
}

function expectTaken({ data, errors }: Answer<unknown>, advice: RegExp): void {
  assert.equal(errors?.[0]?.extensions?.code, 'IMPORT_ID_TAKEN', JSON.stringify({ data, errors }));
  assert.match(errors[0].message, advice);
}

/** Detects whether any row of the catalogue was written, even with unchanged values. */
async function versions({ database }: TestServer): Promise<object[]> {
  const products =
    await database.sql`SELECT sku, xmin::text, ctid::text, updated_at FROM products ORDER BY sku`;
  const counts =
    await database.sql`SELECT name, xmin::text, ctid::text FROM product_name_counts ORDER BY name`;
  return [...products, ...counts];
}

async function revisionOf({ database }: TestServer, id: string): Promise<number> {
  const [row] = await database.sql<[{ revision: number }]>`SELECT revision FROM imports WHERE id = ${id}`;
  return row.revision;
}

async function countImports({ url }: TestServer): Promise<number> {
  const answer = await query<{ imports: { edges: object[] } }>(url, '{ imports { edges { cursor } } }');
  return expectNoErrors(answer).imports.edges.length;
}
