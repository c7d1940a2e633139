// Files, requests and WebSocket sessions taken from bug reports against other importers, loaders and clients. Each title
// names in parentheses the kind of software that the report was about.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { WebSocket } from 'ws';
import type { ImportOptions, ImportState } from '../../../src/cli/client/loadstone-client.ts';
import { zipOf } from '../../support/files/zip.ts';
import { expectExactCounts } from '../../support/imports/catalogue.ts';
import { importIssues } from '../../support/imports/issues.ts';
import { expectNoErrors, importAndWait, query } from '../../support/server/graphql-client.ts';
import { ONE_LANE, startTestServer, type TestServer } from '../../support/server/server.ts';

const HEADER = 'name,sku,description\n';
const BOM = '\ufeff';

type Product = [sku: string, name: string, description: string];

interface FileCase {
  file: string | Buffer;
  options?: ImportOptions;
  /** The whole catalogue after the import. */
  products: Product[];
  rejected?: [line: number, code: string, message: RegExp][];
  superseded?: number;
  ignored?: string[];
  warnings?: [code: string, line: number | null, message: RegExp][];
}

const FILES: Record<string, FileCase> = {
  'a byte order mark before a quoted first column with a delimiter and a line end in it (CSV libraries for PHP)':
    {
      file: `${BOM}"note, (internal)\r\nof the shop","name","sku","description"\r\n"a,b","Ann","q-1","x"\r\n`,
      products: [['q-1', 'Ann', 'x']],
      ignored: ['note, (internal)\r\nof the shop'],
    },
  'a byte order mark inside the quoted name of the first column (C# CSV libraries)': {
    file: `"${BOM}name",sku,description\nAnn,q-1,x\n`,
    products: [['q-1', 'Ann', 'x']],
  },
  'no-break and zero-width spaces around column names (shop systems, case management)': {
    file: '\u00a0name\u00a0,\u200bSku,\tDescription \u2060\nBob,q-1,w\nAnn,q-1,x\n',
    products: [['q-1', 'Ann', 'x']],
    superseded: 1,
  },
  'other common delimiters inside quoted column names (statistics offices)': {
    file: 'name,sku,description,"a|b|c|d|e;f;g;h;i;j"\nAnn,q-1,x,y\n',
    products: [['q-1', 'Ann', 'x']],
    ignored: ['a|b|c|d|e;f;g;h;i;j'],
  },
  'semicolons, with decimal commas and lists in fields (dialect sniffers, no-code databases)': {
    file: "name;sku;description;price\nAnn, Bob;q-1;['345', '112'], ['765'];10,5\n",
    products: [['q-1', 'Ann, Bob', "['345', '112'], ['765']"]],
    ignored: ['price'],
  },
  'a delimiter that changes in the middle of the file (analytical databases)': {
    file: `${HEADER}Ann,q-1,a;b\nBob,q-2,x\nCy;q-3;x\nDee;q-4;x\n`,
    products: [
      ['q-1', 'Ann', 'a;b'],
      ['q-2', 'Bob', 'x'],
    ],
    rejected: [
      [4, 'WRONG_FIELD_COUNT', /has 1 field, but the header has 3/],
      [5, 'WRONG_FIELD_COUNT', /has 1 field/],
    ],
  },
  'a value of a quote and a delimiter, late in the file (analytical databases)': {
    file: `${HEADER}${'Ann,q-1,a\n'.repeat(2047)}Ann,q-1,""","\nBob,q-2,""""\n`,
    products: [
      ['q-1', 'Ann', '",'],
      ['q-2', 'Bob', '"'],
    ],
    superseded: 2047,
  },
  'a header ending in CRLF, rows ending in LF, and CRLF inside fields (data frames, cloud connectors)': {
    file: 'name,sku,description\r\nAnn,q-1,"a\r\nb"\nBob,q-2,"c\rd\n"\nCy,q-3,e',
    products: [
      ['q-1', 'Ann', 'a\r\nb'],
      ['q-2', 'Bob', 'c\rd\n'],
      ['q-3', 'Cy', 'e'],
    ],
  },
  'Unicode line separators, vertical tabs and form feeds inside fields (Python scripts)': {
    file: `${HEADER}A\u2028nn,q-1,a\u0085b\vc\fd\x1ce\x1df\x1eg\u2029h\n`,
    products: [['q-1', 'A\u2028nn', 'a\u0085b\vc\fd\x1ce\x1df\x1eg\u2029h']],
  },
  'the end-of-data marker of psql (bulk loaders)': {
    file: `${HEADER}Ann,\\.,\\.\n\\.\nBob,q-2,x\n`,
    products: [
      ['\\.', 'Ann', '\\.'],
      ['q-2', 'Bob', 'x'],
    ],
    rejected: [[3, 'WRONG_FIELD_COUNT', /has 1 field/]],
  },
  'words that other tools read as null (data frames, graph databases)': {
    file: `${HEADER}NA,NULL,null\nNaN,\\N,None\nN/A,nan,#N/A\ntrue,TRUE,-\n`,
    products: [
      ['NULL', 'NA', 'null'],
      ['\\N', 'NaN', 'None'],
      ['nan', 'N/A', '#N/A'],
      ['TRUE', 'true', '-'],
    ],
  },
  'SKUs that look like numbers and dates (shop systems, spreadsheets)': {
    file: `${HEADER}A,007,x\nA,7,x\nA,7.0,x\nA,90.750,x\nA,90.75,x\nA,1201060000935294000001,x\nA,3-4,x\nA,1e5,x\n`,
    products: ['007', '7', '7.0', '90.750', '90.75', '1201060000935294000001', '3-4', '1e5'].map((sku) => [
      sku,
      'A',
      'x',
    ]),
  },
  'long numbers that a spreadsheet rounded to the same value (shop systems)': {
    file: `${HEADER}A,q-1,x\nB,4.00601E+12,x\nC,4.00601E+12,y\nD,"1,2e+15",z\nE,1E+6,z\nF,AE+12,z\n`,
    products: [
      ['q-1', 'A', 'x'],
      ['4.00601E+12', 'C', 'y'],
      ['1,2e+15', 'D', 'z'],
      ['1E+6', 'E', 'z'],
      ['AE+12', 'F', 'z'],
    ],
    superseded: 1,
    warnings: [['ROUNDED_SKU', 3, /^3 SKUs are numbers in the short form of spreadsheets/]],
  },
  'SKUs that differ only in case, Unicode normalization, or after sixty characters (shop systems)': {
    file: `${HEADER}A,abc,x\nB,ABC,x\nC,caf\u00e9,x\nD,cafe\u0301,x\nE,${'s'.repeat(60)}1,x\nF,${'s'.repeat(60)}2,x\n`,
    products: [
      ['abc', 'A', 'x'],
      ['ABC', 'B', 'x'],
      ['caf\u00e9', 'C', 'x'],
      ['cafe\u0301', 'D', 'x'],
      [`${'s'.repeat(60)}1`, 'E', 'x'],
      [`${'s'.repeat(60)}2`, 'F', 'x'],
    ],
  },
  'values that are names of JavaScript object properties (Node.js CSV libraries)': {
    file: `name,__proto__,constructor,sku,description\n__proto__,a,b,constructor,toString\nhasOwnProperty,a,b,__proto__,valueOf\n`,
    products: [
      ['constructor', '__proto__', 'toString'],
      ['__proto__', 'hasOwnProperty', 'valueOf'],
    ],
    ignored: ['__proto__', 'constructor'],
  },
  'an apostrophe, typographic quotes and a backslash before a closing quote (shop systems, PHP)': {
    file: `${HEADER}Your Cat's Hydration,q-1,“Mad Dog” says\nBob,"q-2\\","C:\\dir\\"\nCy,q-3,"„x“, «y»"\n`,
    products: [
      ['q-1', "Your Cat's Hydration", '“Mad Dog” says'],
      ['q-2\\', 'Bob', 'C:\\dir\\'],
      ['q-3', 'Cy', '„x“, «y»'],
    ],
  },
  'quotes escaped with a backslash (MySQL dumps, column stores)': {
    file: `${HEADER}Ann,q-1,"\\"Walt\\""\nBob,q-2,x\nCy,q-3,"5\\" pipe"\nDee,q-4,y\nEve,q-5,z\nFay,q-6,z\n`,
    products: [
      ['q-2', 'Bob', 'x'],
      ['q-4', 'Dee', 'y'],
      ['q-5', 'Eve', 'z'],
      ['q-6', 'Fay', 'z'],
    ],
    rejected: [
      [2, 'UNBALANCED_QUOTE', /backslash/],
      [4, 'UNBALANCED_QUOTE', /backslash/],
    ],
  },
  'formulas that preserve leading zeros in spreadsheets (editors, PHP CSV libraries)': {
    file: `${HEADER}Ann,="00123",x\nBob,q-2,y\n`,
    products: [['q-2', 'Bob', 'y']],
    rejected: [[2, 'UNBALANCED_QUOTE', /write the value without the formula/]],
  },
  'typographic quotes instead of straight ones (aid portals, shop systems)': {
    file: `${HEADER}“Ann, Bob”,q-1,x\nCy,q-2,y\n`,
    products: [['q-2', 'Cy', 'y']],
    rejected: [[2, 'WRONG_FIELD_COUNT', /Typographic quotes .*replace them by "/]],
  },
  'a total and a page number below the table (report generators)': {
    file: `${HEADER}Ann,q-1,x\n"Grand Total: 6,634",,\nPage -1 of 1,,\nTotal: 3 rows\n`,
    products: [['q-1', 'Ann', 'x']],
    rejected: [
      [3, 'BLANK_SKU', /"sku" has no value/],
      [4, 'BLANK_SKU', /"sku" has no value/],
      [5, 'WRONG_FIELD_COUNT', /has 1 field/],
    ],
  },
  'a header without rows (admin panels, customer databases)': { file: 'name,sku,description', products: [] },
  'a NUL after each line end, and NUL padding at the end of the file (geodata, crashed programs)': {
    file: `${HEADER}Ann,q-1,x\n\0Bob,q-2,y\nCy,q-3,z\n${'\0'.repeat(3000)}`,
    products: [
      ['q-1', 'Ann', 'x'],
      ['q-3', 'Cy', 'z'],
    ],
    rejected: [
      [3, 'NUL_CHARACTER', /NUL/],
      [5, 'NUL_CHARACTER', /NUL/],
    ],
  },
  'more columns and longer fields than many parsers accept (validators, loaders)': {
    file: `name,sku,description,${Array.from({ length: 5000 }, (_, i) => `c${i}`).join()}\nAnn,q-1,${'x'.repeat(200_000)}${','.repeat(5000)}\n`,
    products: [['q-1', 'Ann', 'x'.repeat(200_000)]],
    ignored: Array.from({ length: 5000 }, (_, i) => `c${i}`),
  },
  'a streamed zip file with its CSV in a folder (file services)': {
    file: zipOf({ name: 'export/2025/p.csv', content: Buffer.from(`${HEADER}Ann,q-1,x\n`), streamed: true }),
    products: [['q-1', 'Ann', 'x']],
  },
  'combining characters and characters outside the BMP (shop systems)': {
    file: `${HEADER}👩‍👩‍👧‍👦 e\u0301,🛒-1,\u202bעברית\u202c 𝒳\n`,
    products: [['🛒-1', '👩‍👩‍👧‍👦 e\u0301', '\u202bעברית\u202c 𝒳']],
  },
};

/** Files that are not CSV tables, with the expected code and message. */
const NO_TABLES: Record<string, [file: string | Buffer, code: string, message: RegExp]> = {
  'a title and a date above the header (report generators)': [
    `Report_B,3/13/2025,,\n\n${HEADER}Ann,q-1,x\n`,
    'MISSING_COLUMN',
    /names are 2 lines further down.*Remove everything before them/,
  ],
  'comments above a header with another delimiter (password exporters, statistics)': [
    '# Generated by the exporter; format 1.1\n# 2 rows\nname;sku;description\nAnn;q-1;x\n',
    'MISSING_COLUMN',
    /names are 2 lines further down.*Remove everything before them/,
  ],
  'typographic quotes around column names (aid portals)': [
    '“name”,“sku”,“description”\n“Ann”,“q-1”,“x”\n',
    'MISSING_COLUMN',
    /enclosed in other quotes \(“ ”\).*Save the file with " around its fields/,
  ],
  'apostrophes around fields (command-line loaders)': [
    "'name';'sku';'description'\n'Ann; Bob';'q-1';'x'\n",
    'MISSING_COLUMN',
    /enclosed in other quotes \(' '\)/,
  ],
  'UTF-7 from old spreadsheets (shop systems)': [
    'product+AF8-name,product+AF8-sku,description\nAnn,q-1,x\n',
    'MISSING_COLUMN',
    /lacks "name", "sku"/,
  ],
  'JSON (office spreadsheets)': ['[{"name":"Ann","sku":"q-1"}]', 'NOT_A_CSV', /is JSON, not a CSV file/],
  'newline-delimited JSON (office spreadsheets)': [
    '{"name":"Ann","sku":"q-1"}\n{"name":"Bob"}\n',
    'NOT_A_CSV',
    /is JSON/,
  ],
  'an HTML page, such as a login page or an HTML workbook (table importers)': [
    '\n<html xmlns:o="urn:schemas-microsoft-com:office:office"><body><table><tr><td>name</td></tr></table>',
    'NOT_A_CSV',
    /is a web page, not a CSV file/,
  ],
  'an XML workbook (table importers)': [
    '<?xml version="1.0"?>\n<Workbook><Worksheet ss:Name="P"/></Workbook>\n',
    'NOT_A_CSV',
    /is XML, not a CSV file/,
  ],
  'an Excel 97 workbook named .csv (machine learning)': [
    Buffer.from('d0cf11e0a1b11ae1'.padEnd(2048, '0'), 'hex'),
    'NOT_A_CSV',
    /Excel workbook/,
  ],
  'a LibreOffice spreadsheet (food data)': [
    zipOf(
      { name: 'mimetype', content: Buffer.from('application/vnd.oasis.opendocument.spreadsheet'), method: 0 },
      { name: 'content.xml', content: Buffer.from('<x/>') },
    ),
    'NOT_A_CSV',
    /OpenDocument.*save it as CSV/,
  ],
  'a Numbers document (schools, flight logs)': [
    zipOf(
      { name: 'Index/Document.iwa', content: Buffer.from('x') },
      { name: 'preview.jpg', content: Buffer.from('x') },
    ),
    'NOT_A_CSV',
    /Numbers.*save it as CSV/,
  ],
  'rich text from the macOS editor (payment importers)': [
    '{\\rtf1\\ansi\\ansicpg1252\n\\f0 name,sku,description\\\n}',
    'NOT_A_CSV',
    /RTF.*plain text/,
  ],
  'an empty gzip file (loaders)': [gzipSync(''), 'EMPTY_FILE', /empty/],
};

test('files from bug reports are imported correctly or rejected for what they are', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  for (const [what, one] of Object.entries(FILES)) {
    await t.test(what, async () => {
      await server.database.sql`TRUNCATE products, product_name_counts`;
      const { products, rejected = [], superseded = 0, ignored = [], warnings = [] } = one;
      const done = await importAndWait(server.url, one.file, one.options);
      assert.deepEqual([done.status, done.error], ['COMPLETED', null]);
      const issues = await importIssues(server.url, done.id, { kind: 'REJECTED' });
      assert.deepEqual(
        issues.map(({ line, code }) => [line, code]),
        rejected.map(([line, code]) => [line, code]),
      );
      for (const [i, { message }] of issues.entries()) assert.match(message, rejected[i]?.[2] as RegExp);
      const { length: inserted } = products;
      const read = inserted + superseded + rejected.length;
      assert.deepEqual(done.rows, {
        read,
        inserted,
        updated: 0,
        unchanged: 0,
        superseded,
        rejected: rejected.length,
      });
      assert.deepEqual(await catalogueOf(server), [...products].sort(bySku));
      const told = await toldOf(server, done);
      assert.deepEqual(told.ignoredColumns, ignored);
      assert.deepEqual(
        told.warnings.map(({ code, line }) => [code, line]),
        warnings.map(([code, line]) => [code, line]),
      );
      for (const [i, { message }] of told.warnings.entries())
        assert.match(message, warnings[i]?.[2] as RegExp);
      await expectExactCounts(server);
    });
  }
  for (const [what, [file, code, message]] of Object.entries(NO_TABLES)) {
    await t.test(what, async () => {
      const { status, error } = await importAndWait(server.url, file);
      assert.deepEqual([status, error?.code], ['FAILED', code]);
      assert.match(error?.message ?? '', message);
    });
  }
  assert.equal(({} as Record<string, unknown>)['a'], undefined, 'no prototype was touched');
});

function bySku([a]: Product, [b]: Product): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

async function catalogueOf({ database }: TestServer): Promise<Product[]> {
  const rows = await database.sql<{ sku: string; name: string; description: string }[]>`
    SELECT sku, name, description FROM products ORDER BY sku COLLATE "C"`;
  return rows.map(({ sku, name, description }) => [sku, name, description]);
}

interface Told {
  ignoredColumns: string[];
  warnings: { code: string; line: number | null; message: string }[];
}

async function toldOf({ url }: TestServer, { id }: ImportState): Promise<Told> {
  const document = 'query ($id: ID!) { import(id: $id) { ignoredColumns warnings { code line message } } }';
  return expectNoErrors(await query<{ import: Told }>(url, document, { id })).import;
}

const MUTATION =
  'mutation ($file: Upload!) { importProducts(file: $file) { fileName status error { code } } }';
const OPERATIONS = JSON.stringify({ query: MUTATION, variables: { file: null } });
const MAP = '{"0":["variables.file"]}';
const CSV = `${HEADER}Ann,r-1,x\n`;
const JSON_TYPE = 'Content-Type: application/json';

function part(name: string, content: string, file = '', ...headers: string[]): string {
  const lines = [`Content-Disposition: form-data; name="${name}"${file}`, ...headers];
  return `--b\r\n${lines.join('\r\n')}\r\n\r\n${content}\r\n`;
}

function form(
  filePart: string,
  { operations = OPERATIONS, map = MAP, type = 'boundary=b' } = {},
): RequestCase['send'] {
  return {
    headers: [`Content-Type: multipart/form-data; ${type}`],
    body: `${part('operations', operations)}${part('map', map)}${filePart}--b--\r\n`,
  };
}

interface RequestCase {
  send: { method?: string; path?: string; version?: string; headers?: string[]; body?: string | Buffer };
  status: number;
  /** The response must match this. */
  says: RegExp;
}

const HELLO = '{ productCountTotals { names } }';
const RENAME = 'mutation { updateProduct(sku: "r-1", input: { description: "caf\u00e9" }) { description } }';

const REQUESTS: Record<string, RequestCase> = {
  'a quoted boundary after a charset (.NET and mobile clients)': {
    send: form(part('0', CSV, '; filename="p.csv"'), { type: 'charset=utf-8; boundary="b"' }),
    status: 200,
    says: /"fileName":"p\.csv","status":"(LOADING|MERGING|COMPLETED)","error":null/,
  },
  'a file part not named 0 (API tools)': {
    send: form(part('file', CSV, '; filename="p.csv"', 'Content-Type: application/vnd.ms-excel'), {
      map: '{"file":["variables.file"]}',
    }),
    status: 200,
    says: /"fileName":"p\.csv"/,
  },
  'semicolons and equals signs in the file name (Haskell and C++ servers)': {
    send: form(part('0', CSV, '; filename="semi; colon=v2;.csv"')),
    status: 200,
    says: /"fileName":"semi; colon=v2;\.csv"/,
  },
  'a full path as the file name, as old browsers send it (form parsers)': {
    send: form(part('0', CSV, '; filename="C:\\\\shop\\\\p.csv"')),
    status: 200,
    says: /"fileName":"p\.csv"/,
  },
  'an unescaped quote in the file name (form parsers)': {
    send: form(part('0', CSV, '; filename="5" pipes.csv"')),
    status: 200,
    says: /"fileName":"/,
  },
  'an empty file name (browsers with no file chosen)': {
    send: form(part('0', CSV, '; filename=""')),
    status: 200,
    says: /"fileName":"unnamed"/,
  },
  'a base64-encoded part (form parsers)': {
    send: form(
      part(
        '0',
        Buffer.from(CSV).toString('base64'),
        '; filename="p.csv"',
        'Content-Transfer-Encoding: base64',
      ),
    ),
    status: 400,
    says: /Content-Transfer-Encoding .*Send its bytes as they are.*BAD_MULTIPART/,
  },
  'operations that are not UTF-8 (Java servers)': {
    send: {
      headers: ['Content-Type: multipart/form-data; boundary=b'],
      body: Buffer.from(
        `${part('operations', OPERATIONS.replace('file:', '#\xe9\nfile:'))}${part('map', MAP)}${part('0', CSV)}--b--\r\n`,
        'latin1',
      ),
    },
    status: 400,
    says: /"operations\\" is not UTF-8/,
  },
  'an empty chunked form (form parsers)': {
    send: {
      headers: ['Content-Type: multipart/form-data; boundary=b', 'Transfer-Encoding: chunked'],
      body: '0\r\n\r\n',
    },
    status: 400,
    says: /BAD_MULTIPART/,
  },
  'a form without its final boundary (form parsers)': {
    send: {
      ...form(part('0', CSV)),
      body: `${part('operations', OPERATIONS)}${part('map', MAP)}${part('0', CSV)}`,
    },
    status: 400,
    says: /ends too early.*BAD_MULTIPART/,
  },
  'a batch with a file (batching client links)': {
    send: form(part('0', CSV), { operations: `[${OPERATIONS}]`, map: '{"0":["0.variables.file"]}' }),
    status: 400,
    says: /one operation per request/,
  },
  'a batch of queries (batching client links)': {
    send: { headers: [JSON_TYPE], body: `[{"query":"${HELLO}"},{"query":"${HELLO}"}]` },
    status: 400,
    says: /Send one operation per request/,
  },
  'a query hash instead of a query (persisted queries)': {
    send: { headers: [JSON_TYPE], body: '{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"ab"}}}' },
    status: 200,
    says: /"message":"PersistedQueryNotSupported","extensions":\{"code":"PERSISTED_QUERY_NOT_SUPPORTED"\}/,
  },
  'a query hash sent by GET (persisted queries)': {
    send: {
      method: 'GET',
      path: `/graphql?extensions=${encodeURIComponent('{"persistedQuery":{"version":1,"sha256Hash":"ab"}}')}`,
    },
    status: 200,
    says: /PERSISTED_QUERY_NOT_SUPPORTED/,
  },
  'variables as a JSON-encoded string (API tools)': {
    send: { headers: [JSON_TYPE], body: JSON.stringify({ query: HELLO, variables: '{"a":1}' }) },
    status: 400,
    says: /variables.*object/,
  },
  'a byte order mark before JSON (editors, Windows shells)': {
    send: { headers: [JSON_TYPE], body: `${BOM}${JSON.stringify({ query: `{ ${BOM}__typename }` })}` },
    status: 200,
    says: /"__typename":"Query"/,
  },
  'JSON in an encoding other than UTF-8, which would store wrong letters (API servers)': {
    send: { headers: [JSON_TYPE], body: Buffer.from(JSON.stringify({ query: RENAME }), 'latin1') },
    status: 400,
    says: /not UTF-8/,
  },
  'a form in an encoding other than UTF-8 (API servers)': {
    send: { headers: ['Content-Type: application/x-www-form-urlencoded'], body: `query=${escape(RENAME)}` },
    status: 400,
    says: /not UTF-8/,
  },
  'a gzipped request (GraphQL servers)': {
    send: {
      headers: [JSON_TYPE, 'Content-Encoding: gzip'],
      body: gzipSync(JSON.stringify({ query: HELLO })),
    },
    status: 415,
    says: /Content-Encoding/,
  },
  'the Accept header of clients that support @defer (GraphQL clients)': {
    send: {
      headers: [
        JSON_TYPE,
        'Accept: multipart/mixed;deferSpec=20220824,application/graphql-response+json,application/json;q=0.9',
      ],
      body: JSON.stringify({ query: HELLO }),
    },
    status: 200,
    says: /"names":\d/,
  },
  '@defer itself (GraphQL clients)': {
    send: { headers: [JSON_TYPE], body: JSON.stringify({ query: '{ ... @defer { __typename } }' }) },
    status: 200,
    says: /Unknown directive \\"@defer\\"/,
  },
  'two operations with the same name (GraphQL clients)': {
    send: {
      headers: [JSON_TYPE],
      body: JSON.stringify({ query: 'query A { __typename } query A { __typename }', operationName: 'A' }),
    },
    status: 200,
    says: /There can be only one operation named \\"A\\"/,
  },
  'a request that waits for 100 Continue (command-line uploads)': {
    send: { headers: [JSON_TYPE, 'Expect: 100-continue'], body: JSON.stringify({ query: HELLO }) },
    status: 100,
    says: /HTTP\/1\.1 200 OK[\s\S]*"names":\d/,
  },
  'HTTP/1.0, the default of some proxies (web servers)': {
    send: { version: '1.0', headers: [JSON_TYPE], body: JSON.stringify({ query: HELLO }) },
    status: 200,
    says: /"names":\d/,
  },
  'a subscription over HTTP/1.0 with a Last-Event-ID (event streams behind proxies)': {
    send: {
      method: 'GET',
      version: '1.0',
      path: `/graphql?query=${encodeURIComponent('subscription { importProgress(id: "ID") { status } }')}`,
      headers: ['Accept: text/event-stream', 'Last-Event-ID: 7'],
    },
    status: 200,
    says: /event: next\ndata: \{"data":\{"importProgress":\{"status":"COMPLETED"\}\}\}\n\nevent: complete/,
  },
  'single connection mode (GraphQL over SSE)': {
    send: { method: 'PUT', headers: ['X-GraphQL-Event-Stream-Token: a'] },
    status: 405,
    says: /Use .*POST/,
  },
};

test('requests from bug reports are answered or rejected with a reason', async (t) => {
  const server = await startTestServer(t, { ...ONE_LANE, allowedHosts: ['shop.example'] });
  const { id } = await importAndWait(server.url, `${HEADER}Seed,r-1,before\n`);
  for (const [what, { send, status, says }] of Object.entries(REQUESTS)) {
    await t.test(what, async () => {
      const answer = await ask(server, { ...send, ...(send.path && { path: send.path.replace('ID', id) }) });
      assert.match(answer, says);
      assert.equal(Number(answer.split(' ')[1]), status, answer);
    });
  }
  const seed = await query(server.url, '{ product(sku: "r-1") { description } }');
  assert.match(JSON.stringify(seed.data), /"description":"(before|x)"/, 'nothing was spoiled');
});

/** @returns the raw response, read over a new connection */
async function ask(
  { url }: TestServer,
  { method = 'POST', path = '/graphql', version = '1.1', headers = [], body = '' }: RequestCase['send'],
): Promise<string> {
  const length = headers.some((line) => line.startsWith('Transfer-'))
    ? []
    : [`Content-Length: ${Buffer.byteLength(body)}`];
  const lines = [
    `${method} ${path} HTTP/${version}`,
    'Host: shop.example',
    ...headers,
    ...length,
    'Connection: close',
  ];
  const socket = net.connect(Number(new URL(url).port), '127.0.0.1');
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  socket.write(body);
  await once(socket, 'close');
  return String(Buffer.concat(chunks));
}

/** Messages for a WebSocket, each sent after the previous one is answered, and the expected close code. */
const COUNTS = 'subscription { productCountsChanged { at } }';
const SOCKETS: Record<
  string,
  [protocol: string | undefined, messages: object[], code: number, reason: RegExp]
> = {
  'no subprotocol (command-line clients)': [undefined, [], 4406, /Subprotocol/],
  'an operation before connection_init (mobile clients)': [
    'graphql-transport-ws',
    [{ type: 'subscribe', id: '1', payload: { query: HELLO } }],
    4401,
    /Unauthorized/,
  ],
  'two connection_init messages (.NET servers)': [
    'graphql-transport-ws',
    [{ type: 'connection_init' }, { type: 'connection_init' }],
    4429,
    /Too many/,
  ],
  'two operations with the same id (serverless functions)': [
    'graphql-transport-ws',
    [
      { type: 'connection_init' },
      { type: 'subscribe', id: '1', payload: { query: COUNTS } },
      { type: 'subscribe', id: '1', payload: { query: COUNTS } },
    ],
    4409,
    /already exists/,
  ],
};

test('WebSocket sessions from bug reports are closed with a code and reason', async (t) => {
  const { url } = await startTestServer(t, { ...ONE_LANE, allowedHosts: ['shop.example'] });
  for (const [what, [protocol, messages, code, reason]] of Object.entries(SOCKETS)) {
    await t.test(what, async () => {
      const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, protocol);
      const closed = new Promise<[number, string]>((resolve, reject) => {
        socket.once('close', (number, why) => resolve([number, String(why)]));
        socket.once('error', reject);
      });
      const rest = [...messages];
      const next = () => rest.length > 0 && socket.send(JSON.stringify(rest.shift()));
      socket.once('open', next).on('message', next);
      const [number, why] = await closed;
      assert.equal(number, code);
      assert.match(why, reason);
    });
  }
  await t.test('the legacy graphql-ws subprotocol (mobile clients, playgrounds)', async () => {
    // A raw handshake, because some clients accept whatever subprotocol the server chooses.
    const answer = await handshake(url, 'graphql-ws');
    assert.match(answer, /^HTTP\/1\.1 101 /);
    assert.doesNotMatch(answer, /sec-websocket-protocol/i);
    assert.match(answer, /Subprotocol not acceptable/);
  });
});

/** @returns the handshake response and everything received until the WebSocket closes, as text */
async function handshake(url: string, protocol: string): Promise<string> {
  const socket = net.connect(Number(new URL(url).port), '127.0.0.1');
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => {
    chunks.push(chunk);
    if (String(Buffer.concat(chunks)).includes('Subprotocol')) socket.end();
  });
  socket.write(
    `GET /graphql HTTP/1.1\r\nHost: shop.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: ${protocol}\r\n\r\n`,
  );
  await once(socket, 'close');
  return String(Buffer.concat(chunks));
}
