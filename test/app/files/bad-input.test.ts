// Invalid files and requests fail with a stable code and a helpful message. The server keeps running, the catalogue
// stays unchanged unless the whole file was read, and nothing is left behind.

import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { PassThrough, Readable } from 'node:stream';
import { test } from 'node:test';
import { constants, gzipSync, zstdCompressSync } from 'node:zlib';
import type { ImportOptions, ImportState } from '../../../src/cli/client/loadstone-client.ts';
import { sampleChunks } from '../../../src/cli/sample/sample-rows.ts';
import { needsOneNode } from '../../support/database/cluster.ts';
import { zipOf } from '../../support/files/zip.ts';
import { expectCatalogue, expectExactCounts, expectNothingLeft } from '../../support/imports/catalogue.ts';
import { CatalogueModel } from '../../support/imports/catalogue-model.ts';
import { importEnds, importReaches } from '../../support/imports/import-state.ts';
import { importIssues } from '../../support/imports/issues.ts';
import {
  type Answer,
  type Content,
  expectNoErrors,
  importAndWait,
  query,
  upload,
} from '../../support/server/graphql-client.ts';
import { ONE_LANE, startTestServer, type TestServer } from '../../support/server/server.ts';
import { mountSmallDisk, NO_SMALL_DISK } from '../../support/server/small-disk.ts';

const MIB = 1024 * 1024;
const SEED = 'name,sku,description\nSeed,seed-1,was here before\n';
const GOOD = 'name,sku,description\nAnn,a-1,good\nBob,b-1,good\n';
const SAMPLE = Buffer.concat([...sampleChunks(3_000, 1)].map(({ bytes }) => bytes));
/** Includes a checksum, as the zstd command writes by default. Without one, damage may go undetected. */
const ZSTD = zstdCompressSync(SAMPLE, { params: { [constants.ZSTD_c_checksumFlag]: 1 } });

type BadFile = [what: string, file: Content, code: string, advice: RegExp, options?: ImportOptions];

