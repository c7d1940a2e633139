// Rows that did not reach the catalogue are listed, downloaded, repaired and imported again.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { parse } from 'csv-parse/sync';
import { stringify } from 'csv-stringify/sync';
import type { ImportState } from '../../../src/cli/client/loadstone-client.ts';
import { verifyCatalogue } from '../../../src/db/catalogue/verification/verify-catalogue.ts';
import { expectCatalogue, expectNothingLeft } from '../../support/imports/catalogue.ts';
import { CatalogueModel } from '../../support/imports/catalogue-model.ts';
import { importIssues, issuePage } from '../../support/imports/issues.ts';
import { importAndWait } from '../../support/server/graphql-client.ts';
import { ONE_LANE, startTestServer, type TestServer } from '../../support/server/server.ts';

/** A row of the file, the issue that keeps it out of the catalogue, and the cells that a person would correct. */
interface FileRow {
  record: string | Buffer;
  code?: string;
  column?: string;
  repair?: Partial<Record<Column, string>>;
}

type Column = 'price' | 'Description' | 'SKU' | 'Name';

const LIMITS = { maxRecordBytes: 2_048, maxDescriptionLength: 1_000 };

// Unusual column order and case, an extra column, and another delimiter.
const HEADER = 'price;Description;SKU;Name';
const DISTINCT: FileRow[] = [
  { record: '1;good;a-1;Ann' },
  { record: '2;first;twice;Bob', code: 'SUPERSEDED' },
  { record: '3;"two\nlines; quoted";;Cy', code: 'BLANK_SKU', column: 'SKU', repair: { SKU: 'c-1' } },
  { record: '4;no name;d-1; ', code: 'BLANK_NAME', column: 'Name', repair: { Name: 'Dee' } },
  { record: `5;long;${'s'.repeat(300)};Eve`, code: 'SKU_TOO_LONG', column: 'SKU', repair: { SKU: 'e-1' } },
  { record: `6;long;f-1;${'n'.repeat(600)}`, code: 'NAME_TOO_LONG', column: 'Name', repair: { Name: 'Fay' } },
  {
    record: `7;${'d'.repeat(1_001)};g-1;Gus`,
    code: 'DESCRIPTION_TOO_LONG',
    column: 'Description',
    repair: { Description: 'short' },
  },
  // In the download, the columns of the following rows are empty.
  {
    record: '8;too few;h-1',
    code: 'WRONG_FIELD_COUNT',
    repair: { Description: 'too few', SKU: 'h-1', Name: 'Hal' },
  },
  {
    record: '9;too many;i-1;Ida;more',
    code: 'WRONG_FIELD_COUNT',
    repair: { Description: 'too many', SKU: 'i-1', Name: 'Ida' },
  },
  {
    record: '10;a "quote" inside;j-1;Jo',
    code: 'UNBALANCED_QUOTE',
    repair: { Description: 'a "quote" inside', SKU: 'j-1', Name: 'Jo' },
  },
  {
    record: '11;a\0b;k-1;Kim',
    code: 'NUL_CHARACTER',
    repair: { Description: 'ab', SKU: 'k-1', Name: 'Kim' },
  },
  {
    record: Buffer.from('12;caf\xe9;l-1;Lea', 'latin1'),
    code: 'INVALID_UTF8',
    repair: { Description: 'café', SKU: 'l-1', Name: 'Lea' },
  },
  {
    record: `13;${'x'.repeat(3_000)};m-1;Max`,
    code: 'RECORD_TOO_LARGE',
    repair: { Description: 'less', SKU: 'm-1', Name: 'Max' },
  },
  { record: '14;second;twice;Bob', code: 'SUPERSEDED' },
  { record: '15;third;twice;Bob' },
];
/** Enough consecutive good rows for the recovery from a bad record to be certain. */
const BETWEEN = 4;
const ROWS = DISTINCT.flatMap((row, index) => [
  ...Array.from({ length: index < DISTINCT.length - 1 ? BETWEEN : 0 }, (_, at) => ({
    record: `0;fine;z-${index}-${at};Zoe`,
  })),
  row,
]) as FileRow[];
const GOOD = ROWS.filter(({ code }) => !code);
const FILE = Buffer.concat(
  [HEADER, ...ROWS.map(({ record }) => record)].flatMap((line) => [Buffer.from(line), Buffer.from('\n')]),
);
const REJECTED = ROWS.filter(({ repair }) => repair);
const REPAIRED = `name,sku,description
${GOOD.map(({ record }) => String(record).split(';'))
  .map(([, description, sku, name]) => [name, sku, description].join(','))
  .join('\n')}
Cy,c-1,"two
lines; quoted"
Dee,d-1,no name
Eve,e-1,long
Fay,f-1,long
Gus,g-1,short
Hal,h-1,too few
Ida,i-1,too many
Jo,j-1,"a ""quote"" inside"
Kim,k-1,ab
Lea,l-1,café
Max,m-1,less
`;

