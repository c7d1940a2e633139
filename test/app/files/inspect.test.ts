// A file is inspected before it is imported.

import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import type { ImportOptions } from '../../../src/cli/client/loadstone-client.ts';
import { postFile } from '../../../src/cli/client/post-file.ts';
import { zipOf } from '../../support/files/zip.ts';
import { expectNothingLeft } from '../../support/imports/catalogue.ts';
import { importAndWait } from '../../support/server/graphql-client.ts';
import { ONE_LANE, startTestServer, type TestServer } from '../../support/server/server.ts';

interface Inspection {
  format: string;
  encoding: string;
  delimiter: string;
  columns: string[];
  suggestedMapping: { column: string; field: string; isGuessed: boolean }[];
  keptColumns: string[];
  error: { code: string; message: string } | null;
  rows: { line: number; values: string[]; issue: { code: string; message: string } | null }[];
  warnings: { code: string }[];
}

interface Answer {
  data?: { inspectFile: Inspection } | null;
  errors?: { message: string; extensions: { code: string; field?: string } }[];
}

const INSPECT = `mutation ($file: Upload!, $options: ImportOptions) {
  inspectFile(file: $file, options: $options) {
    format encoding delimiter columns suggestedMapping { column field isGuessed } keptColumns error { code message }
    rows { line values issue { code message } } warnings { code }
  }
}`;

async function ask(
  { url }: TestServer,
  file: Readable | Buffer | string,
  options?: ImportOptions,
): Promise<Answer> {
  const stream = file instanceof Readable ? file : Readable.from([Buffer.from(file)]);
  const size = file instanceof Readable ? undefined : Buffer.byteLength(file);
  const operations = { query: INSPECT, variables: { file: null, options } };
  const { body } = await postFile(`${url}/graphql`, operations, 'variables.file', {
    name: 'a.csv',
    size,
    stream,
  });
  return JSON.parse(body) as Answer;
}

async function inspect(...args: Parameters<typeof ask>): Promise<Inspection> {
  const answer = await ask(...args);
  return answer.data?.inspectFile ?? assert.fail(JSON.stringify(answer));
}

const LINES = Array.from({ length: 30 }, (_, i) => `"Item ${i}, ""x""",i-${i},"two\nlines",${i}`);
const FILE = `Title,Variant SKU,Body (HTML),Price\n${LINES.join('\n')}\n`;

async function expectNothingKept(server: TestServer): Promise<void> {
  assert.equal((await server.database.sql`SELECT FROM imports`).length, 0);
  assert.deepEqual(await readdir(join(server.settings.dataDir, 'inspect')).catch(() => []), []);
  await expectNothingLeft(server);
}

test('an inspection shows the format, the columns, the mapping and the first 20 rows, and imports nothing', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const { rows, ...found } = await inspect(server, FILE);
  assert.deepEqual(found, {
    format: 'PLAIN',
    encoding: 'utf-8',
    delimiter: ',',
    columns: ['Title', 'Variant SKU', 'Body (HTML)', 'Price'],
    suggestedMapping: [
      { column: 'Title', field: 'NAME', isGuessed: true },
      { column: 'Variant SKU', field: 'SKU', isGuessed: true },
      { column: 'Body (HTML)', field: 'DESCRIPTION', isGuessed: true },
    ],
    keptColumns: [],
    error: null,
    warnings: [{ code: 'GUESSED_COLUMNS' }],
  });
  assert.equal(rows.length, 20);
  assert.deepEqual(rows[1], { line: 4, values: ['Item 1, "x"', 'i-1', 'two\nlines', '1'], issue: null });
  await expectNothingKept(server);
});

test('archives and encodings are inspected as an import reads them', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const utf16 = Buffer.from(`\ufeff${FILE.replaceAll(',', ';')}`, 'utf16le');
  const csv = Buffer.from(FILE);
  const cases: [file: Buffer, options: ImportOptions, format: string, encoding: string, warning?: string][] =
    [
      [gzipSync(csv), {}, 'GZIP', 'utf-8'],
      [zstdCompressSync(csv), {}, 'ZSTD', 'utf-8'],
      [
        zipOf({ name: 'README.txt' }, { name: 'p.csv', content: csv }),
        {},
        'ZIP',
        'utf-8',
        'FILES_PASSED_OVER',
      ],
      [utf16, {}, 'PLAIN', 'utf-16le'],
      [
        Buffer.from(FILE.replaceAll('Item', 'Größe'), 'latin1'),
        { encoding: 'latin1' },
        'PLAIN',
        'windows-1252',
      ],
      [Buffer.from(`sep=,\n${FILE}`), {}, 'PLAIN', 'utf-8', 'SEPARATOR_LINE'],
    ];
  for (const [file, options, format, encoding, warning] of cases) {
    const found = await inspect(server, file, options);
    assert.deepEqual([found.format, found.encoding], [format, encoding]);
    assert.equal(found.rows.length, 20, format);
    assert.deepEqual(
      found.warnings.map(({ code }) => code),
      [...(warning ? [warning] : []), 'GUESSED_COLUMNS'],
    );
  }
  await expectNothingKept(server);
});