const UNREADABLE: BadFile[] = [
  ['nothing', '', 'EMPTY_FILE', /Send a CSV file whose first line names the columns/],
  ['only blank lines', '\r\n\n  \n', 'EMPTY_FILE', /Send a CSV file/],
  [
    'data rows without a header',
    'Ann,a-1,good\nBob,b-1,good\n',
    'MISSING_COLUMN',
    /first line of the file must be a header/,
  ],
  [
    'a missing sku column',
    'name,description\nAnn,good\n',
    'MISSING_COLUMN',
    /lacks "sku".*it has "name", "description".*Add it/,
  ],
  [
    'two sku columns',
    'name,sku,SKU,description\nA,1,2,x\n',
    'DUPLICATE_COLUMN',
    /"sku" more than once. Keep one/,
  ],
  [
    'an endless header',
    `name,sku,description,${'x'.repeat(70_000)}\n`,
    'HEADER_TOO_LARGE',
    /first line must contain the column names/,
  ],
  [
    'a header with a stray quote',
    'na"me,sku,description\nA,1,x\n',
    'UNBALANCED_QUOTE',
    /double the quotes inside it/,
  ],
  [
    'random bytes',
    Buffer.concat([Buffer.from([0, 1, 2, 3]), randomBytes(100_000)]),
    'NOT_A_CSV',
    /Export the table as CSV/,
  ],
  [
    'a PNG image',
    Buffer.from('\x89PNG\r\n\x1a\n\0\0\0\rIHDR', 'latin1'),
    'NOT_A_CSV',
    /PNG image.*Export the table as CSV/,
  ],
  [
    'a binary Excel workbook',
    zipOf(
      { name: '[Content_Types].xml', content: Buffer.from('<Types/>') },
      { name: 'xl/workbook.bin', content: Buffer.from('x') },
    ),
    'NOT_A_CSV',
    /Excel workbook.*save it as CSV/,
  ],
  [
    'UTF-16 without a byte order mark',
    Buffer.from(GOOD, 'utf16le'),
    'NOT_A_CSV',
    /option encoding to utf-16le/,
  ],
  [
    'UTF-32 without a byte order mark',
    Buffer.from(Uint32Array.from(GOOD, (character) => character.charCodeAt(0)).buffer),
    'NOT_A_CSV',
    /option encoding to utf-32le/,
  ],
  [
    'a header in an undeclared encoding',
    Buffer.from('größe,name,sku,description\n', 'latin1'),
    'INVALID_ENCODING',
    /header is not valid UTF-8.*option encoding/,
  ],
  [
    'a truncated gzip file',
    gzipSync(SAMPLE).subarray(0, -100),
    'CORRUPT_ARCHIVE',
    /gzip file is truncated or damaged.*create it again/,
  ],
  [
    'a gzip file without its checksum',
    gzipSync(SAMPLE).subarray(0, -8),
    'CORRUPT_ARCHIVE',
    /gzip file is truncated or damaged/,
  ],
  [
    'a gzip file with a wrong checksum',
    withByte(gzipSync(SAMPLE), -6),
    'CORRUPT_ARCHIVE',
    /gzip file is truncated or damaged/,
  ],
  ['a truncated zstd file', ZSTD.subarray(0, -100), 'CORRUPT_ARCHIVE', /zstd file is truncated or damaged/],
  [
    'a zstd file with a corrupt byte',
    withByte(ZSTD, 5_000),
    'CORRUPT_ARCHIVE',
    /zstd file is truncated or damaged/,
  ],
  [
    'a truncated zip file',
    zipOf({ name: 'a.csv', content: SAMPLE }).subarray(0, -30),
    'CORRUPT_ARCHIVE',
    /zip file is truncated or damaged/,
  ],
  [
    'a zip file with a wrong checksum',
    zipOf({ name: 'a.csv', content: SAMPLE, checksum: 1 }),
    'CORRUPT_ARCHIVE',
    /zip file is truncated or damaged/,
  ],
  ['an empty zip file', zipOf(), 'ARCHIVE_NOT_ONE_FILE', /exactly one CSV file/],
  [
    'a zip file with two entries',
    zipOf({ name: 'a.csv', content: Buffer.from(GOOD) }, { name: 'b.csv', content: Buffer.from(GOOD) }),
    'ARCHIVE_NOT_ONE_FILE',
    /2 files \("a.csv", "b.csv"\).*exactly one CSV file/,
  ],
  [
    'an encrypted zip file',
    zipOf({ name: 'a.csv', content: Buffer.from(GOOD), encrypted: true }),
    'NOT_A_CSV',
    /without a password/,
  ],
  ['a file gzipped twice', gzipSync(gzipSync(GOOD)), 'NOT_A_CSV', /compressed twice. Unpack it once/],
  [
    'an unclosed quote that swallows megabytes',
    `${GOOD}Cy,c-1,"oops\n${'no row of the table\n'.repeat(250_000)}`,
    'UNBALANCED_QUOTE',
    /quote opened on line 4 is never closed.*Close it, or double it/,
  ],
  [
    'more bad rows than the client allows',
    `${GOOD}Cy\nDee\n`,
    'TOO_MANY_REJECTED_ROWS',
    /More than 1 rows were rejected.*raise the option maxRejectedRows/,
    { maxRejectedRows: 1 },
  ],
];

test('an unreadable file fails its import with a code and advice, and changes nothing', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const seeded = await seed(server);
  for (const [what, file, code, advice, options] of UNREADABLE) {
    await t.test(what, async () => {
      const done = await importAndWait(server.url, file, options);
      expectFailed(done, code, advice);
      await expectUnharmed(server, seeded);
    });
  }
});

/** A record between valid ones, and the issue it causes. */
type BadRow = [what: string, record: string | Buffer, code: string, column: string | null, advice: RegExp];

