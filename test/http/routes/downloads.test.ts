// The issues of an import as a CSV file.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import type { NewImport } from '../../../src/db/imports/import-record.ts';
import { ImportStore } from '../../../src/db/imports/import-store.ts';
import { type RowIssue, RowIssueStore } from '../../../src/db/imports/row-issue-store.ts';
import type { Database } from '../../../src/db/postgres/connection/database.ts';
import { rowIssues } from '../../../src/db/tables.ts';
import { createTestDatabase } from '../../support/database/database.ts';
import { startTestServer, type TestServer } from '../support.ts';

const REJECTED = {
  kind: 'REJECTED',
  code: 'BLANK_SKU',
  columnName: 'sku',
  message: 'The sku is blank.',
  winningLine: null,
  lineCount: 1,
} as const;
const SUPERSEDED = {
  kind: 'SUPERSEDED',
  code: 'SUPERSEDED',
  columnName: null,
  message: null,
  lineCount: null,
} as const;

test('issues are downloaded as CSV with the original columns, then line, code, message and record', async (t) => {
  const server = await serveDatabase(t);
  const id = await server.add({ fileName: 'März "Liste".csv.gz', columns: ['Name', 'sku', 'description'] }, [
    { ...REJECTED, line: 2, record: 'Ann,,"two\r\nlines, quoted"' },
    { ...SUPERSEDED, line: 4, record: 'Bob,b,first\r\n', winningLine: 9 },
    { ...REJECTED, line: 5, record: 'Cy,,"lone\nend"' },
  ]);
  const response = await download(server, id, '/issues.csv?kind=ALL');
  assert.equal(response.status, 200);
  assert.equal(response.headers.get('content-type'), 'text/csv; charset=utf-8');
  assert.equal(
    response.headers.get('content-disposition'),
    `attachment; filename="M_rz_Liste_-issues.csv"; filename*=UTF-8''M%C3%A4rz%20%22Liste%22-issues.csv`,
  );
  assert.equal(
    Buffer.from(await response.arrayBuffer()).toString(),
    [
      '\ufeffName,sku,description,line,code,message,record',
      'Ann,,"two\r\nlines, quoted",2,BLANK_SKU,The sku is blank.,',
      'Bob,b,first,4,SUPERSEDED,"A later row of the file, on line 9, has the same SKU and was taken instead.",',
      'Cy,,"lone\nend",5,BLANK_SKU,The sku is blank.,',
      '',
    ].join('\r\n'),
  );
});

test('a record that cannot be split into columns, or is truncated, leaves them empty', async (t) => {
  const server = await serveDatabase(t);
  const broken = { ...REJECTED, columnName: null };
  const long = `a,,${'x'.repeat(9_997)}`;
  const id = await server.add({ columns: ['name', 'sku', 'description'] }, [
    { ...broken, line: 2, code: 'WRONG_FIELD_COUNT', record: 'only' },
    { ...broken, line: 3, code: 'UNBALANCED_QUOTE', record: 'a,b"b,c' },
    { ...broken, line: 4, code: 'INVALID_UTF8', record: 'a,b,\ufffd' },
    { ...broken, line: 5, code: 'RECORD_TOO_LARGE', record: '=a,b,c' },
    { ...broken, line: 6, code: 'OF_ANOTHER_VERSION', record: 'a,b,c' },
    { ...REJECTED, line: 7, record: long },
    { ...REJECTED, line: 8, record: 'a,"",c"' },
    { ...REJECTED, line: 9, record: 'a,,\ufffd' },
  ]);
  const rows = await rowsOf(await download(server, id));
  const told = rows.slice(1).map((row) => [...row.slice(0, 3), row.at(-1)]);
  assert.deepEqual(told, [
    ['', '', '', 'only'],
    ['', '', '', 'a,b"b,c'],
    ['', '', '', 'a,b,\ufffd'],
    ['', '', '', "'=a,b,c"],
    ['', '', '', 'a,b,c'],
    ['', '', '', long.slice(0, 1000)],
    ['', '', '', 'a,"",c"'],
    // This row could be read, so the replacement character is from the file.
    ['a', '', '\ufffd', ''],
  ]);
});