test('columns that an import would not understand are told with a suggestion, and so are rows that it would reject', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const german = 'Artikelnummer;Bezeichnung;Beschreibung;Preis\n1;;x;9\n2;B;y;9\n';
  const found = await inspect(server, german);
  assert.equal(found.error?.code, 'MISSING_COLUMN');
  assert.equal(found.delimiter, ';');
  assert.deepEqual(found.suggestedMapping, [
    { column: 'Artikelnummer', field: 'SKU', isGuessed: true },
    { column: 'Bezeichnung', field: 'NAME', isGuessed: true },
    { column: 'Beschreibung', field: 'DESCRIPTION', isGuessed: true },
  ]);
  assert.deepEqual(found.rows[0], { line: 2, values: ['1', '', 'x', '9'], issue: null });
  const mapping = found.suggestedMapping.map(({ column, field }) => ({
    column,
    field,
  })) as ImportOptions['mapping'];
  const mapped = await inspect(server, german, { mapping } as ImportOptions);
  assert.equal(mapped.error, null);
  assert.equal(mapped.rows[0]?.issue?.code, 'BLANK_NAME');

  // With a default there is nothing to suggest: an import would not use the column.
  const defaults = [{ field: 'DESCRIPTION', value: '' }];
  const filled = await inspect(server, 'sku,name,Beschreibung\n1,A,x\n', { defaults } as ImportOptions);
  assert.equal(filled.error, null);
  assert.deepEqual(
    filled.suggestedMapping.map(({ field }) => field),
    ['SKU', 'NAME'],
  );

  const ambiguous = await inspect(server, 'sku,Title,item_name,description\n1,a,b,c\n');
  assert.equal(ambiguous.error?.code, 'AMBIGUOUS_COLUMN');
  assert.match(ambiguous.error.message, /"Title" and "item_name"/);
  const twice = await inspect(server, 'sku,name,Name,description\n1,a,b,c\n');
  assert.equal(twice.error?.code, 'DUPLICATE_COLUMN');

  const long = 'é'.repeat(1_500);
  const rows = `name,sku,description\nA,1E+12,x\nB,2\nC,3,5" x\nD,4,${long}\n,5,\n\n"e","6","f"\n`;
  const faulty = await inspect(server, rows);
  assert.deepEqual(
    faulty.rows.map(({ line, issue }) => [line, issue?.code]),
    [
      [2, undefined],
      [3, 'WRONG_FIELD_COUNT'],
      [4, 'UNBALANCED_QUOTE'],
      [5, undefined],
      [6, 'BLANK_NAME'],
      [8, undefined],
    ],
  );
  assert.deepEqual(faulty.rows[1]?.values, ['B', '2']);
  assert.deepEqual(faulty.rows[2]?.values, ['C,3,5" x']);
  assert.equal(faulty.rows[3]?.values[2], `${'é'.repeat(1_000)}…`);
  assert.deepEqual(faulty.warnings, [{ code: 'ROUNDED_SKU' }]);
  await expectNothingKept(server);
});

