// Files written by spreadsheets, concatenated files and unusual encodings: which rows are imported, which are rejected
// and which warnings a client sees.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { ImportOptions, ImportState } from '../../../src/cli/client/loadstone-client.ts';
import { expectExactCounts } from '../../support/imports/catalogue.ts';
import { importIssues } from '../../support/imports/issues.ts';
import { expectNoErrors, importAndWait, query } from '../../support/server/graphql-client.ts';
import { ONE_LANE, startTestServer, type TestServer } from '../../support/server/server.ts';

const HEADER = 'name,sku,description\n';
const BOM = '\ufeff';

interface Case {
  what: string;
  file: string | Buffer;
  options?: ImportOptions;
  /** SKU, name and description of every product after the import. */
  products: [string, string, string][];
  rejected?: [line: number, code: string][];
  warnings?: [code: string, line: number | null][];
}

const CASES: Case[] = [
  {
    what: 'empty spreadsheet rows and blank lines around the header',
    file: `,,\r\n   \r\n${HEADER} \t\r\nAnvil,r-1,a\r\n"",,""\r\n,,,,,\r\n\u00a0\r\nBolt,r-2,b\r\n\x1a`,
    products: [
      ['r-1', 'Anvil', 'a'],
      ['r-2', 'Bolt', 'b'],
    ],
  },
  {
    what: 'more blank rows than the limit on rejected rows',
    file: `${HEADER}Anvil,m-1,a\n${',,\n'.repeat(150_000)}Bolt,m-2,b\n,x,\n`,
    options: { maxRejectedRows: 1 },
    products: [
      ['m-1', 'Anvil', 'a'],
      ['m-2', 'Bolt', 'b'],
    ],
    rejected: [[150_004, 'BLANK_NAME']],
  },
  {
    what: 'concatenated files, each with a byte order mark and header',
    file: `${BOM}sku,name,description\r\nj-1,Anvil,a\r\n${BOM}sku,name,description\r\n${BOM}j-1,Anvil 2,b\r\n`,
    products: [['j-1', 'Anvil 2', 'b']],
    rejected: [[3, 'REPEATED_HEADER']],
  },
  {
    what: 'gzip members, each with a byte order mark in UTF-16',
    file: Buffer.concat(
      ['g-1', 'g-2'].map((sku) =>
        gzipSync(Buffer.from(`${BOM}sku;name;description\nx${sku};Anvil;ü\n`, 'utf16le')),
      ),
    ),
    products: [
      ['xg-1', 'Anvil', 'ü'],
      ['xg-2', 'Anvil', 'ü'],
    ],
    rejected: [[3, 'REPEATED_HEADER']],
  },
  {
    what: 'a sep= line',
    file: `${BOM}SEP=|\r\nname|sku|description\r\nAnvil|s-1|a,b;c\r\n`,
    products: [['s-1', 'Anvil', 'a,b;c']],
    warnings: [['SEPARATOR_LINE', 1]],
  },
  {
    what: 'latin1 read as windows-1252, as the Encoding Standard says',
    file: Buffer.from(`${HEADER}Caf\xe9 \x80,l-1,\x93q\x94\n`, 'latin1'),
    options: { encoding: 'latin1' },
    products: [['l-1', 'Café €', '“q”']],
  },
  {
    what: 'bytes that are invalid in the encoding',
    file: Buffer.from(`${HEADER}A,e-1,x\nB,e-2,\xff\nC,e-3,z\nD,e-4,\x8f`, 'latin1'),
    options: { encoding: 'shift_jis' },
    products: [
      ['e-1', 'A', 'x'],
      ['e-3', 'C', 'z'],
    ],
    rejected: [
      [3, 'INVALID_ENCODING'],
      [5, 'INVALID_ENCODING'],
    ],
  },
  {
    what: 'UTF-32 with a byte order mark',
    file: Buffer.from(Uint32Array.from(`${BOM}${HEADER}Ω,u-1,x\n`, (c) => c.codePointAt(0) ?? 0).buffer),
    products: [['u-1', 'Ω', 'x']],
  },
  {
    what: 'trailing delimiters in rows',
    file: `${HEADER}Anvil,d-1,a,\nBolt,d-2,"b",\nCog,d-3,c\n`,
    products: [
      ['d-1', 'Anvil', 'a'],
      ['d-2', 'Bolt', 'b'],
      ['d-3', 'Cog', 'c'],
    ],
  },
  {
    what: 'a trailing delimiter in the header',
    file: 'name;sku;description;\nAnvil;h-1;a\nAnvil;h-1;b\nBolt;h-2;b;\n',
    products: [
      ['h-1', 'Anvil', 'b'],
      ['h-2', 'Bolt', 'b'],
    ],
  },
  {
    what: 'SKUs and names that look empty, and SKUs with surrounding spaces',
    file: `${HEADER}A,\u200b,x\n\u3164,k-1,x\nB, k-2,x\nC,k-2,y\nD,k-3\u00a0,z\n`,
    products: [
      [' k-2', 'B', 'x'],
      ['k-2', 'C', 'y'],
      ['k-3\u00a0', 'D', 'z'],
    ],
    rejected: [
      [2, 'BLANK_SKU'],
      [3, 'BLANK_NAME'],
    ],
    warnings: [['PADDED_SKU', 4]],
  },
];