const BAD_ROWS: BadRow[] = [
  ['too few fields', 'Cy,c-1', 'WRONG_FIELD_COUNT', null, /has 2 fields, but the header has 3/],
  ['a single field', 'Cy', 'WRONG_FIELD_COUNT', null, /has 1 field, but the header has 3/],
  ['too many fields', 'Cy,c-1,x,y', 'WRONG_FIELD_COUNT', null, /needs quotes around it/],
  ['a blank sku', 'Cy, ,x', 'BLANK_SKU', 'sku', /"sku" has no value/],
  ['an empty name', ',c-1,x', 'BLANK_NAME', 'name', /"name" has no value/],
  ['an overlong sku', `Cy,${'s'.repeat(257)},x`, 'SKU_TOO_LONG', 'sku', /257 characters, more than the 256/],
  [
    'an overlong name',
    `${'n'.repeat(513)},c-1,x`,
    'NAME_TOO_LONG',
    'name',
    /513 characters, more than the 512/,
  ],
  ['a NUL character', 'Cy,c-1,a\0b', 'NUL_CHARACTER', null, /NUL character/],
  [
    'invalid UTF-8',
    Buffer.from('Cy,c-1,caf\xe9', 'latin1'),
    'INVALID_UTF8',
    null,
    /set the option `encoding`/,
  ],
  [
    'a quote inside a field',
    'Cy,c-1,5" disk',
    'UNBALANCED_QUOTE',
    null,
    /whole field in quotes and double the quote/,
  ],
];

for (const parser of ['fast', 'csv-parse'] as const) {
  test(`a bad row is rejected with its line and reason, and the others are imported (${parser})`, async (t) => {
    const server = await startTestServer(t, { ...ONE_LANE, parser });
    for (const [what, record, code, column, advice] of BAD_ROWS) {
      await t.test(what, async () => {
        await server.database.sql`TRUNCATE products, product_name_counts`;
        const file = Buffer.concat([
          Buffer.from(GOOD),
          Buffer.from(record),
          Buffer.from('\nDee,d-1,"good,\ntoo"\n'),
        ]);
        const done = await importAndWait(server.url, file);
        assert.equal(done.status, 'COMPLETED', JSON.stringify(done.error));
        assert.deepEqual(done.rows, {
          read: 4,
          inserted: 3,
          updated: 0,
          unchanged: 0,
          superseded: 0,
          rejected: 1,
        });
        const [issue, ...others] = await importIssues(server.url, done.id);
        assert.deepEqual(others, []);
        assert.deepEqual(
          { ...issue, message: '', record: '' },
          { line: 4, kind: 'REJECTED', code, column, message: '', record: '', winningLine: null },
        );
        assert.match(issue?.message ?? '', advice);
        await expectCatalogue(server, modelOf(`${GOOD}Dee,d-1,"good,\ntoo"\n`));
        await expectNothingLeft(server);
      });
    }
  });
}

test('a lone CR ends a record', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const done = await importAndWait(server.url, 'name,sku,description\nAnn\rBob,b-1,good\n');
  assert.deepEqual(done.rows, { read: 2, inserted: 1, updated: 0, unchanged: 0, superseded: 0, rejected: 1 });
  const [issue] = await importIssues(server.url, done.id);
  assert.deepEqual([issue?.line, issue?.code, issue?.record], [2, 'WRONG_FIELD_COUNT', 'Ann']);
  await expectCatalogue(server, modelOf('name,sku,description\nBob,b-1,good\n'));
});

test('a misplaced quote rejects only its own row out of 20,000, with a reason', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const rows = Array.from({ length: 19_999 }, (_, i) => `Name ${i % 500},x-${i},text ${i}\n`).join('');
  const done = await importAndWait(server.url, `name,sku,description\nCy,c-1,"Best" shirt\n${rows}`);
  assert.deepEqual([done.status, done.rows.read, done.rows.rejected], ['COMPLETED', 20_000, 1]);
  const { issues, warnings } = await linesRejected(server.url, done.id);
  assert.deepEqual(issues, [
    { line: 2, code: 'UNBALANCED_QUOTE', record: 'Cy,c-1,"Best" shirt', lineCount: 1 },
  ]);
  assert.deepEqual(warnings, []);
  await expectCatalogue(server, modelOf(`name,sku,description\n${rows}`));
});

