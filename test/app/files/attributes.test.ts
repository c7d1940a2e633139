// Other columns of a file are kept as attributes of the products.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ImportOptions, ImportState, Ledger } from '../../../src/cli/client/loadstone-client.ts';
import { hasAttributeIndex } from '../../../src/db/catalogue/search/product-indexes.ts';
import { needsOwnership } from '../../support/database/serving-role.ts';
import { workbookOf } from '../../support/files/workbook.ts';
import { expectExactCounts, expectNothingLeft, productsTable } from '../../support/imports/catalogue.ts';
import { importEnds } from '../../support/imports/import-state.ts';
import { importIssues } from '../../support/imports/issues.ts';
import { type Content, expectNoErrors, importAndWait, query } from '../../support/server/graphql-client.ts';
import { ONE_LANE, startTestServer, type TestServer } from '../../support/server/server.ts';
import {
  addSource,
  commandSource,
  sourceImported,
  startSourcesServer,
} from '../../support/sources/data-sources.ts';
import { startFileHost } from '../../support/sources/file-host.ts';
import { waitUntil } from '../../support/wait-until.ts';

type Attributes = Record<string, string>;
const KEEP: ImportOptions = { keepColumns: true };

for (const parser of ['fast', 'csv-parse'] as const) {
  test(`other columns become attributes, by the parser ${parser}`, async (t) => {
    const server = await startTestServer(t, { ...ONE_LANE, parser });

    await t.test('values are text under the names of the header, and blank ones are left out', async () => {
      const done = await imported(
        server,
        ` Brand ,name,sku,"Größe ""EU""",description,a\\b,__proto__\nAcme,Lamp,v-1,,x,"say ""hi"", \\n",p\n,Cup,v-2,42,y,,\n"  ",Pen,v-3,"\t\x01\n😀",z,0,null\n,Pin,v-4,,,,\n`,
      );
      assert.deepEqual(rowsOf(done), { inserted: 4 });
      assert.deepEqual(await attributesOf(server, 'v-'), {
        'v-1': { Brand: 'Acme', 'a\\b': 'say "hi", \\n', ['__proto__']: 'p' },
        'v-2': { 'Größe "EU"': '42' },
        'v-3': { Brand: '  ', 'Größe "EU"': '\t\x01\n😀', 'a\\b': '0', ['__proto__']: 'null' },
        'v-4': {},
      });
      assert.deepEqual(await columnsOf(server, done.id), {
        keepColumns: true,
        keptColumns: ['Brand', 'Größe "EU"', 'a\\b', '__proto__'],
        ignoredColumns: [],
      });
      const [stored] = await server.database.sql`SELECT attributes FROM products WHERE sku = 'v-4'`;
      assert.deepEqual(stored, { attributes: null });
    });

    await t.test('a row whose attributes alone changed is updated, any other is unchanged', async () => {
      const file = (rows: string) => `sku,name,description,color,size\n${rows}`;
      await imported(server, file('c-1,A,,red,1\nc-2,A,,red,1\nc-3,A,,,\nc-4,A,,red,\n'));
      const again = await imported(server, file('c-1,A,,red,1\nc-2,A,,blue,1\nc-3,A,,,5\nc-4,A,,,\n'));
      assert.deepEqual(rowsOf(again), { updated: 3, unchanged: 1 });
      assert.deepEqual(await attributesOf(server, 'c-'), {
        'c-1': { color: 'red', size: '1' },
        'c-2': { color: 'blue', size: '1' },
        'c-3': { size: '5' },
        'c-4': {},
      });
      const third = await imported(server, file('c-1,A,,red,1\nc-2,A,,blue,1\nc-3,A,,,5\nc-4,A,,,\n'));
      assert.deepEqual(rowsOf(third), { unchanged: 4 });
    });

    await t.test('attributes that a file does not speak of stay as they are', async () => {
      await imported(server, 'sku,name,description,color,size\ns-1,A,,red,1\ns-2,A,,red,\n');
      const plain = await importAndWait(server.url, 'sku,name,description,color\ns-1,B,,blue\ns-2,A,,blue\n');
      assert.deepEqual(rowsOf(plain), { updated: 1, unchanged: 1 });
      const fewer = await imported(server, 'sku,name,description\ns-1,B,\ns-2,B,\n');
      assert.deepEqual(rowsOf(fewer), { updated: 1, unchanged: 1 });
      const both = { 's-1': { color: 'red', size: '1' }, 's-2': { color: 'red' } };
      assert.deepEqual(await attributesOf(server, 's-'), both);
      const other = await imported(server, 'sku,name,description,size,brand\ns-1,B,,,Acme\ns-2,B,,,\n');
      assert.deepEqual(rowsOf(other), { updated: 1, unchanged: 1 });
      const after = { 's-1': { color: 'red', brand: 'Acme' }, 's-2': { color: 'red' } };
      assert.deepEqual(await attributesOf(server, 's-'), after);
    });

    await t.test(
      'edits leave attributes alone and return them, and a deleted product is returned with its own',
      async () => {
        await imported(server, 'sku,name,description,color\ne-1,A,,red\n');
        const fields = '{ name attributes }';
        const answer = await query(
          server.url,
          `mutation {
          updated: updateProduct(sku: "e-1", input: { name: "B" }) ${fields}
          deleted: deleteProduct(sku: "e-1") ${fields}
          created: createProduct(input: { sku: "e-1", name: "C" }) ${fields}
        }`,
        );
        assert.deepEqual(expectNoErrors(answer), {
          updated: { name: 'B', attributes: { color: 'red' } },
          deleted: { name: 'B', attributes: { color: 'red' } },
          created: { name: 'C', attributes: {} },
        });
      },
    );

    await t.test(
      'superseded and rejected rows keep all columns, and corrected rows are imported',
      async () => {
        const file = `sku;name;Eins;description;=Zwei\nr-1;A;1;"a;""b""";'=x\nr-2;;"z;z";;\nr-1;B;;c;@y\n`;
        const done = await imported(server, file);
        assert.deepEqual(rowsOf(done), { inserted: 1, superseded: 1, rejected: 1 });
        assert.deepEqual(
          (await importIssues(server.url, done.id)).map(({ line, code, record }) => [line, code, record]),
          [
            [2, 'SUPERSEDED', `r-1;A;1;"a;""b""";'=x`],
            [3, 'BLANK_NAME', 'r-2;;"z;z";;'],
          ],
        );
        const download = await (await fetch(`${done.issuesUrl}?kind=ALL`)).text();
        const corrected = download.replace('r-2;;', 'r-2;Corrected;').replace(';2;SUPERSEDED;', ';2;;');
        const again = await imported(server, corrected);
        assert.deepEqual(rowsOf(again), { inserted: 1, updated: 1 });
        assert.deepEqual(await attributesOf(server, 'r-'), {
          'r-1': { Eins: '1', '=Zwei': "'=x" },
          'r-2': { Eins: 'z;z' },
        });
        const { keptColumns, ignoredColumns } = await columnsOf(server, again.id);
        assert.deepEqual(
          [keptColumns, ignoredColumns],
          [
            ['Eins', '=Zwei'],
            ['line', 'code', 'message', 'record'],
          ],
        );
      },
    );

    await t.test('undoing an import gives attributes back as they were', async () => {
      await imported(server, 'sku,name,description,color\nu-1,A,,red\nu-2,A,,\n');
      const second = await imported(
        server,
        'sku,name,description,color,size\nu-1,A,,blue,1\nu-2,B,,,2\nu-3,C,,,3\n',
      );
      assert.deepEqual(rowsOf(second), { inserted: 1, updated: 2 });
      const undo = 'mutation ($id: ID!) { undoImport(id: $id) { id } }';
      const undoing = await query<{ undoImport: { id: string } }>(server.url, undo, { id: second.id });
      const { id } = expectNoErrors(undoing).undoImport;
      assert.equal((await importEnds(server.url, id)).status, 'COMPLETED');
      assert.deepEqual(await attributesOf(server, 'u-'), { 'u-1': { color: 'red' }, 'u-2': {} });
      const again = await query<{ undoImport: { id: string } }>(server.url, undo, { id });
      await importEnds(server.url, expectNoErrors(again).undoImport.id);
      assert.deepEqual(await attributesOf(server, 'u-'), {
        'u-1': { color: 'blue', size: '1' },
        'u-2': { size: '2' },
        'u-3': { size: '3' },
      });
    });

    await t.test('each change notes the attributes that the product had', async () => {
      await imported(server, 'sku,name,description,color\nh-1,A,,red\nh-2,A,,\n');
      await imported(server, 'sku,name,description,color\nh-1,A,,blue\nh-2,A,,\n');
      await importAndWait(server.url, 'sku,name,description\nh-1,B,\nh-2,B,\n');
      await query(server.url, 'mutation { updateProduct(sku: "h-1", input: { name: "C" }) { sku } }');
      await query(server.url, 'mutation { deleteProduct(sku: "h-1") { sku } }');
      const changes = await server.database.sql`
        SELECT sku, kind, old_attributes AS old
        FROM product_changes WHERE sku LIKE 'h-%' AND kind <> 'INSERTED' ORDER BY id, sku`;
      assert.deepEqual(
        [...changes].map(({ sku, kind, old }) => [sku, kind, old]),
        [
          ['h-1', 'UPDATED', { color: 'red' }],
          ['h-1', 'UPDATED', { color: 'blue' }],
          ['h-2', 'UPDATED', null],
          ['h-1', 'UPDATED', { color: 'blue' }],
          ['h-1', 'DELETED', { color: 'blue' }],
        ],
      );
    });

    await t.test('a value may be as long as a description', async () => {
      const { id, rows } = await imported(
        server,
        `sku,name,description,text\nl-1,A,,${'é'.repeat(1_000_000)}\nl-2,A,,"${'""'.repeat(1_000_000)}"\nl-3,A,,${'é'.repeat(1_000_001)}\n`,
      );
      assert.deepEqual([rows.inserted, rows.rejected], [2, 1]);
      const [issue] = await importIssues(server.url, id);
      assert.deepEqual([issue?.line, issue?.code, issue?.column], [4, 'ATTRIBUTE_TOO_LONG', 'text']);
      const lengths = await server.database.sql`
        SELECT length(attributes->>'text') AS length FROM products WHERE sku LIKE 'l-%'`;
      assert.deepEqual([...lengths], [{ length: 1_000_000 }, { length: 1_000_000 }]);
    });

    await expectExactCounts(server);
    await expectNothingLeft(server);
  });
}