for (const parser of ['fast', 'csv-parse'] as const) {
  test(`unusual files are imported correctly (${parser})`, async (t) => {
    const server = await startTestServer(t, { ...ONE_LANE, parser });
    for (const { what, file, options, products, rejected = [], warnings = [] } of CASES) {
      await t.test(what, async () => {
        const done = await importAndWait(server.url, file, options);
        assert.deepEqual([done.status, done.error], ['COMPLETED', null]);
        const issues = await importIssues(server.url, done.id, { kind: 'REJECTED' });
        assert.deepEqual(
          issues.map(({ line, code }) => [line, code]),
          rejected,
        );
        assert.equal(done.rows.read, done.rows.inserted + done.rows.superseded + rejected.length);
        assert.equal(done.rows.inserted, products.length);
        assert.deepEqual(await productsOf(server, products), products);
        assert.deepEqual(await warningsOf(server, done), warnings);
      });
    }
    await expectExactCounts(server);
  });
}

async function productsOf({ url }: TestServer, wanted: Case['products']): Promise<unknown[]> {
  const found = [];
  for (const [sku] of wanted) {
    const answer = await query<{ product: { sku: string; name: string; description: string } | null }>(
      url,
      'query ($sku: String!) { product(sku: $sku) { sku name description } }',
      { sku },
    );
    const { product } = expectNoErrors(answer);
    found.push(product && [product.sku, product.name, product.description]);
  }
  return found;
}

async function warningsOf({ url }: TestServer, { id }: ImportState): Promise<unknown[]> {
  const answer = await query<{ import: { warnings: { code: string; line: number | null }[] } }>(
    url,
    'query ($id: ID!) { import(id: $id) { warnings { code line } } }',
    { id },
  );
  return expectNoErrors(answer).import.warnings.map(({ code, line }) => [code, line]);
}

test('updateProduct rejects a name that looks empty', async (t) => {
  const { url } = await startTestServer(t, ONE_LANE);
  await importAndWait(url, `${HEADER}Anvil,n-1,a\n`);
  for (const name of ['\u200b', '\u0085', '\u0001', '\u3164', ' \ufeff']) {
    const { errors } = await query(
      url,
      'mutation ($name: String!) { updateProduct(sku: "n-1", input: { name: $name }) { sku } }',
      { name },
    );
    assert.equal(errors?.[0]?.extensions?.code, 'BAD_USER_INPUT');
  }
});