test('records of a file without quoting are split without it', async (t) => {
  const server = await serveDatabase(t);
  const columns = ['name', 'sku', 'description'];
  const id = await server.add({ columns, delimiter: '\t', quoting: 'NONE' }, [
    { ...REJECTED, line: 2, record: '5" pipe\t\t"x"' },
  ]);
  const [, row] = await rowsOf(await download(server, id), '\t');
  assert.deepEqual(row?.slice(0, 3), ['5" pipe', '', '"x"']);
});

test('cells that a spreadsheet would evaluate as formulas are escaped', async (t) => {
  const server = await serveDatabase(t);
  const id = await server.add({ columns: ['name', 'sku', 'description'], delimiter: ';' }, [
    { ...REJECTED, line: 2, record: '=1+1;+1;-1' },
    { ...REJECTED, line: 3, record: '@x;\tx;"\rx"' },
    { ...REJECTED, line: 4, record: 'a=1;1-1;"""=1"' },
    { ...REJECTED, line: 5, record: "'=1;''＋1;'a" },
  ]);
  const rows = await rowsOf(await download(server, id), ';');
  assert.deepEqual(rows.map((row) => row.slice(0, 3)).slice(1), [
    ["'=1+1", "'+1", "'-1"],
    ["'@x", "'\tx", "'\rx"],
    ['a=1', '1-1', '"=1'],
    ["''=1", "'''＋1", "'a"],
  ]);
});

test('columns of the file with the same names are kept', async (t) => {
  const server = await serveDatabase(t);
  const id = await server.add({ columns: ['Line', 'code', 'issue_code', 'sku'] }, []);
  const [header] = await rowsOf(await download(server, id));
  assert.deepEqual(header, [
    'Line',
    'code',
    'issue_code',
    'sku',
    'issue_line',
    'issue_issue_code',
    'message',
    'record',
  ]);
});

test('the download has rejected rows by default, and others on request', async (t) => {
  const server = await serveDatabase(t);
  const id = await server.add({ columns: ['sku'] }, [
    { ...REJECTED, line: 2, record: 'b' },
    { ...SUPERSEDED, line: 3, record: 'a', winningLine: 4 },
  ]);
  const plain = await rowsOf(await download(server, id));
  assert.deepEqual(
    plain.slice(1).map((row) => row[1]),
    ['2'],
  );
  const linesOf = async (kind: string) => {
    const rows = await rowsOf(await download(server, `${id}/issues.csv?kind=${kind}`, ''));
    return rows.slice(1).map((row) => row[1]);
  };
  assert.deepEqual(await linesOf('REJECTED'), ['2']);
  assert.deepEqual(await linesOf('SUPERSEDED'), ['3']);
  assert.deepEqual(await linesOf('ALL'), ['2', '3']);
  assert.equal((await download(server, `${id}/issues.csv?kind=other`, '')).status, 400);
});

test('issues can be filtered by code, and unknown parameters are rejected', async (t) => {
  const server = await serveDatabase(t);
  const id = await server.add({ columns: ['sku'] }, [
    { ...REJECTED, line: 2, record: '' },
    { ...REJECTED, line: 3, record: 'a,b', code: 'WRONG_FIELD_COUNT', message: 'The record has 2 fields.' },
    { ...SUPERSEDED, line: 4, record: 'a', winningLine: 5 },
  ]);
  const linesOf = async (parameters: string) => {
    const rows = await rowsOf(await download(server, `${id}/issues.csv?${parameters}`, ''));
    return rows.slice(1).map((row) => row[1]);
  };
  assert.deepEqual(await linesOf('code=BLANK_SKU'), ['2']);
  assert.deepEqual(await linesOf('kind=REJECTED&code=WRONG_FIELD_COUNT'), ['3']);
  assert.deepEqual(await linesOf('code=SUPERSEDED&kind=SUPERSEDED'), ['4']);
  assert.deepEqual(await linesOf('code=NAME_TOO_LONG'), []);
  for (const wrong of [
    'codes=BLANK_SKU',
    'format=json',
    'kind',
    'code=',
    'code=blank_sku',
    'code=NO_SUCH_CODE',
    'code=toString',
    'code=%00',
    'code=A&code=B',
  ]) {
    const response = await download(server, `${id}/issues.csv?${wrong}`, '');
    const text = await response.text();
    assert.equal(response.status, 400, wrong);
    assert.match(text, /"code":"BAD_REQUEST"/, wrong);
  }
  const unknown = await download(server, `${id}/issues.csv?reason=BLANK_SKU`, '');
  assert.match(await unknown.text(), /kind, code/, 'the parameters that there are, are named');
});