test('an unclosed quote rejects only its own row, and a record of many lines causes a warning', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const long = `Cy,c-1,"a letter\n${'of many lines\n'.repeat(24)}that "ends" here\n`;
  const done = await importAndWait(server.url, `${GOOD}${long}Dee,d-1,x\nEve,e-1,"oops\nFay,f-1,y\n`);
  assert.deepEqual([done.status, done.rows.read, done.rows.rejected], ['COMPLETED', 6, 2]);
  const { issues, warnings } = await linesRejected(server.url, done.id);
  assert.deepEqual(
    issues.map(({ line, code, lineCount }) => [line, code, lineCount]),
    [
      [4, 'UNBALANCED_QUOTE', 26],
      [31, 'UNBALANCED_QUOTE', 1],
    ],
  );
  assert.deepEqual(
    warnings.map(({ code, line }) => [code, line]),
    [['LONG_REJECTED_RECORD', 4]],
  );
  assert.match(warnings[0]?.message ?? '', /starts on line 4 holds 26 lines/);
  await expectCatalogue(server, modelOf(`${GOOD}Dee,d-1,x\nFay,f-1,y\n`));
});

test('options control how spaces before quotes and unquoted text are imported', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const spaced = '"name", "sku", "description"\n"Ann", "a-1", "x, y"\n';
  const failed = await importAndWait(server.url, spaced);
  assert.match(failed.error?.message ?? '', /option `skipInitialSpace`/);
  const done = await importAndWait(server.url, spaced, { skipInitialSpace: true });
  assert.deepEqual([done.status, done.rows.inserted], ['COMPLETED', 1]);
  const plain = 'name\tsku\tdescription\nPipe\tp-1\t5" pipe\n';
  const told = await importAndWait(server.url, plain);
  const [issue] = await importIssues(server.url, told.id);
  assert.match(issue?.message ?? '', /option `quoting: NONE`/);
  const read = await importAndWait(server.url, plain, { quoting: 'NONE' });
  assert.deepEqual([read.status, read.rows.inserted], ['COMPLETED', 1]);
  await expectCatalogue(server, modelOf('name,sku,description\nAnn,a-1,"x, y"\nPipe,p-1,"5"" pipe"\n'));
});

interface LinesRejected {
  issues: { line: number; code: string; record: string; lineCount: number }[];
  warnings: { code: string; message: string; line: number }[];
}

async function linesRejected(url: string, id: string): Promise<LinesRejected> {
  const document = `query ($id: ID!) { import(id: $id) {
    warnings { code message line } issues(first: 100) { nodes { line code record lineCount } } } }`;
  type Found = {
    import: { warnings: LinesRejected['warnings']; issues: { nodes: LinesRejected['issues'] } };
  };
  const found = expectNoErrors(await query<Found>(url, document, { id }));
  return { warnings: found.import.warnings, issues: found.import.issues.nodes };
}

test('a 200 MB field is rejected in bounded memory, and the rest is imported', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  await seed(server); // Memory still grows while the server warms up.
  const block = Buffer.alloc(MIB, 'line of text\n');
  let grown = 0;
  const before = process.memoryUsage().rss;
  function* file() {
    yield Buffer.from(`${GOOD}Cy,c-1,"`);
    for (let sent = 0; sent < 200; sent++) {
      grown = Math.max(grown, process.memoryUsage().rss - before);
      yield block;
    }
    yield Buffer.from('"\nDee,d-1,good\n');
  }
  const done = await importAndWait(server.url, Readable.from(file()));
  assert.deepEqual(done.rows, { read: 4, inserted: 3, updated: 0, unchanged: 0, superseded: 0, rejected: 1 });
  const [issue] = await importIssues(server.url, done.id);
  assert.deepEqual([issue?.line, issue?.code], [4, 'RECORD_TOO_LARGE']);
  assert.match(issue?.message ?? '', /longer than 4194304 bytes. Shorten it, or raise MAX_RECORD_BYTES/);
  assert.match(issue?.record ?? '', /^Cy,c-1,"line of text\n/);
  // Other tests of the process use some as well.
  assert.ok(grown < 128 * MIB, `memory grew by ${Math.round(grown / MIB)} MiB`);
  await expectCatalogue(server, modelOf(`${GOOD}Dee,d-1,good\nSeed,seed-1,was here before\n`));
  await expectNothingLeft(server);
});