/** Larger than a small file, so that its staging table becomes the catalogue if that is empty. */
const LARGE_ROWS = 60_000;

function largeFile() {
  const expected = new Map<string, Attributes>();
  const rows = Array.from({ length: LARGE_ROWS }, (_, i) => {
    const sku = `s-${i % 20 === 0 ? i : i - (i % 7)}`;
    const brand = i % 3 === 0 ? `b "${i % 100}"` : '';
    const flag = i % 2 ? 'x' : '';
    expected.set(sku, { ...(brand && { brand }), ...(flag && { flag }) });
    const quoted = brand && `"${brand.replaceAll('"', '""')}"`;
    return `Name ${i % 500},${sku},${quoted},${'d'.repeat(140)},${flag}`;
  });
  const file = `name,sku,brand,description,flag\n${rows.join('\n')}\n`;
  return { rows, file, expected, superseded: LARGE_ROWS - expected.size };
}

async function expectRecords({ url }: TestServer, id: string, rows: readonly string[]): Promise<void> {
  const issues = await importIssues(url, id);
  assert.ok(issues.length > 0);
  for (const { line, record } of issues) assert.equal(record, rows[line - 2]);
}

test('a first load of a large file keeps columns, and an ordinary merge of it does the same', {
  skip: needsOwnership(),
}, async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const { rows, file, expected, superseded } = largeFile();
  const { sql } = server.database;
  const stored = async () => {
    const products = await sql<{ sku: string; attributes: Attributes | null }[]>`
      SELECT sku, attributes FROM products`;
    return new Map(products.map(({ sku, attributes }) => [sku, attributes ?? {}]));
  };
  const before = await productsTable(server);
  const first = await imported(server, file);
  assert.deepEqual(rowsOf(first), { inserted: expected.size, superseded });
  assert.notEqual(await productsTable(server), before);
  assert.deepEqual(await stored(), expected);
  await expectRecords(server, first.id, rows);
  const again = await imported(server, file);
  assert.deepEqual(rowsOf(again), { unchanged: expected.size, superseded });

  await waitUntil('attributes are indexed', () => hasAttributeIndex(sql));
  for (const value of ['b "99"', 'b "3"', 'none', '']) {
    const wanted = [...expected].filter(([, { brand }]) => brand === value).map(([sku]) => sku);
    wanted.sort();
    const found = await query<{ products: { totalCount: number; nodes: { sku: string }[] } }>(
      server.url,
      `query ($value: String!) {
        products(first: 5, filter: { attribute: { name: "brand", value: $value } }) { totalCount nodes { sku } }
      }`,
      { value },
    );
    const { totalCount, nodes } = expectNoErrors(found).products;
    assert.deepEqual([totalCount, nodes.map(({ sku }) => sku)], [wanted.length, wanted.slice(0, 5)]);
  }

  // Nothing is lost with the table, also if its columns are in another order and attributes are indexed.
  await sql`TRUNCATE products, product_name_counts`;
  const replaced = await productsTable(server);
  const plain = rows.map((row) => row.split(',').slice(0, 2).join(',')).join(`,${'e'.repeat(170)}\n`);
  await importAndWait(server.url, `name,sku,description\n${plain},\n`);
  assert.notEqual(await productsTable(server), replaced);
  assert.ok([...(await stored()).values()].every((attributes) => Object.keys(attributes).length === 0));
  await expectExactCounts(server);
});

