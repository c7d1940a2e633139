// Excel workbooks are imported and inspected like any file.

import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import type { ImportOptions } from '../../../src/cli/client/loadstone-client.ts';
import { postFile } from '../../../src/cli/client/post-file.ts';
import { type SheetForm, workbookOf } from '../../support/files/workbook.ts';
import { expectCatalogue, expectNothingLeft } from '../../support/imports/catalogue.ts';
import { CatalogueModel } from '../../support/imports/catalogue-model.ts';
import { holdMerges, waitForWaiting } from '../../support/imports/hold-lock.ts';
import { importEnds } from '../../support/imports/import-state.ts';
import { importIssues } from '../../support/imports/issues.ts';
import { expectNoErrors, importAndWait, query, upload } from '../../support/server/graphql-client.ts';
import { ONE_LANE, startTestServer, type TestServer } from '../../support/server/server.ts';
import {
  addSource,
  sourceImported,
  sourceReaches,
  startSourcesServer,
  updateSource,
} from '../../support/sources/data-sources.ts';
import { startFileHost } from '../../support/sources/file-host.ts';

const PRODUCTS: SheetForm = {
  name: 'Products',
  rows: [
    ['Title', 'Variant SKU', 'Body (HTML)', 'Price'],
    ['Lamp', '00123', '<p>a "b", c</p>', 9.5],
    ['Lamp', 123, 'two\nlines', 10],
    ['', 's-3', 'nameless'],
    ['Last', '00123', null, 1],
  ],
};
const NOTES: SheetForm = { name: 'Notes', rows: [['see', 'below']] };

test('a workbook is imported, and its issues can be corrected and sent back as CSV', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  // Options that a workbook does not have.
  const options: ImportOptions = { quoting: 'NONE', delimiter: ';', skipInitialSpace: true };
  const done = await importAndWait(server.url, workbookOf({ sheets: [PRODUCTS] }), options);
  assert.equal(done.status, 'COMPLETED', JSON.stringify(done.error));
  assert.deepEqual(done.rows, { read: 4, inserted: 2, updated: 0, unchanged: 0, superseded: 1, rejected: 1 });
  const model = new CatalogueModel();
  model.products.set('00123', { name: 'Last', description: '' });
  model.products.set('123', { name: 'Lamp', description: 'two\nlines' });
  await expectCatalogue(server, model);
  const issues = await importIssues(server.url, done.id);
  assert.deepEqual(
    issues.map(({ line, code, column, record }) => [line, code, column, record]),
    [
      [2, 'SUPERSEDED', null, 'Lamp,00123,"<p>a ""b"", c</p>",9.5'],
      [4, 'BLANK_NAME', 'Title', ',s-3,nameless,'],
    ],
  );
  const { import: seen } = expectNoErrors(
    await query<{ import: { warnings: { code: string }[]; delimiter: string; quoting: string } }>(
      server.url,
      'query ($id: ID!) { import(id: $id) { warnings { code } delimiter quoting } }',
      { id: done.id },
    ),
  );
  assert.deepEqual(seen, {
    warnings: [{ code: 'GUESSED_COLUMNS' }, { code: 'NUMERIC_SKU' }],
    delimiter: ',',
    quoting: 'STANDARD',
  });
  const download = await (await fetch(String(done.issuesUrl))).text();
  const again = await importAndWait(server.url, download.replace(',s-3,', 'Named,s-3,'));
  assert.equal(again.rows.inserted, 1);
  await expectNothingLeft(server);
});

test('line breaks inside cells are kept, and lines are rows of the sheet', async (t) => {
  for (const parser of ['fast', 'csv-parse'] as const) {
    const server = await startTestServer(t, { ...ONE_LANE, parser });
    const rows = [
      ['Artikel\nNr', 'name', 'description'],
      ['a\r\nb', 'n\nn', 'x\ny "z"\n'],
      ['c', '\n', 'blank\nname'],
      ['c', 'n', 'one\ntwo', 'too\nmuch'],
      ['\n', ' \n'],
      ['a\r\nb', 'last', '\n'],
    ];
    const file = workbookOf({ sheets: [{ name: 'P', rows }] });
    const mapping: ImportOptions['mapping'] = [{ column: 'artikel\nnr', field: 'SKU' }];
    const done = await importAndWait(server.url, file, { mapping });
    assert.equal(done.status, 'COMPLETED', JSON.stringify(done.error));
    const model = new CatalogueModel();
    model.products.set('a\r\nb', { name: 'last', description: '\n' });
    await expectCatalogue(server, model);
    assert.deepEqual(
      (await importIssues(server.url, done.id)).map((issue) => [
        issue.line,
        issue.code,
        issue.record,
        issue.winningLine,
      ]),
      [
        [2, 'SUPERSEDED', '"a\r\nb","n\nn","x\ny ""z""\n"', 6],
        [3, 'BLANK_NAME', 'c,"\n","blank\nname"', null],
        [4, 'WRONG_FIELD_COUNT', 'c,n,"one\ntwo","too\nmuch"', null],
      ],
    );
  }
});

test('the sheet is named by an option, and a workbook that is not clear fails with the names', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const file = workbookOf({ sheets: [NOTES, PRODUCTS] });
  const unclear = await importAndWait(server.url, file);
  assert.equal(unclear.error?.code, 'AMBIGUOUS_SHEET');
  assert.match(unclear.error.message, /"Notes", "Products"\. Set the option `sheet`/);
  const missing = await importAndWait(server.url, file, { sheet: 'Prices' });
  assert.equal(missing.error?.code, 'MISSING_SHEET');
  const done = await importAndWait(server.url, file, { sheet: 'products' });
  assert.equal(done.rows.inserted, 2, JSON.stringify(done.error));
  const wrong = await upload(server.url, 'a.xlsx', file, { sheet: ' ' });
  assert.equal(wrong.errors?.[0]?.extensions?.field, 'sheet');
  await expectNothingLeft(server);
});