test('a file with 300 columns is imported, and the ignored columns are listed', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const more = Array.from({ length: 297 }, (_, i) => `extra ${i}`);
  const file = [
    ['name', ...more, 'sku', 'description'],
    ['Ann', ...more.map(() => '"x, y"'), 'a-1', 'good'],
  ];
  const done = await importAndWait(server.url, file.map((row) => `${row.join(',')}\n`).join(''));
  assert.deepEqual([done.status, done.rows.inserted], ['COMPLETED', 1]);
  const { import: seen } = expectNoErrors(
    await query<{ import: object }>(server.url, 'query ($id: ID!) { import(id: $id) { ignoredColumns } }', {
      id: done.id,
    }),
  );
  assert.deepEqual(seen, { ignoredColumns: more });
  await expectCatalogue(server, modelOf('name,sku,description\nAnn,a-1,good\n'));
});

test('an import with too many bad rows keeps the issues found so far', async (t) => {
  const server = await startTestServer(t, { ...ONE_LANE, maxRejectedRows: 50 });
  const seeded = await seed(server);
  const done = await importAndWait(server.url, `${GOOD}${'Cy\n'.repeat(60)}`);
  expectFailed(
    done,
    'TOO_MANY_REJECTED_ROWS',
    /More than 50 rows were rejected; nothing was imported. See the issues/,
  );
  assert.equal((await importIssues(server.url, done.id)).length, done.rows.rejected);
  assert.ok(done.issuesUrl, 'they can be downloaded');
  await expectUnharmed(server, seeded);
});

test('an import of millions of lines with misplaced quotes fails as one of a few does', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const seeded = await seed(server);
  // With all that is known of them at once, a lane would run out of memory.
  const done = await importAndWait(server.url, `name,sku,description\n${'a"b,c,d\n'.repeat(2_600_000)}`);
  expectFailed(done, 'TOO_MANY_REJECTED_ROWS', /More than 100000 rows were rejected; nothing was imported/);
  await expectUnharmed(server, seeded);
});

type BadRequest = [
  what: string,
  ask: (url: string) => Promise<Answer<unknown>>,
  code: string,
  advice: RegExp,
];

const MUTATION =
  'mutation ($file: Upload!, $options: ImportOptions) { importProducts(file: $file, options: $options) { id } }';
const FILE_PLACE = { 0: ['variables.file'] };

const BAD_REQUESTS: BadRequest[] = [
  ['null instead of a file', (url) => query(url, MUTATION, { file: null }), 'BAD_USER_INPUT', /\$file/],
  ['text instead of a file', (url) => query(url, MUTATION, { file: GOOD }), 'BAD_USER_INPUT', /Upload/],
  [
    'a multipart request without a file',
    (url) => postForm(url, FILE_PLACE),
    'BAD_MULTIPART',
    /lacks the file. Send "operations", "map", then the file/,
  ],
  ['two files', (url) => postForm(url, FILE_PLACE, GOOD, GOOD), 'BAD_MULTIPART', /one file per request/],
  [
    'two files in the map',
    (url) => postForm(url, { ...FILE_PLACE, 1: ['variables.other'] }, GOOD, GOOD),
    'BAD_MULTIPART',
    /one file per request/,
  ],
  [
    'a map that is not an object',
    (url) => postForm(url, 'variables.file', GOOD),
    'BAD_MULTIPART',
    /"map" must be a JSON object such as/,
  ],
  [
    'a map whose path does not exist',
    (url) => postForm(url, { 0: ['variables.fiel'] }, GOOD),
    'BAD_MULTIPART',
    /must lead to a variable whose value in "operations" is null/,
  ],
  [
    'an id that is not a UUID',
    (url) => upload(url, 'a.csv', GOOD, { id: 'import-1' }),
    'BAD_USER_INPUT',
    /`id` is not a UUID; one looks like/,
  ],
  [
    'an unknown encoding',
    (url) => upload(url, 'a.csv', GOOD, { encoding: 'klingon' }),
    'BAD_USER_INPUT',
    /`encoding` is not a known encoding. Use a name such as/,
  ],
  [
    'a delimiter of two characters',
    (url) => upload(url, 'a.csv', GOOD, { delimiter: '::' }),
    'BAD_USER_INPUT',
    /`delimiter` must be one ASCII character/,
  ],
  [
    'a quote as the delimiter',
    (url) => upload(url, 'a.csv', GOOD, { delimiter: '"' }),
    'BAD_USER_INPUT',
    /`delimiter` must be/,
  ],
  [
    'a negative maxRejectedRows',
    (url) => upload(url, 'a.csv', GOOD, { maxRejectedRows: -1 }),
    'BAD_USER_INPUT',
    /`maxRejectedRows` must be 0 or more/,
  ],
  [
    'a file whose declared size is too large',
    (url) => upload(url, 'a.csv', Buffer.alloc(6 * MIB, GOOD)),
    'FILE_TOO_LARGE',
    /larger than this server takes, 1000 bytes. Split or compress it/,
  ],
];