test('a first load leaves out columns that are not kept, except in issues', {
  skip: needsOwnership(),
}, async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const { rows, file, expected, superseded } = largeFile();
  const { sql } = server.database;
  const before = await productsTable(server);
  const done = await importAndWait(server.url, file);
  assert.deepEqual(rowsOf(done), { inserted: expected.size, superseded });
  assert.notEqual(await productsTable(server), before);
  const kept = await sql`SELECT FROM products WHERE attributes IS NOT NULL LIMIT 1`;
  assert.equal(kept.length, 0);
  await expectRecords(server, done.id, rows);
  await expectExactCounts(server);
  await expectNothingLeft(server);
});

test('other columns of any kind have a clear rule', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const many = Array.from({ length: 300 }, (_, i) => `c${i}`);
  const row = many.map((_, i) => (i % 2 ? `v${i}` : ''));
  const wide = await imported(server, `sku,name,description,${many.join(',')}\nw-1,A,,${row.join(',')}\n`);
  assert.deepEqual((await columnsOf(server, wide.id)).keptColumns, many);
  const values = Object.fromEntries(many.flatMap((name, i) => (i % 2 ? [[name, `v${i}`]] : [])));
  assert.deepEqual(await attributesOf(server, 'w-'), { 'w-1': values });

  const nameless = await imported(
    server,
    'sku,,name,description,\u200b,Color,color,\nn-1,x,A,,y,1,2\nn-2,x,A,,y,,,\nn-3,x,A\n',
  );
  assert.deepEqual(rowsOf(nameless), { inserted: 2, rejected: 1 });
  assert.deepEqual(await attributesOf(server, 'n-'), { 'n-1': { Color: '1', color: '2' }, 'n-2': {} });
  assert.deepEqual((await columnsOf(server, nameless.id)).ignoredColumns, ['', '\u200b', '']);
  const warned = await query<{ import: { warnings: { code: string; message: string }[] } }>(
    server.url,
    'query ($id: ID!) { import(id: $id) { warnings { code message } } }',
    { id: nameless.id },
  );
  const [warning] = expectNoErrors(warned).import.warnings;
  assert.equal(warning?.code, 'COLUMNS_NOT_KEPT');
  assert.match(warning.message, /^Columns 2, 5, 8 have no name and are not kept/);
  const [issue] = await importIssues(server.url, nameless.id);
  assert.deepEqual([issue?.line, issue?.code], [4, 'WRONG_FIELD_COUNT']);

  const twice = 'sku,name,description,Brand, Brand\nd-1,A,,x,y\n';
  const duplicate = await importAndWait(server.url, twice, KEEP);
  assert.deepEqual([duplicate.status, duplicate.error?.code], ['FAILED', 'DUPLICATE_COLUMN']);
  assert.match(duplicate.error?.message ?? '', /"Brand" more than once.*leave out the option `keepColumns`/);
  assert.equal((await importAndWait(server.url, twice)).rows.inserted, 1);

  const refused: [Content, string][] = [
    ['sku,name,description,a\0b\nx-1,A,,x\n', 'NOT_A_CSV'],
    [Buffer.from('sku,name,description,a\xff\nx-1,A,,x\n', 'latin1'), 'INVALID_ENCODING'],
  ];
  for (const [file, code] of refused) {
    assert.equal((await importAndWait(server.url, file, KEEP)).error?.code, code);
  }
  // A lone surrogate is no character in any encoding; written as an escape, it is text.
  const hostile = Buffer.concat([
    Buffer.from('sku,name,description,a\nx-1,A,,'),
    Buffer.from([0xed, 0xa0, 0x80]),
    Buffer.from('\nx-2,A,,\0\nx-3,A,,\\u0000 \\ud800\n'),
  ]);
  const { id } = await imported(server, hostile);
  const codes = (await importIssues(server.url, id)).map(({ line, code }) => [line, code]);
  assert.deepEqual(codes, [
    [2, 'INVALID_UTF8'],
    [3, 'NUL_CHARACTER'],
  ]);
  assert.deepEqual(await attributesOf(server, 'x-'), { 'x-3': { a: '\\u0000 \\ud800' } });
  for (const attribute of [
    { name: '\ud800', value: 'x' },
    { name: 'a', value: '\0' },
  ]) {
    const document =
      'query ($attribute: AttributeFilter) { products(filter: { attribute: $attribute }) { totalCount } }';
    const { errors } = await query(server.url, document, { attribute });
    assert.equal(errors?.[0]?.extensions?.code, 'BAD_USER_INPUT');
  }
  await expectExactCounts(server);
  await expectNothingLeft(server);
});

