// Uploading a catalogue: every row is accounted for, and products and counts match the file exactly.

import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { sampleChunks } from '../../../src/cli/sample/sample-rows.ts';
import { needsOwnership } from '../../support/database/serving-role.ts';
import { zipOf } from '../../support/files/zip.ts';
import {
  expectCatalogue,
  expectExactCounts,
  expectNothingLeft,
  productsTable,
} from '../../support/imports/catalogue.ts';
import { CatalogueModel } from '../../support/imports/catalogue-model.ts';
import { expectNoErrors, importAndWait, query, upload } from '../../support/server/graphql-client.ts';
import { startTestServer } from '../../support/server/server.ts';

const SMALL =
  'name,sku,description\r\nAnn,a-1,"one\ntwo"\r\nBob,b-1,\r\nAnn,a-2,"say ""hi"""\r\nCy,a-1,last wins\r\n';

function sample(rows: number, seed = 1): Buffer {
  return Buffer.concat([...sampleChunks(rows, seed)].map(({ bytes }) => bytes));
}

for (const parser of ['fast', 'csv-parse'] as const) {
  test(`the last row of a repeated SKU wins, the row counts add up, and name counts are exact (${parser})`, async (t) => {
    const server = await startTestServer(t, { parser });
    const model = new CatalogueModel();
    const file = sample(20_000);
    const done = await importAndWait(server.url, file);
    assert.equal(done.status, 'COMPLETED');
    assert.deepEqual(done.rows, model.import(file));
    assert.ok(done.rows.superseded > 0, 'the sample repeats SKUs');
    await expectCatalogue(server, model);
    await expectNothingLeft(server);
  });
}

test('a second file inserts new rows, updates changed ones and leaves equal ones alone', async (t) => {
  const server = await startTestServer(t);
  const model = new CatalogueModel();
  const first = sample(3_000, 1);
  const second = `${sample(3_000, 1).toString().replaceAll('\r\nMichael ', '\r\nMikael ')}${sample(1_000, 2).toString().split('\r\n').slice(1).join('\r\n')}`;
  assert.deepEqual((await importAndWait(server.url, first)).rows, model.import(first));
  const done = await importAndWait(server.url, second);
  assert.deepEqual(done.rows, model.import(second));
  assert.ok(done.rows.inserted > 0 && done.rows.updated > 0 && done.rows.unchanged > 0);
  await expectCatalogue(server, model);
});

test('importing the same file again writes no product', async (t) => {
  const server = await startTestServer(t);
  const file = sample(5_000);
  const writes = async () => {
    await server.database.sql`SELECT pg_stat_force_next_flush()`;
    const [row] = await server.database.sql`
      SELECT sum(xmin::text::bigint)::text AS xmins, max(updated_at) AS updated FROM products`;
    return row;
  };
  await importAndWait(server.url, file);
  const before = await writes();
  const again = await importAndWait(server.url, file);
  assert.equal(again.status, 'COMPLETED');
  assert.deepEqual([again.rows.inserted, again.rows.updated], [0, 0]);
  assert.equal(again.rows.unchanged + again.rows.superseded, again.rows.read);
  assert.deepEqual(await writes(), before);
});

test('a file that is small only as it is sent is staged as the catalogue that it becomes', {
  skip: needsOwnership(),
}, async (t) => {
  const server = await startTestServer(t);
  const rows = Array.from({ length: 60_000 }, (_, i) => `Name ${i % 500},s-${i},${'d'.repeat(180)}`);
  const file = gzipSync(`name,sku,description\n${rows.join('\n')}\n`);
  assert.ok(file.length < 1_000_000);
  const before = await productsTable(server);
  const done = await importAndWait(server.url, file);
  assert.equal(done.rows.inserted, rows.length);
  assert.notEqual(await productsTable(server), before);
  await expectExactCounts(server);
});

const FORMS: [string, Buffer, { delimiter?: string; encoding?: string }?][] = [
  ['plain CSV', Buffer.from(SMALL)],
  ['CSV with a BOM', Buffer.from(`\ufeff${SMALL}`)],
  ['gzip', gzipSync(SMALL)],
  ['gzip with several members', Buffer.concat([gzipSync(SMALL.slice(0, 50)), gzipSync(SMALL.slice(50))])],
  ['zstd', zstdCompressSync(SMALL)],
  [
    'a zip file with one entry',
    zipOf({ name: 'folder/' }, { name: 'folder/products.csv', content: Buffer.from(SMALL) }),
  ],
  ['UTF-16 with a BOM', Buffer.from(`\ufeff${SMALL}`, 'utf16le')],
  ['CSV with LF line ends', Buffer.from(SMALL.replaceAll('\r\n', '\n'))],
  ['CSV with CR line ends', Buffer.from(SMALL.replaceAll('\r\n', '\r'))],
  [
    'CSV with columns in other case and order, and extra ones',
    Buffer.from(
      'SKU,x,Description,NAME\na-1,,"one\ntwo",Ann\nb-1,1,,Bob\na-2,2,"say ""hi""",Ann\na-1,3,last wins,Cy\n',
    ),
  ],
  ['CSV with semicolons, detected', Buffer.from(SMALL.replaceAll(',', ';'))],
  ['CSV with tabs, detected', Buffer.from(SMALL.replaceAll(',', '\t'))],
  ['CSV with pipes, detected', Buffer.from(SMALL.replaceAll(',', '|'))],
  ['CSV with a delimiter given by the client', Buffer.from(SMALL.replaceAll(',', '~')), { delimiter: '~' }],
  ['windows-1252', Buffer.from(SMALL.replace('one', 'œuf €'), 'latin1'), { encoding: 'windows-1252' }],
];