test('a workbook is inspected, and several sheets are told by their names', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const found = await inspect(server, workbookOf({ sheets: [PRODUCTS] }));
  assert.deepEqual(found.data?.inspectFile, {
    format: 'XLSX',
    error: null,
    columns: PRODUCTS.rows[0],
    rows: [
      { line: 2, values: ['Lamp', '00123', '<p>a "b", c</p>', '9.5'], issue: null },
      { line: 3, values: ['Lamp', '123', 'two\nlines', '10'], issue: null },
      { line: 4, values: ['', 's-3', 'nameless', ''], issue: { code: 'BLANK_NAME' } },
      { line: 5, values: ['Last', '00123', '', '1'], issue: null },
    ],
    warnings: [{ code: 'GUESSED_COLUMNS' }, { code: 'NUMERIC_SKU' }],
  });
  const unclear = await inspect(server, workbookOf({ sheets: [NOTES, PRODUCTS] }));
  assert.deepEqual(unclear.errors?.[0]?.extensions, {
    code: 'AMBIGUOUS_SHEET',
    sheets: ['Notes', 'Products'],
  });
  const named = await inspect(server, workbookOf({ sheets: [NOTES, PRODUCTS] }), { sheet: 'Notes' });
  assert.deepEqual(named.data?.inspectFile['columns'], ['see', 'below']);
  await expectNothingLeft(server);
});

test('a workbook with a password is told apart from an old one', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  // A compound file: its header, and a directory with the names of its parts.
  const compound = (parts: string[]) => {
    const entries = parts.map((name) => {
      const entry = Buffer.alloc(128);
      entry.write(name, 'utf16le');
      return entry;
    });
    const header = Buffer.alloc(512);
    Buffer.from('d0cf11e0a1b11ae1', 'hex').copy(header);
    return Buffer.concat([header, Buffer.alloc(4096, 0xa5), ...entries, Buffer.alloc(4096, 0x5a)]);
  };
  const encrypted = compound(['Root Entry', 'EncryptionInfo', 'EncryptedPackage']);
  const done = await importAndWait(server.url, encrypted, { fileName: 'a.xlsx' });
  assert.equal(done.error?.code, 'WORKBOOK_ENCRYPTED');
  assert.match(done.error.message, /has a password.*remove the password/);
  const inspected = await inspect(server, encrypted);
  assert.equal(inspected.errors?.[0]?.extensions['code'], 'WORKBOOK_ENCRYPTED');
  const old = await importAndWait(server.url, compound(['Root Entry', 'Workbook']));
  assert.equal(old.error?.code, 'NOT_A_CSV');
  assert.match(old.error.message, /an old Excel workbook/);
  await expectNothingLeft(server);
});

test('a workbook and its sheet are kept over a restart', async (t) => {
  const first = await startTestServer(t, ONE_LANE);
  const held = await holdMerges(t, first);
  const file = workbookOf({ sheets: [NOTES, PRODUCTS] });
  const { id } = expectNoErrors(
    await upload(first.url, 'a.xlsx', file, { sheet: 'Products' }),
  ).importProducts;
  await waitForWaiting(first, 'merge');
  await first.close();
  const tables = await first.database.sql<{ name: string }[]>`
    SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname = 'loadstone_staging'`;
  for (const { name } of tables) await first.database.sql.unsafe(`TRUNCATE ${name}`);
  await held.release();
  const { dataDir, databaseUrl } = first.settings;
  const second = await startTestServer(t, { ...ONE_LANE, dataDir, databaseUrl });
  const done = await importEnds(second.url, id);
  assert.deepEqual([done.status, done.rows.inserted], ['COMPLETED', 2], JSON.stringify(done.error));
});

test('a data source may be a workbook', async (t) => {
  const server = await startSourcesServer(t);
  const host = await startFileHost(t);
  const file = workbookOf({ sheets: [NOTES, PRODUCTS] });
  host.answer('/p.xlsx', (_, response) => {
    response.setHeader('content-type', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet');
    response.end(file);
  });
  const { id } = await addSource(server, { url: `${host.url}/p.xlsx` });
  const failing = await sourceReaches(server, id, 'fails', ({ state }) => state === 'FAILING');
  assert.equal(failing.error?.code, 'AMBIGUOUS_SHEET');
  assert.equal((await updateSource(server, id, { sheet: 'Products' })).sheet, 'Products');
  const { lastImport } = await sourceImported(server, id);
  assert.equal(lastImport.rows.inserted, 2);
});

interface Inspected {
  data?: { inspectFile: Record<string, unknown> } | null;
  errors?: { extensions: Record<string, unknown> }[];
}

async function inspect({ url }: TestServer, file: Buffer, options?: ImportOptions): Promise<Inspected> {
  const document = `mutation ($file: Upload!, $options: ImportOptions) {
    inspectFile(file: $file, options: $options) {
      format error { code } columns rows { line values issue { code } } warnings { code }
    }
  }`;
  const operations = { query: document, variables: { file: null, options } };
  const outgoing = { name: 'a.xlsx', size: file.length, stream: Readable.from([file]) };
  const { body } = await postFile(`${url}/graphql`, operations, 'variables.file', outgoing);
  return JSON.parse(body) as Inspected;
}