test('an invalid request is rejected with a code and advice, and leaves no import running', async (t) => {
  const server = await startTestServer(t, { ...ONE_LANE, maxUploadBytes: 1_000 });
  const seeded = await seed(server);
  for (const [what, ask, code, advice] of BAD_REQUESTS) {
    await t.test(what, async () => {
      expectRefused(await ask(server.url), code, advice);
      assert.deepEqual(
        (await allImports(server)).filter((status) => !['COMPLETED', 'FAILED'].includes(status)),
        [],
      );
      await expectUnharmed(server, seeded);
    });
  }
});

for (const [form, content] of [
  ['with a declared size', Buffer.alloc(2_000, GOOD)],
  ['sent in chunks', () => Readable.from([Buffer.alloc(2_000, GOOD)])],
] as const) {
  test(`an oversized file ${form} is cut off and its import fails`, async (t) => {
    const server = await startTestServer(t, { ...ONE_LANE, maxUploadBytes: 1_000 });
    const seeded = await seed(server);
    const id = randomUUID();
    const file = typeof content === 'function' ? content() : content;
    expectRefused(
      await upload(server.url, 'large.csv', file, { id }),
      'FILE_TOO_LARGE',
      /1000 bytes. Split or compress it/,
    );
    expectFailed(await importEnds(server.url, id), 'FILE_TOO_LARGE', /1000 bytes. Split or compress it/);
    await expectUnharmed(server, seeded);
  });
}

test('an import fails when its client disconnects halfway, even if rows were already read', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const seeded = await seed(server);
  const id = randomUUID();
  const gone = new AbortController();
  const file = new PassThrough();
  const answer = upload(server.url, 'half.csv', file, { id }, gone.signal);
  file.write(SAMPLE);
  await importReaches(server.url, id, 'bytes arrive', ({ bytesReceived }) => bytesReceived > 0);
  gone.abort();
  await assert.rejects(answer);
  expectFailed(await importEnds(server.url, id), 'UPLOAD_INTERRUPTED', /Upload it again|Send the file again/);
  await expectUnharmed(server, seeded);
});

test('a stalled upload is cut off and its import fails', async (t) => {
  const server = await startTestServer(t, { ...ONE_LANE, uploadIdleSeconds: 0.3 });
  const seeded = await seed(server);
  const id = randomUUID();
  const file = new PassThrough();
  const answer = upload(server.url, 'still.csv', file, { id });
  file.write(SAMPLE);
  expectRefused(await answer, 'UPLOAD_INTERRUPTED', /stood still.*Upload the file again/);
  expectFailed(await importEnds(server.url, id), 'UPLOAD_INTERRUPTED', /stood still/);
  await expectUnharmed(server, seeded);
});

test('a file that does not fit on the disk is rejected before all of it is sent', async (t) => {
  const server = await startTestServer(t, { ...ONE_LANE, maxUploadBytes: Number.MAX_SAFE_INTEGER });
  const seeded = await seed(server);
  const id = randomUUID();
  const stream = new PassThrough();
  stream.write(SAMPLE);
  const advice =
    /has too little space for the upload: it needs 1073741825 MiB for this file and 256 MiB to be left free .*DATA_DIR/;
  expectRefused(
    await upload(server.url, 'huge.csv', { stream, size: 2 ** 50 }, { id }),
    'SPOOL_FULL',
    advice,
  );
  stream.destroy();
  const failed = await importEnds(server.url, id);
  expectFailed(failed, 'SPOOL_FULL', advice);
  assert.equal(failed.bytesReceived, 0);
  await expectUnharmed(server, seeded);
  assert.equal((await importAndWait(server.url, GOOD)).status, 'COMPLETED');
});