for (const [form, file, options] of FORMS) {
  test(`the file may be ${form}`, async (t) => {
    const server = await startTestServer(t);
    const done = await importAndWait(server.url, file, options);
    assert.deepEqual(done.error, null);
    assert.deepEqual(done.rows, {
      read: 4,
      inserted: 3,
      updated: 0,
      unchanged: 0,
      superseded: 1,
      rejected: 0,
    });
    const model = new CatalogueModel();
    model.import(SMALL);
    await expectCatalogue(server, model);
    await expectNothingLeft(server);
  });
}

test('spaces, tabs, backslashes and the end marker of COPY are kept byte for byte', async (t) => {
  const server = await startTestServer(t);
  const model = new CatalogueModel();
  const file = [
    'name,sku,description',
    ' Ann , s 1 ,"\n\\.\n"',
    '\\N,\\.,\\.',
    'tab\there,t\\t,"a\tb\\n"',
    '😀é,\\\\,"line\r\nline\rline"',
    '=1+1,@sum,-3',
  ].join('\n');
  const done = await importAndWait(server.url, file);
  assert.deepEqual(done.rows, model.import(file));
  assert.equal(done.rows.inserted, 5);
  await expectCatalogue(server, model);
});

test('a file with only a header has no rows', async (t) => {
  const server = await startTestServer(t);
  const done = await importAndWait(server.url, 'name,sku,description\n');
  assert.equal(done.status, 'COMPLETED');
  assert.equal(done.rows.read, 0);
  await expectNothingLeft(server);
});

test('blank lines are not rows, even a million of them', async (t) => {
  const server = await startTestServer(t);
  const done = await importAndWait(server.url, `name,sku,description\n${'\n'.repeat(1_000_000)}A,1,x\n`);
  assert.equal(done.status, 'COMPLETED');
  assert.deepEqual([done.rows.read, done.rows.inserted], [1, 1]);
});

test('rows are read and staged while the file is still arriving', async (t) => {
  const server = await startTestServer(t);
  const id = crypto.randomUUID();
  const file = sample(40_000);
  const rest = Promise.withResolvers<void>();
  async function* slowly() {
    yield file.subarray(0, file.length >> 1);
    await rest.promise;
    yield file.subarray(file.length >> 1);
  }
  const answered = upload(server.url, 'slow.csv', Readable.from(slowly()), { id });
  for (;;) {
    const state = expectNoErrors(
      await query<{ import: { status: string; bytesReceived: number; rows: { read: number } } | null }>(
        server.url,
        'query ($id: ID!) { import(id: $id) { status bytesReceived rows { read } } }',
        { id },
      ),
    ).import;
    if (state && state.rows.read > 0) {
      assert.equal(state.status, 'RECEIVING');
      assert.ok(state.bytesReceived > 0);
      break;
    }
  }
  rest.resolve();
  expectNoErrors(await answered);
  for (;;) {
    const { import: state } = expectNoErrors(
      await query<{ import: { status: string } }>(
        server.url,
        'query ($id: ID!) { import(id: $id) { status } }',
        { id },
      ),
    );
    if (state.status === 'COMPLETED') break;
    assert.ok(!['FAILED', 'CANCELLED'].includes(state.status), state.status);
  }
  const model = new CatalogueModel();
  model.import(file);
  await expectCatalogue(server, model);
});

test('counts are always exact during concurrent imports and updates of the same SKUs', async (t) => {
  const server = await startTestServer(t);
  const files = [sample(15_000, 1), sample(15_000, 2), sample(15_000, 3)];
  const imports = files.map((file) => importAndWait(server.url, file));
  let running = true;
  const done = Promise.all(imports).finally(() => {
    running = false;
  });
  let looks = 0;
  let updates = 0;
  const look = async () => {
    while (running) {
      await expectExactCounts(server);
      looks++;
    }
  };
  const update = async () => {
    while (running) {
      const [product] = await server.database.sql<
        { sku: string }[]
      >`SELECT sku FROM products ORDER BY random() LIMIT 1`;
      if (!product) continue;
      const input = { name: `Renamed ${updates % 7}` };
      expectNoErrors(
        await query(
          server.url,
          'mutation ($sku: String!, $input: UpdateProductInput!) { updateProduct(sku: $sku, input: $input) { name } }',
          {
            sku: product.sku,
            input,
          },
        ),
      );
      updates++;
    }
  };
  await Promise.all([done, look(), update()]);
  for (const state of await done) {
    assert.equal(state.status, 'COMPLETED');
    const { read, ...parts } = state.rows;
    assert.equal(
      Object.values(parts).reduce((sum, part) => sum + part),
      read,
    );
  }
  assert.ok(looks > 0);
  await expectExactCounts(server);
  await expectNothingLeft(server);
});