test('every row that did not reach the catalogue is reported with line, kind, code, column, message and record', async (t) => {
  const { server, done } = await importRows(t);
  const issues = await importIssues(server.url, done.id);
  const bad = ROWS.map((row, index) => ({ ...row, line: lineOf(index) })).filter(({ code }) => code);
  assert.deepEqual(
    issues.map(({ line, kind, code, column }) => ({ line, kind, code, column })),
    bad.map(({ line, code, column = null }) => ({
      line,
      kind: code === 'SUPERSEDED' ? code : 'REJECTED',
      code,
      column,
    })),
  );
  for (const [index, issue] of issues.entries()) {
    assert.ok(issue.message.length > 20, issue.message);
    // Bytes that are not valid text are shown as U+FFFD.
    const record = Buffer.from(bad[index]?.record ?? '')
      .toString()
      .replaceAll('\0', '\ufffd');
    if (issue.code === 'RECORD_TOO_LARGE') assert.ok(issue.record.startsWith(record.slice(0, 2_048)));
    else assert.equal(issue.record, record);
    assert.equal(issue.winningLine, issue.kind === 'SUPERSEDED' ? lineOf(ROWS.length - 1) : null);
  }
  await expectNothingLeft(server);
});

test('issues are paginated, optionally filtered by kind', async (t) => {
  const { server, done } = await importRows(t);
  const all = await importIssues(server.url, done.id);
  for (const first of [1, 4, all.length, all.length + 1]) {
    assert.deepEqual(await importIssues(server.url, done.id, { first }), all);
  }
  for (const kind of ['REJECTED', 'SUPERSEDED'] as const) {
    const wanted = all.filter((issue) => issue.kind === kind);
    assert.deepEqual(await importIssues(server.url, done.id, { first: 3, kind }), wanted);
  }
  const beginning = await issuePage(server.url, done.id, { first: 2 });
  assert.deepEqual([beginning.pageInfo.hasPreviousPage, beginning.pageInfo.hasNextPage], [false, true]);
  const rest = await issuePage(server.url, done.id, { first: 500, after: beginning.pageInfo.endCursor });
  assert.deepEqual([rest.pageInfo.hasPreviousPage, rest.pageInfo.hasNextPage], [true, false]);
  assert.equal(beginning.edges.length + rest.edges.length, all.length);
});