test('a chunked upload that fills the disk fails, and the next is imported once space is freed', {
  skip: NO_SMALL_DISK,
}, async (t) => {
  const disk = await mountSmallDisk(t, 8);
  if (!disk) return;
  const server = await startTestServer(t, { ...ONE_LANE, dataDir: disk, spoolReserveBytes: 0 });
  const seeded = await seed(server);
  const id = randomUUID();
  const file = Readable.from(Array.from({ length: 100 }, () => SAMPLE));
  const advice = /cannot store the upload: its disk is full. Free some space.*DATA_DIR/;
  expectRefused(await upload(server.url, 'large.csv', file, { id }), 'SPOOL_FULL', advice);
  expectFailed(await importEnds(server.url, id), 'SPOOL_FULL', advice);
  await expectUnharmed(server, seeded);
  assert.equal((await importAndWait(server.url, GOOD)).status, 'COMPLETED');
});

for (const [where, refused] of [
  ['at the end of the file', 199_999],
  ['while the file is still being read', 0],
] as const) {
  test(`a row rejected by COPY ${where} fails the import with the database error`, {
    // Event triggers stay on the coordinator.
    skip: needsOneNode(),
  }, async (t) => {
    const server = await startTestServer(t, ONE_LANE);
    const seeded = await seed(server);
    await constrainStaging(server, `CHECK (sku <> 'a-${refused}')`);
    const description = 'x'.repeat(100);
    const rows = Array.from({ length: 200_000 }, (_, i) => `Ann,a-${i},${description}\n`).join('');
    const done = await importAndWait(server.url, `name,sku,description\n${rows}`);
    expectFailed(
      done,
      'DATABASE_REJECTED_ROWS',
      /Postgres rejected rows.*23514.*Correct them and send the file again/,
    );
    await expectUnharmed(server, seeded);
  });
}

test('a row rejected by the products table rolls back its whole partition', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const seeded = await seed(server);
  await server.database.sql`ALTER TABLE products ADD CONSTRAINT no_cy CHECK (name <> 'Cy')`;
  const done = await importAndWait(server.url, `${GOOD}Cy,c-1,x\nAnn,seed-1,changed\n`);
  expectFailed(done, 'DATABASE_REJECTED_ROWS', /Postgres rejected rows.*23514.*no_cy.*Nothing was imported/);
  await expectUnharmed(server, seeded);
});

test('an import reports what it merged before a partition was rejected, and sending the file again completes it', {
  // The function would look for partitions on the node of the row.
  skip: needsOneNode(),
}, async (t) => {
  // The file makes two partitions.
  const server = await startTestServer(t);
  const { sql } = server.database;
  // Rejects a row once another partition has been merged.
  await sql`
    CREATE FUNCTION refused_late(sku text) RETURNS boolean LANGUAGE plpgsql AS $$
    BEGIN
      WHILE sku = 'refused' AND NOT EXISTS (SELECT FROM import_partitions WHERE merged_at IS NOT NULL) LOOP
        PERFORM pg_sleep(0.02);
      END LOOP;
      RETURN sku <> 'refused';
    END $$`;
  await sql`ALTER TABLE products ADD CONSTRAINT not_refused CHECK (refused_late(sku))`;
  const description = 'x'.repeat(200);
  const rows = Array.from({ length: 45_000 }, (_, i) => `Ann,a-${i},${description}\n`).join('');
  const file = `name,sku,description\n${rows}Cy,refused,x\n`;

  const failed = await importAndWait(server.url, file);
  const { inserted } = failed.rows;
  expectFailed(
    failed,
    'DATABASE_REJECTED_ROWS',
    new RegExp(`not_refused.*send the file again\\. ${inserted} products of the file are in the catalogue`),
  );
  assert.doesNotMatch(failed.error?.message ?? '', /nothing/i);
  const [stored] = await sql`SELECT count(*) AS products FROM products`;
  assert.ok(inserted > 0);
  assert.equal(stored?.['products'], inserted);
  await expectExactCounts(server);
  await expectNothingLeft(server);

  await sql`ALTER TABLE products DROP CONSTRAINT not_refused`;
  const done = await importAndWait(server.url, file);
  assert.equal(done.status, 'COMPLETED');
  assert.deepEqual([done.rows.unchanged, done.rows.inserted], [inserted, 45_001 - inserted]);
});

