// Other columns of a file are kept as attributes of the products.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ImportOptions, ImportState, Ledger } from '../../src/cli/client/loadstone-client.ts';
import { expectExactCounts, expectNothingLeft } from '../support/catalogue.ts';
import { type Content, expectNoErrors, importAndWait, query } from '../support/graphql-client.ts';
import { importIssues } from '../support/issues.ts';
import { ONE_LANE, startTestServer, type TestServer } from '../support/server.ts';

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

    await t.test('each change notes the attributes that the product had', async () => {
      await imported(server, 'sku,name,description,color\nh-1,A,,red\nh-2,A,,\n');
      await imported(server, 'sku,name,description,color\nh-1,A,,blue\nh-2,A,,\n');
      await importAndWait(server.url, 'sku,name,description\nh-1,B,\nh-2,B,\n');
      await query(server.url, 'mutation { updateProduct(sku: "h-1", input: { name: "C" }) { sku } }');
      await query(server.url, 'mutation { deleteProduct(sku: "h-1") { sku } }');
      const changes = await server.database.sql`
        SELECT sku, kind, old_attributes AS old
        FROM product_changes WHERE sku LIKE 'h-%' AND kind <> 'INSERTED' ORDER BY id`;
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
