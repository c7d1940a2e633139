// How the content of a data source is decoded: by its settings, else by its HTTP headers, else by detection.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import iconv from 'iconv-lite';
import { zipOf } from '../../support/files/zip.ts';
import {
  addSource,
  type SourceInput,
  sourceImported,
  sourceReaches,
  sourceState,
  startSourcesServer,
  updateSource,
} from '../../support/sources/data-sources.ts';
import { startFileHost } from '../../support/sources/file-host.ts';

interface Case {
  what: string;
  /** The Content-Type header. */
  type?: string;
  coding?: string;
  body: Buffer;
  input?: Partial<SourceInput>;
  /** The encoding that the import reports. */
  encoding?: string;
  warning?: string;
}

const NAME = 'Größe €';
/** A file with one product, whose SKU identifies the case. */
const fileOf = (sku: string, delimiter = ',') =>
  `sku${delimiter}name${delimiter}description\n${sku}${delimiter}${NAME}${delimiter}ok\n`;
const BOM = Buffer.from('\ufeff');

const CASES: Case[] = [
  {
    what: 'charset',
    type: 'text/csv; charset=windows-1252',
    body: iconv.encode(fileOf('charset'), 'windows-1252'),
    encoding: 'windows-1252',
    warning: 'ENCODING_BY_CHARSET',
  },
  {
    what: 'quoted',
    type: 'text/csv;header=present; Charset = "UTF-16LE"; charset=utf-8',
    body: iconv.encode(fileOf('quoted'), 'utf-16le'),
    encoding: 'UTF-16LE',
    warning: 'ENCODING_BY_CHARSET',
  },
  {
    what: 'bom',
    type: 'text/csv; charset=windows-1251',
    body: Buffer.concat([BOM, Buffer.from(fileOf('bom'))]),
    encoding: 'windows-1251',
    warning: 'ENCODING_BY_CHARSET',
  },
  {
    what: 'own',
    type: 'text/csv; charset=utf-8',
    body: iconv.encode(fileOf('own'), 'windows-1252'),
    input: { encoding: 'windows-1252' },
    encoding: 'windows-1252',
  },
  { what: 'utf-8', type: 'text/csv; charset=UTF-8', body: Buffer.from(fileOf('utf-8')) },
  { what: 'ascii', type: "text/csv; charset='us-ascii'", body: Buffer.from(fileOf('ascii')) },
  {
    what: 'unknown',
    type: 'text/csv; charset=klingon',
    body: Buffer.from(fileOf('unknown')),
    warning: 'CHARSET_UNKNOWN',
  },
  {
    what: 'gzipped',
    type: 'application/gzip; charset=iso-8859-15',
    body: gzipSync(iconv.encode(fileOf('gzipped'), 'iso-8859-15')),
    encoding: 'iso-8859-15',
    warning: 'ENCODING_BY_CHARSET',
  },
  { what: 'hat', body: Buffer.from(fileOf('hat', '^')), input: { delimiter: '^' } },
  { what: 'said-gzip', coding: 'gzip', body: Buffer.from(fileOf('said-gzip')) },
  {
    what: 'readme',
    body: zipOf({ name: 'README.txt' }, { name: 'p.csv', content: Buffer.from(fileOf('readme')) }),
    warning: 'FILES_PASSED_OVER',
  },
];

test('a source is read by its settings, else by its headers, and guesses are reported as warnings', async (t) => {
  const server = await startSourcesServer(t);
  const host = await startFileHost(t);
  const added = await Promise.all(
    CASES.map(({ what, type, coding, body, input }) => {
      host.answer(`/${what}`, (_, response) => {
        if (type !== undefined) response.setHeader('content-type', type);
        if (coding !== undefined) response.setHeader('content-encoding', coding);
        response.end(body);
      });
      return addSource(server, { name: what, url: `${host.url}/${what}`, ...input });
    }),
  );
  for (const [index, { what, input = {}, encoding = null, warning }] of CASES.entries()) {
    const { id } = added[index] ?? assert.fail();
    const { lastImport, ...source } = await sourceImported(server, id);
    const [product] = await server.database.sql`SELECT name FROM products WHERE sku = ${what}`;
    assert.equal(product?.['name'], NAME, what);
    assert.equal(lastImport.encoding, encoding, what);
    assert.deepEqual(
      lastImport.warnings.map(({ code }) => code),
      warning ? [warning] : [],
      what,
    );
    assert.equal(source.encoding, input.encoding ?? null);
    assert.equal(source.delimiter, input.delimiter ?? null);
  }
});