test('issues are compressed for clients that accept it, and a HEAD request gets no body', async (t) => {
  const server = await serveDatabase(t);
  const issues = Array.from({ length: 3000 }, (_, index) => ({
    ...REJECTED,
    line: index + 2,
    record: `,${index}`,
  }));
  const id = await server.add({ columns: ['name', 'sku'] }, issues);
  const url = `${server.url}/imports/${id}/issues.csv`;
  const plain = await fetch(url, { headers: { 'accept-encoding': 'identity' } });
  const text = await plain.text();
  assert.equal(plain.headers.get('vary'), 'accept-encoding');
  const asked: [accept: string, coding: string | null][] = [
    ['gzip', 'gzip'],
    ['gzip, deflate, br, zstd', 'gzip'],
    ['br;q=1, gzip;q=0.5', 'br'],
    ['gzip;q=0, zstd', 'zstd'],
    ['*', 'gzip'],
    ['deflate', null],
    ['gzip;q=0', null],
    ['identity, gzip;q=0.5', null],
  ];
  const unpack: Record<string, (bytes: Buffer) => Buffer> = {
    gzip: gunzipSync,
    br: brotliDecompressSync,
    zstd: zstdDecompressSync,
  };
  for (const [accept, coding] of asked) {
    const request = http.get(url, { headers: { 'accept-encoding': accept }, agent: false });
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    const body = await buffer(response);
    assert.equal(response.headers['content-encoding'] ?? null, coding, accept);
    assert.equal(response.headers.vary, 'accept-encoding');
    assert.equal(new TextDecoder().decode(coding ? unpack[coding]?.(body) : body), text, accept);
    if (coding) assert.ok(body.length < text.length / 4, accept);
  }
  const head = await fetch(url, { method: 'HEAD', headers: { 'accept-encoding': 'identity' } });
  assert.deepEqual([head.status, await head.text()], [200, '']);
  for (const name of ['content-type', 'content-disposition', 'vary'])
    assert.equal(head.headers.get(name), plain.headers.get(name), name);
});

test('thousands of issues are downloaded completely and in order', async (t) => {
  const server = await serveDatabase(t);
  const issues = Array.from({ length: 5000 }, (_, index) => ({
    ...REJECTED,
    line: index + 2,
    record: `a,${index}`,
  }));
  const id = await server.add({ columns: ['name', 'sku'] }, issues);
  const rows = await rowsOf(await download(server, id));
  assert.deepEqual(
    rows.slice(1).map((row) => Number(row[1])),
    issues.map((_, index) => index),
  );
});

test('an unknown import is 404 with an explanation', async (t) => {
  const server = await serveDatabase(t);
  for (const id of [randomUUID(), 'nonsense', "'; drop table imports"]) {
    const response = await download(server, encodeURIComponent(id));
    assert.equal(response.status, 404);
    assert.match(await response.text(), /There is no import/);
  }
});

type Served = TestServer & {
  database: Database;
  /** Stores an import with its issues. */
  add(record: Partial<NewImport>, issues: Omit<RowIssue, 'importId'>[]): Promise<string>;
};

async function serveDatabase(t: Parameters<typeof startTestServer>[0]): Promise<Served> {
  const database = await createTestDatabase(t);
  const importStore = new ImportStore(database);
  const server = await startTestServer(t, {
    services: { importStore, rowIssues: new RowIssueStore(database) },
  });
  async function add(record: Partial<NewImport>, issues: Omit<RowIssue, 'importId'>[]) {
    const importId = randomUUID();
    await importStore.create({
      id: importId,
      fileName: 'file.csv',
      status: 'FAILED',
      maxRejectedRows: 0,
      owner: randomUUID(),
      ...record,
    });
    if (issues.length > 0)
      await database.orm.insert(rowIssues).values(issues.map((issue) => ({ ...issue, importId })));
    return importId;
  }
  return { ...server, database, add };
}

function download(server: TestServer, id: string, rest = '/issues.csv'): Promise<Response> {
  return fetch(`${server.url}/imports/${id}${rest}`);
}

async function rowsOf(response: Response, delimiter = ','): Promise<string[][]> {
  return parse(await response.text(), { delimiter, record_delimiter: '\r\n' });
}