test('workbooks, rejected duplicates, mappings and defaults go together with other columns', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const rows = [
    ['Variant SKU', 'Title', 'Vendor', 'Note', 'Price'],
    ['k-1', 'Mug', 'Ac"me', 'two\nlines', 9.5],
    ['k-2', null, 'Acme', null, null],
  ];
  await imported(server, workbookOf({ sheets: [{ name: 'P', rows }] }), {
    defaults: [
      { field: 'NAME', value: 'Nameless' },
      { field: 'DESCRIPTION', value: '' },
    ],
  });
  assert.deepEqual(await attributesOf(server, 'k-'), {
    'k-1': { Vendor: 'Ac"me', Note: 'two\nlines', Price: '9.5' },
    'k-2': { Vendor: 'Acme' },
  });

  const file = 'Nr\tname\tcolor\tdescription\nq-1\tA\tr"e"d\t\nq-1\tB\t\tx\nq-2\tC\tblue\t\n';
  const rejecting = await imported(server, file, {
    mapping: [{ column: 'nr', field: 'SKU' }],
    onDuplicate: 'REJECT',
    quoting: 'NONE',
  });
  assert.deepEqual(rowsOf(rejecting), { inserted: 1, rejected: 2 });
  assert.deepEqual(
    (await importIssues(server.url, rejecting.id)).map(({ code, record }) => [code, record]),
    [
      ['DUPLICATE_SKU', 'q-1\tA\tr"e"d\t'],
      ['DUPLICATE_SKU', 'q-1\tB\t\tx'],
    ],
  );
  assert.deepEqual(await attributesOf(server, 'q-'), { 'q-2': { color: 'blue' } });
  await expectExactCounts(server);
});