test('a source has the settings that error messages advise, and following the advice imports the file', async (t) => {
  const server = await startSourcesServer(t);
  const host = await startFileHost(t);
  const cases: { body: Buffer; code: string; advice: RegExp; input: Partial<SourceInput> }[] = [
    {
      body: Buffer.from(fileOf('a-1', '^')),
      code: 'MISSING_COLUMN',
      advice: /The header lacks/,
      input: { delimiter: '^' },
    },
    {
      body: iconv.encode(fileOf('a-2'), 'utf-16le'),
      code: 'NOT_A_CSV',
      advice: /option encoding to utf-16le/,
      input: { encoding: 'utf-16le' },
    },
    {
      body: Buffer.from(`${fileOf('a-3')}too short\n`),
      code: 'TOO_MANY_REJECTED_ROWS',
      advice: /raise the option maxRejectedRows/,
      input: { maxRejectedRows: 1 },
    },
  ];
  for (const [index, { body, code, advice, input }] of cases.entries()) {
    host.serve(`/${index}`, body);
    const { id } = await addSource(server, {
      name: String(index),
      url: `${host.url}/${index}`,
      maxRejectedRows: 0,
    });
    const { error } = await sourceReaches(server, id, 'fails', ({ state }) => state === 'FAILING');
    assert.equal(error?.code, code);
    assert.match(error.message, advice);
    assert.doesNotMatch(error.message, /upload/i);
    await updateSource(server, id, input);
    const { lastImport } = await sourceImported(server, id);
    assert.equal(lastImport.rows.inserted, 1);
  }
});

test('changing how a source is read fetches and imports its content again', async (t) => {
  const server = await startSourcesServer(t);
  const host = await startFileHost(t);
  // In the encoding that the server declares, every byte is valid, but the text is wrong.
  const body = Buffer.from(`sku;name;description\na-1;${NAME};"ok"\n`);
  host.answer('/a', (request, response) => {
    response.setHeader('etag', '"1"');
    response.setHeader('content-type', 'text/csv; charset=iso-8859-1');
    if (request.headers['if-none-match'] === '"1"') response.writeHead(304).end();
    else response.end(body);
  });
  const { id } = await addSource(server, { url: `${host.url}/a` });
  let { lastImport } = await sourceImported(server, id);
  const product = async () => {
    const [found] = await server.database.sql`SELECT name, description FROM products WHERE sku = 'a-1'`;
    return [found?.['name'], found?.['description']];
  };
  assert.notEqual((await product())[0], NAME);
  const changes: Partial<SourceInput>[] = [
    { encoding: 'utf-8' },
    { delimiter: ';' },
    { quoting: 'NONE' },
    { skipInitialSpace: true },
    { encoding: null, quoting: null, delimiter: null, skipInitialSpace: null },
    { encoding: 'utf-8' },
  ];
  for (const change of changes) {
    await updateSource(server, id, change);
    ({ lastImport } = await sourceImported(server, id, lastImport));
  }
  assert.deepEqual(await product(), [NAME, 'ok']);
  const state = (await sourceState(server, id)) ?? assert.fail();
  assert.deepEqual(
    [state.encoding, state.delimiter, state.quoting, state.skipInitialSpace],
    ['utf-8', null, 'STANDARD', false],
  );
  // Setting the same values again changes nothing.
  await updateSource(server, id, { encoding: 'utf-8', quoting: 'STANDARD', name: 'renamed' });
  const checked = await sourceReaches(
    server,
    id,
    'was checked',
    ({ lastCheckAt, state: now }) => now === 'IDLE' && lastCheckAt !== state.lastCheckAt,
  );
  assert.equal(checked.lastImport?.id, lastImport.id);
});