async function seed(server: TestServer): Promise<CatalogueModel> {
  assert.equal((await importAndWait(server.url, SEED)).status, 'COMPLETED');
  return modelOf(SEED);
}

function modelOf(file: string): CatalogueModel {
  const model = new CatalogueModel();
  model.import(file);
  return model;
}

function expectFailed(state: ImportState, code: string, advice: RegExp): void {
  assert.deepEqual([state.status, state.error?.code], ['FAILED', code], JSON.stringify(state.error));
  assert.match(state.error?.message ?? '', advice);
  assert.ok(state.finishedAt);
}

function expectRefused({ data, errors }: Answer<unknown>, code: string, advice: RegExp): void {
  assert.equal(errors?.[0]?.extensions?.code, code, JSON.stringify({ data, errors }));
  assert.match(errors[0].message, advice);
}

/** Expects an unchanged catalogue, a responsive server, and nothing left of the failed import. */
async function expectUnharmed(server: TestServer, seeded: CatalogueModel): Promise<void> {
  const answer = await query(server.url, '{ product(sku: "seed-1") { name } }');
  assert.deepEqual(expectNoErrors(answer), { product: { name: 'Seed' } });
  await expectCatalogue(server, seeded);
  await expectExactCounts(server);
  await expectNothingLeft(server);
}

/** @returns the status of each import */
async function allImports({ url }: TestServer): Promise<string[]> {
  const answer = await query<{ imports: { edges: { node: { status: string } }[] } }>(
    url,
    '{ imports(first: 100) { edges { node { status } } } }',
  );
  return expectNoErrors(answer).imports.edges.map(({ node }) => node.status);
}

/** Sends a multipart request whose map may not match its files. */
async function postForm(url: string, map: unknown, ...files: string[]): Promise<Answer<unknown>> {
  const form = new FormData();
  form.append('operations', JSON.stringify({ query: MUTATION, variables: { file: null } }));
  form.append('map', JSON.stringify(map));
  for (const [index, file] of files.entries()) form.append(String(index), new Blob([file]), `${index}.csv`);
  const response = await fetch(`${url}/graphql`, { method: 'POST', body: form });
  const { data, errors } = (await response.json()) as Pick<Answer<unknown>, 'data' | 'errors'>;
  return { status: response.status, data, errors, question: { document: MUTATION, variables: { map } } };
}

/** Adds a constraint to every new staging table, as the owner of a database might. */
async function constrainStaging({ database }: TestServer, constraint: string): Promise<void> {
  await database.sql.unsafe(`
    CREATE FUNCTION constrain_staging() RETURNS event_trigger LANGUAGE plpgsql AS $body$
    DECLARE made record;
    BEGIN
      FOR made IN SELECT object_identity FROM pg_event_trigger_ddl_commands()
        WHERE object_type = 'table' AND schema_name = 'loadstone_staging'
      LOOP
        EXECUTE 'ALTER TABLE ' || made.object_identity || ' ADD ${constraint.replaceAll("'", "''")}';
      END LOOP;
    END $body$;
    CREATE EVENT TRIGGER constrain_staging ON ddl_command_end WHEN TAG IN ('CREATE TABLE')
      EXECUTE FUNCTION constrain_staging()`);
}

/** Changes one byte; a negative offset counts from the end. */
function withByte(bytes: Buffer, place: number): Buffer {
  const changed = Buffer.from(bytes);
  const at = place < 0 ? changed.length + place : place;
  changed[at] = ~(changed[at] ?? 0) & 0xff;
  return changed;
}