test('a profile and a data source keep columns, and in mode REPLACE products are deleted with theirs', async (t) => {
  const server = await startSourcesServer(t);
  const host = await startFileHost(t);
  const save = 'mutation ($input: ImportProfileInput!) { saveImportProfile(input: $input) { keepColumns } }';
  const saved = await query(server.url, save, { input: { name: 'shop', keepColumns: true } });
  assert.deepEqual(expectNoErrors(saved), { saveImportProfile: { keepColumns: true } });
  const file = (value: string) => `sku,name,description,a\np-1,A,,${value}\n`;
  await importAndWait(server.url, file('1'), { profile: 'shop' });
  await importAndWait(server.url, file('2'), { profile: 'shop', keepColumns: false });
  assert.deepEqual(await attributesOf(server, 'p-'), { 'p-1': { a: '1' } });

  host.serve('/p.csv', 'sku,name,description,color\ng-1,A,,red\ng-2,A,,blue\n');
  const url = `${host.url}/p.csv`;
  const { id } = await addSource(server, { url, mode: 'REPLACE', maxDeletedShare: 1, profile: 'shop' });
  const first = await sourceImported(server, id);
  assert.deepEqual(await attributesOf(server, 'g-'), { 'g-1': { color: 'red' }, 'g-2': { color: 'blue' } });
  host.serve('/p.csv', 'sku,name,description,color\ng-2,A,,green\n');
  await commandSource(server, 'syncDataSource', id);
  await sourceImported(server, id, first.lastImport);
  assert.deepEqual(await attributesOf(server, 'g-'), { 'g-2': { color: 'green' } });
  const [gone] = await server.database.sql`
    SELECT old_attributes FROM product_changes WHERE sku = 'g-1' AND kind = 'DELETED'`;
  assert.deepEqual(gone, { old_attributes: { color: 'red' } });
  await expectExactCounts(server);
});