test('the download has the columns of the file, followed by line, code, message and record', async (t) => {
  const { done } = await importRows(t);
  const response = await fetch(done.issuesUrl ?? assert.fail('there is no address'));
  assert.match(response.headers.get('content-type') ?? '', /text\/csv/);
  assert.match(response.headers.get('content-disposition') ?? '', /filename="spring-issues.csv"/);
  const [header, ...rows] = parse(await response.text(), { delimiter: ';' }) as string[][];
  assert.deepEqual(header, ['price', 'Description', 'SKU', 'Name', 'line', 'code', 'message', 'record']);
  const bad = ROWS.map(({ code }, index) => [String(lineOf(index)), code]);
  assert.deepEqual(
    rows.map((row) => row.slice(4, 6)),
    bad.filter(([, code]) => code && code !== 'SUPERSEDED'),
  );
  assert.deepEqual(rows[0]?.slice(0, 4), ['3', 'two\nlines; quoted', '', 'Cy']);
  assert.equal(rows[0]?.at(-1), '');
  const tooFew = rows.find((row) => row.includes('WRONG_FIELD_COUNT'));
  assert.deepEqual(tooFew?.slice(0, 4), ['', '', '', '']);
  assert.equal(tooFew?.at(-1), '8;too few;h-1');

  const both = await fetch(`${done.issuesUrl}?kind=ALL`);
  const [, first, ...others] = parse(await both.text(), { delimiter: ';' }) as string[][];
  assert.deepEqual(first?.slice(0, 4), ['2', 'first', 'twice', 'Bob']);
  assert.equal(first?.[5], 'SUPERSEDED');
  assert.equal(others.length, rows.length + 1);
});

test('a superseded row that is sent back is skipped and reported', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const first = await importAndWait(server.url, 'name,sku,description\nOld,a-1,old\nNew,a-1,new\n,b-1,x\n');
  const text = await (await fetch(`${first.issuesUrl}?kind=ALL`)).text();
  const repaired = text.replace(/^,b-1/m, 'Bob,b-1');
  const second = await importAndWait(server.url, repaired);
  assert.deepEqual([second.rows.inserted, second.rows.superseded, second.rows.rejected], [1, 1, 0]);
  await expectCatalogue(server, modelOf('name,sku,description\nNew,a-1,new\nBob,b-1,x\n'));
  const [issue, ...others] = await importIssues(server.url, second.id);
  assert.deepEqual([issue?.kind, issue?.winningLine, others], ['SUPERSEDED', null, []]);
  assert.match(issue?.message ?? '', /Empty its column code/);

  // Another row with the same SKU is imported, and so is this one once its code is cleared.
  const third = await importAndWait(server.url, `${repaired}Newest,a-1,mine,,,,\r\n`);
  assert.deepEqual([third.rows.updated, third.rows.unchanged, third.rows.superseded], [1, 1, 1]);
  await expectCatalogue(server, modelOf('name,sku,description\nNewest,a-1,mine\nBob,b-1,x\n'));
  const asTold = await importAndWait(server.url, text.replace('SUPERSEDED', ''));
  assert.deepEqual([asTold.rows.updated, asTold.rows.superseded, asTold.rows.rejected], [1, 0, 1]);
  await expectCatalogue(server, modelOf('name,sku,description\nOld,a-1,old\nBob,b-1,x\n'));
  const { equal } = await verifyCatalogue(server.database, () => {}, t.signal);
  assert.ok(equal);
});

test('rejected rows can be downloaded, repaired and imported', async (t) => {
  const { server, done } = await importRows(t);
  const { header, rows } = await downloadRejected(done, ';');
  assert.equal(rows.length, REJECTED.length);
  const repaired = rows.map((row, index) => ({ ...row, ...REJECTED[index]?.repair }));
  const again = await importAndWait(
    server.url,
    stringify(repaired, { header: true, columns: header, delimiter: ';' }),
  );
  assert.deepEqual(again.rows, {
    read: rows.length,
    inserted: rows.length,
    updated: 0,
    unchanged: 0,
    superseded: 0,
    rejected: 0,
  });
  await expectCatalogue(server, modelOf(REPAIRED));
});