test('a file that cannot be read has the code that its import would have', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const csv = Buffer.from(FILE);
  const packed = zipOf({ name: 'p.csv', content: csv });
  const files: [code: string, file: Buffer | string][] = [
    ['EMPTY_FILE', ''],
    ['EMPTY_FILE', ' \n\n'],
    ['NOT_A_CSV', '<!doctype html><html></html>'],
    ['NOT_A_CSV', '%PDF-1.7'],
    ['NOT_A_CSV', Buffer.from('\x00\x01\x02')],
    ['NOT_A_CSV', gzipSync(gzipSync(csv))],
    ['NOT_A_CSV', Buffer.from(FILE, 'utf16le')],
    ['CORRUPT_ARCHIVE', gzipSync(csv).subarray(0, 40)],
    ['CORRUPT_ARCHIVE', packed.subarray(0, packed.length - 30)],
    ['ARCHIVE_NOT_ONE_FILE', zipOf({ name: 'a.csv', content: csv }, { name: 'b.csv', content: csv })],
    ['INVALID_ENCODING', Buffer.from('größe,name,sku,description\n', 'latin1')],
    ['UNBALANCED_QUOTE', 'name,sku,"description\n1,2,3\n'],
    ['HEADER_TOO_LARGE', 'x'.repeat(70_000)],
  ];
  for (const [code, file] of files) {
    const { errors } = await ask(server, file);
    assert.equal(errors?.[0]?.extensions.code, code, JSON.stringify(errors));
  }
  await expectNothingKept(server);
  for (const [code, file] of files) {
    const { error } = await importAndWait(server.url, file);
    assert.equal(error?.code, code);
  }
  const options = await ask(server, FILE, { mapping: [{ column: ' ', field: 'SKU' }] });
  assert.equal(options.errors?.[0]?.extensions.field, 'mapping');
});

test('an upload without an end is answered at once, and the rest of it is not read', {
  timeout: 30_000,
}, async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const chunk = Buffer.from(`${LINES.join('\n')}\n`.repeat(100));
  for (const pack of [(bytes: Buffer) => bytes, gzipSync, zstdCompressSync]) {
    let sent = 0;
    const file = Readable.from(
      (async function* () {
        yield pack(Buffer.concat([Buffer.from(FILE), chunk]));
        for (;;) {
          yield pack(chunk);
          sent++;
          await new Promise((resolve) => setImmediate(resolve));
        }
      })(),
    );
    const { rows } = await inspect(server, file);
    assert.equal(rows.length, 20);
    const sentBefore = sent;
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(sent, sentBefore, 'the client goes on');
  }
  await expectNothingKept(server);
});

test('a search for a header or for rows ends after 16 MiB', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const endless = (first: string, line: string) =>
    Readable.from(
      (async function* () {
        if (first) yield Buffer.from(first);
        const rest = Buffer.from(line.repeat((1024 * 1024) / line.length));
        for (;;) yield rest;
      })(),
    );
  const { errors } = await ask(server, endless('', '\n'));
  assert.equal(errors?.[0]?.extensions.code, 'HEADER_TOO_LARGE');
  const row = 'name,sku,description\na,b,c\n';
  for (const file of [endless(row, '\n'), endless(`${row}d,`, 'x'.repeat(1024))]) {
    const { rows } = await inspect(server, file);
    assert.deepEqual(
      rows.map(({ values }) => values),
      [['a', 'b', 'c']],
    );
  }
});

test('a client that leaves during an inspection leaves nothing behind', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  for (const head of [
    Buffer.from('name,sku,description\nA,a-1,x\n'),
    zipOf({ name: 'p.csv' }).subarray(0, 20),
  ]) {
    const leave = new AbortController();
    const file = Readable.from(
      (async function* () {
        yield head;
        leave.abort();
        await new Promise((resolve) => setTimeout(resolve, 10));
      })(),
    );
    const operations = { query: INSPECT, variables: { file: null } };
    const asked = postFile(
      `${server.url}/graphql`,
      operations,
      'variables.file',
      { name: 'a', size: undefined, stream: file },
      { signal: leave.signal },
    );
    await assert.rejects(asked);
  }
  assert.equal((await inspect(server, FILE)).rows.length, 20);
  await expectNothingKept(server);
});

test('an inspection tells which columns would be kept, and what is wrong with them', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const file = 'Variant SKU,Title,description, Brand ,,Size\n1,A,,x,,y\n';
  assert.deepEqual((await inspect(server, file)).keptColumns, []);
  const kept = await inspect(server, file, { keepColumns: true });
  assert.deepEqual([kept.keptColumns, kept.error], [['Brand', 'Size'], null]);
  assert.deepEqual(
    kept.warnings.map(({ code }) => code),
    ['GUESSED_COLUMNS', 'COLUMNS_NOT_KEPT'],
  );
  const twice = await inspect(server, file.replace('Size', 'Brand'), { keepColumns: true });
  assert.equal(twice.error?.code, 'DUPLICATE_COLUMN');
});