async function imported({ url }: TestServer, file: Content, options?: ImportOptions): Promise<ImportState> {
  const done = await importAndWait(url, file, { ...KEEP, ...options });
  assert.equal(done.status, 'COMPLETED', JSON.stringify(done.error));
  return done;
}

/** What became of the rows, without zeros and the number of rows read. */
function rowsOf({ rows: { read: _, ...rows } }: { rows: Ledger }): Partial<Ledger> {
  return Object.fromEntries(Object.entries(rows).filter(([, count]) => count > 0));
}

async function attributesOf({ url }: TestServer, skuPrefix: string): Promise<Record<string, Attributes>> {
  const answer = await query<{ products: { nodes: { sku: string; attributes: Attributes }[] } }>(
    url,
    'query ($skuPrefix: String) { products(filter: { skuPrefix: $skuPrefix }) { nodes { sku attributes } } }',
    { skuPrefix },
  );
  const { nodes } = expectNoErrors(answer).products;
  return Object.fromEntries(nodes.map(({ sku, attributes }) => [sku, attributes]));
}

async function columnsOf({ url }: TestServer, id: string) {
  const document = 'query ($id: ID!) { import(id: $id) { keepColumns keptColumns ignoredColumns } }';
  type Columns = { keepColumns: boolean; keptColumns: string[]; ignoredColumns: string[] };
  return expectNoErrors(await query<{ import: Columns }>(url, document, { id })).import;
}