test('rows that are still invalid after a repair can be downloaded and repaired again', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const first = await importAndWait(server.url, 'name,sku,description\nAnn,,x\nBob,,y\n');
  const once = await downloadRejected(first, ',');
  const half = once.rows.map((row) => (row['name'] === 'Ann' ? { ...row, sku: 'a-1' } : row));
  const second = await importAndWait(server.url, stringify(half, { header: true, columns: once.header }));
  assert.deepEqual([second.rows.inserted, second.rows.rejected], [1, 1]);
  const twice = await downloadRejected(second, ',');
  assert.deepEqual(twice.header, [
    'name',
    'sku',
    'description',
    'line',
    'code',
    'message',
    'record',
    'issue_line',
    'issue_code',
    'issue_message',
    'issue_record',
  ]);
  const whole = twice.rows.map((row) => ({ ...row, sku: 'b-1' }));
  const third = await importAndWait(server.url, stringify(whole, { header: true, columns: twice.header }));
  assert.deepEqual([third.rows.inserted, third.rows.rejected], [1, 0]);
  await expectCatalogue(server, modelOf('name,sku,description\nAnn,a-1,x\nBob,b-1,y\n'));
});

test('formula-like cells are escaped with an apostrophe, which is removed on import', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const file = "name,sku,description\n=1+1,,-x\nplain,,text\n'=a,,''=b\n";
  const done = await importAndWait(server.url, file);
  const { header, rows } = await downloadRejected(done, ',');
  assert.deepEqual(
    rows.map(({ name, description }) => [name, description]),
    [
      ["'=1+1", "'-x"],
      ['plain', 'text'],
      ["''=a", "'''=b"],
    ],
  );
  const skus = ['=s-1', 's-2', "'=s-3"];
  const repaired: Record<string, string | undefined>[] = rows.map((row, index) => ({
    ...row,
    sku: skus[index],
  }));
  // An extra row, added by hand.
  repaired.push({ name: "'@c", sku: "'-s", description: "'" });
  await importAndWait(server.url, stringify(repaired, { header: true, columns: header }));
  const wanted = "name,sku,description\n=1+1,=s-1,-x\nplain,s-2,text\n'=a,=s-3,''=b\n@c,-s,'\n";
  await expectCatalogue(server, modelOf(wanted));
});

test('a file with columns of the same names keeps its values unchanged', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const file = "name,sku,description,line,code,message,record\n'=a,a-1,'-b,1,K-7,m,r\n";
  await importAndWait(server.url, file);
  await expectCatalogue(server, modelOf("name,sku,description\n'=a,a-1,'-b\n"));
});

test('an import without issues has no download, and an empty list', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const done = await importAndWait(server.url, 'name,sku,description\nAnn,a-1,x\n');
  assert.equal(done.issuesUrl, null);
  assert.deepEqual(await importIssues(server.url, done.id), []);
});

async function importRows(t: TestContext): Promise<{ server: TestServer; done: ImportState }> {
  const server = await startTestServer(t, LIMITS);
  const done = await importAndWait(server.url, FILE, { fileName: 'spring.csv' });
  assert.equal(done.status, 'COMPLETED', JSON.stringify(done.error));
  const rejected = REJECTED.length;
  assert.deepEqual(done.rows, {
    read: ROWS.length,
    inserted: GOOD.length,
    updated: 0,
    unchanged: 0,
    superseded: 2,
    rejected,
  });
  return { server, done };
}

/** @returns the physical line of a row; the header is on line 1 */
function lineOf(index: number): number {
  const before = ROWS.slice(0, index).map(({ record }) => Buffer.from(record).toString().split('\n').length);
  return 2 + before.reduce((sum, lines) => sum + lines, 0);
}

async function downloadRejected(
  { issuesUrl }: ImportState,
  delimiter: string,
): Promise<{ header: string[]; rows: Record<string, string>[] }> {
  const response = await fetch(`${issuesUrl}?kind=REJECTED`);
  assert.equal(response.status, 200);
  const text = await response.text();
  const [header = []] = parse(text, { delimiter, to: 1 }) as string[][];
  return { header, rows: parse(text, { delimiter, columns: true }) as Record<string, string>[] };
}

function modelOf(file: string): CatalogueModel {
  const model = new CatalogueModel();
  model.import(file);
  return model;
}
