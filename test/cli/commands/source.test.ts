// The data source server as its clients see it, and the command that starts it.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import {
  appendFile,
  mkdir,
  readFile,
  rename,
  rm,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { type IncomingMessage, request as sendRequest } from 'node:http';
import net from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import { startSourceServer } from '../../../src/source-server/start.ts';
import { releaseAfter } from '../../support/release.ts';
import { createTemporaryFolder } from '../../support/temporary-folder.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { runCommand, startCommand } from '../support.ts';

const CSV = `name,sku,description\r\n${'Ann,a-1,"one\nmore"\r\n'.repeat(500)}`;
/** Larger than the buffers of a connection. */
const LARGE = `name,sku,description\r\n${`Ann,a-1,${'x'.repeat(980)}\r\n`.repeat(20_000)}`;

interface Answer {
  status: number;
  headers: IncomingMessage['headers'];
  body: Buffer;
}

test('a file is served with validators that change with its content', async (t) => {
  const { file, get } = await start(t, { 'a.csv': CSV });
  const first = await get('/files/a.csv');
  assert.equal(first.status, 200);
  assert.equal(String(first.body), CSV);
  assert.match(first.headers.etag ?? '', /^"[\w-]{32}"$/);
  assert.equal(first.headers['content-length'], String(CSV.length));
  assert.equal(first.headers['accept-ranges'], 'bytes');
  assert.equal(first.headers['content-type'], 'text/csv');
  assert.ok(Date.parse(first.headers['last-modified'] ?? '') <= Date.now());

  const head = await get('/files/a.csv', {}, 'HEAD');
  assert.equal(head.body.length, 0);
  const { date: _, ...headHeaders } = head.headers;
  const { date: __, ...headers } = first.headers;
  assert.deepEqual(headHeaders, headers);

  await utimes(file('a.csv'), new Date(), new Date(Date.now() - 3_600_000));
  const touched = await get('/files/a.csv');
  assert.equal(touched.headers.etag, first.headers.etag, 'the same content has the same tag');
  assert.notEqual(touched.headers['last-modified'], first.headers['last-modified']);
  await writeFile(file('a.csv'), CSV.replace('Ann', 'Bob'));
  assert.notEqual((await get('/files/a.csv')).headers.etag, first.headers.etag);
  await writeFile(file('a.csv'), CSV);
  assert.equal((await get('/files/a.csv')).headers.etag, first.headers.etag);
});

test('writes in quick succession get different entity tags', async (t) => {
  const { file, get } = await start(t, { 'a.csv': '0' });
  for (let round = 1; round < 10; round++) {
    await writeFile(file('a.csv'), String(round));
    const { headers, body } = await get('/files/a.csv');
    assert.equal(String(body), String(round));
    await writeFile(file('a.csv'), 'x');
    const { headers: later } = await get('/files/a.csv');
    assert.notEqual(later.etag, headers.etag);
  }
});

test('a conditional request for an unchanged file is answered with 304', async (t) => {
  const { get } = await start(t, { 'a.csv': CSV });
  const { headers } = await get('/files/a.csv');
  const { etag = '', 'last-modified': lastModified = '' } = headers;
  const same: Record<string, string>[] = [
    { 'if-none-match': etag },
    { 'if-none-match': `"x", W/${etag}` },
    { 'if-none-match': '*' },
    { 'if-modified-since': lastModified },
    { 'if-none-match': etag, 'if-modified-since': 'Thu, 01 Jan 1970 00:00:00 GMT' },
  ];
  for (const condition of same) {
    const answer = await get('/files/a.csv', condition);
    assert.deepEqual([answer.status, answer.body.length], [304, 0], JSON.stringify(condition));
    assert.equal(answer.headers.etag, etag);
  }
  const other: Record<string, string>[] = [
    { 'if-none-match': '"x"' },
    { 'if-modified-since': 'Thu, 01 Jan 1970 00:00:00 GMT' },
    { 'if-none-match': '"x"', 'if-modified-since': lastModified },
  ];
  for (const condition of other)
    assert.equal((await get('/files/a.csv', condition)).status, 200, JSON.stringify(condition));
});

test('gzip is served on request as a separate representation, with its own tag and without ranges', async (t) => {
  const { get } = await start(t, { 'a.csv': CSV, 'small.csv': 'name,sku,description\n' });
  const plain = await get('/files/a.csv');
  const packed = await get('/files/a.csv', { 'accept-encoding': 'gzip, br;q=0.5' });
  assert.equal(packed.headers['content-encoding'], 'gzip');
  assert.equal(String(gunzipSync(packed.body)), CSV);
  assert.equal(packed.headers.vary, 'accept-encoding');
  assert.equal(packed.headers['accept-ranges'], 'none');
  assert.equal(packed.headers.etag, plain.headers.etag?.replace(/"$/, '-gzip"'));
  const again = { 'accept-encoding': 'gzip', 'if-none-match': packed.headers.etag ?? '' };
  assert.equal((await get('/files/a.csv', again)).status, 304);
  for (const accepted of ['gzip', 'identity']) {
    for (const tag of [plain.headers.etag ?? '', packed.headers.etag ?? '']) {
      const known = await get('/files/a.csv', { 'accept-encoding': accepted, 'if-none-match': tag });
      assert.deepEqual([known.status, known.headers.etag], [304, tag], 'one form is as good as the other');
    }
  }
  for (const accepted of ['identity', 'gzip;q=0', 'br', 'identity, gzip;q=0.5'])
    assert.equal(
      (await get('/files/a.csv', { 'accept-encoding': accepted })).headers['content-encoding'],
      undefined,
    );
  const small = await get('/files/small.csv', { 'accept-encoding': 'gzip' });
  assert.equal(small.headers['content-encoding'], undefined);
});

test('a range is served if it is valid and If-Range still matches', async (t) => {
  const { get } = await start(t, { 'a.csv': CSV, 'empty.csv': '' });
  const { etag = '', 'last-modified': lastModified = '' } = (await get('/files/a.csv')).headers;
  const size = CSV.length;
  const parts: [string, number, number][] = [
    ['bytes=0-9', 0, 9],
    [`bytes=${size - 1}-`, size - 1, size - 1],
    ['bytes=-7', size - 7, size - 1],
    [`bytes=5-${size * 2}`, 5, size - 1],
  ];
  for (const [range, from, to] of parts) {
    for (const more of [
      {},
      { 'if-range': etag },
      { 'if-range': lastModified },
      { 'accept-encoding': 'gzip' },
    ]) {
      const answer = await get('/files/a.csv', { range, ...more });
      assert.equal(answer.status, 206, range);
      assert.equal(answer.headers['content-range'], `bytes ${from}-${to}/${size}`);
      assert.equal(String(answer.body), CSV.slice(from, to + 1));
      assert.equal(answer.headers.etag, etag);
    }
  }
  const wholes: Record<string, string>[] = [
    { range: 'bytes=0-9', 'if-range': '"x"' },
    { range: 'bytes=0-9', 'if-range': `W/${etag}` },
    { range: 'bytes=0-9', 'if-range': 'Thu, 01 Jan 1970 00:00:00 GMT' },
    { range: 'bytes=0-9,20-29' },
    { range: 'lines=1-2' },
    { range: 'bytes=abc' },
    { range: 'bytes=-' },
    { range: 'bytes=9-5' },
  ];
  for (const headers of wholes) {
    const answer = await get('/files/a.csv', headers);
    assert.deepEqual([answer.status, String(answer.body)], [200, CSV], JSON.stringify(headers));
  }
  for (const [name, range] of [
    ['a', `bytes=${size}-`],
    ['empty', 'bytes=0-'],
  ]) {
    const answer = await get(`/files/${name}.csv`, { range: range ?? '' });
    assert.equal(answer.status, 416);
    assert.equal(answer.headers['content-range'], `bytes */${name === 'a' ? size : 0}`);
  }
});

test('only the CSV files of the folder are served', async (t) => {
  const parent = await createTemporaryFolder(t);
  const dir = join(parent, 'served');
  await mkdir(join(dir, 'below.csv'), { recursive: true });
  await writeFile(join(parent, 'outside.csv'), 'secret');
  await writeFile(join(dir, '.hidden.csv'), 'secret');
  await writeFile(join(dir, 'notes.txt'), 'secret');
  await writeFile(join(dir, 'below.csv', 'x.csv'), 'secret');
  await writeFile(join(dir, 'Größe & "more".CSV'), 'name,sku,description\n');
  await symlink(join(parent, 'outside.csv'), join(dir, 'link.csv'));
  await symlink(parent, join(dir, 'folder.csv'));
  const { get, port } = await serve(t, dir);
  const paths = [
    '/files/../outside.csv',
    '/files/..%2foutside.csv',
    '/files/%2e%2e/outside.csv',
    '/files/..%5coutside.csv',
    '/files//etc/passwd',
    '/files/%2Fetc%2Fpasswd',
    '/files/link.csv',
    '/files/folder.csv',
    '/files/folder.csv/outside.csv',
    '/files/below.csv',
    '/files/below.csv/x.csv',
    '/files/below.csv%2Fx.csv',
    '/files/.hidden.csv',
    '/files/notes.txt',
    '/files/notes.txt%00.csv',
    '/files/%',
    '/files/%ff.csv',
    '/files/',
    '/files',
    '/..',
    '/outside.csv',
    '/files/.csv',
    '/files/..csv',
    '/sense/',
    '/read/x',
    '//files/link.csv',
    `/files/${'x'.repeat(5000)}.csv`,
  ];
  for (const path of paths) {
    const { status, body } = await get(path);
    assert.deepEqual([path, status], [path, 404]);
    assert.doesNotMatch(String(body), /secret/);
  }
  assert.match(
    await raw(
      port,
      'GET http://other.example/files/link.csv HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
    ),
    / 404 /,
  );
  assert.match(await raw(port, 'OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'), / 405 /);

  const index = await get('/');
  assert.match(
    String(index.body),
    /href="files\/Gr%C3%B6%C3%9Fe%20%26%20%22more%22\.CSV">Größe &#38; &#34;more&#34;\.CSV</,
  );
  assert.doesNotMatch(String(index.body), /secret|hidden|notes|link|below|outside/);
  assert.equal((await get(`/files/${encodeURIComponent('Größe & "more".CSV')}`)).status, 200);
  assert.equal(String((await get('/read')).body), 'name,sku,description\r\n');
  for (const method of ['POST', 'PUT', 'DELETE']) {
    const answer = await get('/files/notes.txt', {}, method);
    assert.deepEqual([answer.status, answer.headers.allow], [405, 'GET, HEAD']);
  }
});

test('a file that is replaced during a download is sent in its old version', async (t) => {
  const { file, open } = await start(t, { 'a.csv': LARGE });
  const response = await open('/files/a.csv');
  await writeFile(file('new'), LARGE.replaceAll('Ann', 'Bob'));
  await rename(file('new'), file('a.csv'));
  assert.ok((await buffer(response)).equals(Buffer.from(LARGE)));
});

test('a response is aborted if its file is modified in place', async (t) => {
  const content = noise(LARGE.length);
  const cases: [object, (path: string) => Promise<unknown>][] = [
    [{}, (path) => appendFile(path, 'x')],
    [{ 'accept-encoding': 'gzip' }, (path) => truncate(path, 100)],
    [{ range: 'bytes=10-' }, (path) => writeFile(path, content.toUpperCase())],
  ];
  for (const [headers, change] of cases) {
    for (const path of ['/files/a.csv', '/read']) {
      const { file, open, get } = await start(t, { 'a.csv': content });
      const response = await open(path, headers);
      await change(file('a.csv'));
      await assert.rejects(buffer(response), { code: 'ECONNRESET' });
      if (path === '/read') assert.equal(String((await get('/sense')).body), '1\n');
    }
  }
});

test('/sense returns 1 after a change until everything has been read', async (t) => {
  const { file, get } = await start(t, {});
  const sense = async () => String((await get('/sense')).body).trim();
  assert.equal(await sense(), '0', 'there is nothing to read');
  assert.equal((await get('/read')).status, 404);
  const changes: (() => Promise<unknown>)[] = [
    () => writeFile(file('a.csv'), 'name,sku,description\nAnn,a-1,one\n'),
    () => writeFile(file('b.csv'), 'name,sku,description\nBob,b-1,one\n'),
    () => writeFile(file('b.csv'), 'name,sku,description\nBob,b-1,two\n'),
    () => appendFile(file('b.csv'), 'Cid,c-1,x\n'),
    () => rename(file('b.csv'), file('c.csv')),
    () => rm(file('c.csv')),
  ];
  for (const change of changes) {
    await change();
    assert.equal(await sense(), '1', String(change));
    assert.equal(await sense(), '1', 'asking changes nothing');
    assert.equal((await get('/read', {}, 'HEAD')).status, 200);
    assert.equal(await sense(), '1', 'nothing was read');
    assert.equal((await get('/read')).status, 200);
    assert.equal(await sense(), '0', String(change));
  }
  await writeFile(file('notes.txt'), 'x');
  assert.equal(await sense(), '0');
});

test('/sense stays at 1 after a change during a read, or a read that is aborted', async (t) => {
  const { file, get, open } = await start(t, {
    'a.csv': LARGE,
    'b.csv': 'name,sku,description\nBob,b-1,x\n',
  });
  const sense = async () => String((await get('/sense')).body).trim();
  const leaving = await open('/read');
  leaving.destroy();
  assert.equal(await sense(), '1');

  const reading = await open('/read');
  await writeFile(file('new'), 'name,sku,description\nBob,b-1,y\n');
  await rename(file('new'), file('b.csv'));
  const content = await buffer(reading);
  assert.match(
    content.toString('latin1', content.length - 20),
    /Bob,b-1,x/,
    'as it was when the reading began',
  );
  assert.equal(await sense(), '1');
  await get('/read');
  assert.equal(await sense(), '0');
});

test('/read concatenates all files, with columns in the order of the first and values unchanged', async (t) => {
  const { get } = await start(t, {
    'a.csv': '\ufeffname,sku,description\r\nAnn,a-1,"x, ""y""\nz"',
    'b.csv': '\n\nSKU;Description; NAME \r\nb-1;"p;q";"B\rb"\r\n\r\nb-2;"only two"\r\nb-3;Zoë, x;\r\n',
    'c.csv': '',
    'd.csv': ' \n',
    'e.csv': 'name,sku,description\n',
    'f.csv': 'description\tname\tsku\rd\tDan\td-1',
    'g.csv': 'name,sku,description\rGus,g-1,\r',
  });
  for (const headers of [{}, { 'accept-encoding': 'gzip' }]) {
    const answer = await get('/read', headers);
    const text = String(
      answer.headers['content-encoding'] === 'gzip' ? gunzipSync(answer.body) : answer.body,
    );
    assert.deepEqual(parse(text, { relax_column_count: true, record_delimiter: ['\r\n', '\n', '\r'] }), [
      ['name', 'sku', 'description'],
      ['Ann', 'a-1', 'x, "y"\nz'],
      ['B\rb', 'b-1', 'p;q'],
      ['b-2', 'only two'],
      ['', 'b-3', 'Zoë, x'],
      ['Dan', 'd-1', 'd'],
      ['Gus', 'g-1', ''],
    ]);
  }
});

test('incompatible files are rejected with a reason before anything is sent', async (t) => {
  const good = 'name,sku,description\nAnn,a-1,x\n';
  const cases: [string, RegExp][] = [
    [
      'name,sku\nAnn,a-1\n',
      /b\.csv has the columns "name", "sku" while a\.csv has "name", "sku", "description"/,
    ],
    ['name,sku,description,price\n', /Give all files the same columns/],
    ['name,name,sku\n', /Give all files the same columns/],
    ['n\0a\0m\0e\0', /not text in UTF-8/],
    ['name,"sku', /no header/],
  ];
  for (const [content, message] of cases) {
    const { get } = await start(t, { 'a.csv': good, 'b.csv': content });
    const answer = await get('/read');
    assert.equal(answer.status, 409, content);
    assert.match(String(answer.body), message);
    assert.equal(String((await get('/sense')).body), '1\n');
  }
});

test('an unclosed quote does not swallow rows of the next file', async (t) => {
  const contents = [
    'name,sku,description\nBob,b-1,"never closed\n',
    'sku,name,description\nb-1,Bob,"never closed\n',
    'sku,name,description\nb-1,5" nail,x\n',
  ];
  for (const content of contents) {
    const { open, get } = await start(t, {
      'a.csv': 'name,sku,description\nAnn,a-1,x\n',
      'b.csv': content,
      'c.csv': 'name,sku,description\nCid,c-1,x\n',
    });
    await assert.rejects(buffer(await open('/read')), { code: 'ECONNRESET' });
    assert.equal(String((await get('/sense')).body), '1\n');
  }
});

test('the command prints the addresses of the files and each change, and exits when asked to', async (t) => {
  const dir = await createTemporaryFolder(t);
  await writeFile(join(dir, 'a.csv'), 'name,sku,description\n');
  const command = startCommand(t, 'source', ['--dir', dir, '--port', '0']);
  const url = /http:\/\/127\.0\.0\.1:\d+/.exec(await command.printed('http://'))?.[0];
  assert.equal(await (await fetch(`${url}/sense`)).text(), '1\n');
  await writeFile(join(dir, 'b.csv'), 'name,sku,description\n');
  await command.printed('b.csv is new');
  await rm(join(dir, 'b.csv'));
  await command.printed('b.csv is gone');
  command.process.kill('SIGTERM');
  const { status, stderr } = await command.finished;
  assert.deepEqual([status, stderr], [0, 'Stopped.\n']);
});

test('it exits even while a read is in progress', async (t) => {
  const dir = await createTemporaryFolder(t);
  await writeFile(join(dir, 'a.csv'), LARGE);
  const command = startCommand(t, 'source', ['--dir', dir, '--port', '0']);
  const url = new URL(/http:\/\/127\.0\.0\.1:\d+/.exec(await command.printed('http://'))?.[0] ?? '');
  const stalled = net.connect(Number(url.port), '127.0.0.1');
  stalled.on('error', () => {});
  releaseAfter(t, () => stalled.destroy());
  stalled.write('GET /read HTTP/1.1\r\nHost: x\r\n\r\n');
  await once(stalled, 'readable');
  command.process.kill('SIGTERM');
  assert.equal((await command.finished).status, 0);
});

test('invalid arguments are reported', async (t) => {
  const dir = await createTemporaryFolder(t);
  await writeFile(join(dir, 'a.csv'), '');
  const taken = await serve(t, dir);
  const calls: [string[], number, RegExp][] = [
    [[], 2, /--dir FOLDER/],
    [['--dir', dir, '--port', '70000'], 2, /--port must be a whole number/],
    [['--dir', dir, '--colour', 'red'], 2, /--colour/],
    [['--dir', join(dir, 'missing')], 1, /There is no folder/],
    [['--dir', join(dir, 'a.csv')], 1, /is a file/],
    [['--dir', dir, '--port', String(taken.port)], 1, /Port \d+ is in use/],
    [['--dir', dir, '--port', '0', '--host', '203.0.113.7'], 1, /cannot listen on 203\.0\.113\.7/],
  ];
  for (const [args, status, message] of calls) {
    const finished = await runCommand(t, 'source', args);
    assert.match(finished.stderr, message);
    assert.equal(finished.status, status);
    assert.doesNotMatch(finished.stderr, /\n {4}at /, 'no stack trace');
  }
  const help = await runCommand(t, 'source', ['--help']);
  assert.match(help.stdout, /--dir FOLDER/);
  assert.equal(help.status, 0);
});

test('a folder that disappears is an error, not an empty source', async (t) => {
  const { file, get } = await start(t, { 'a.csv': CSV });
  await rm(file('.'), { recursive: true, force: true });
  await waitUntil('it is noticed', async () => (await get('/sense')).status === 500);
  assert.equal((await get('/files/a.csv')).status, 404);
  await mkdir(file('.'), { recursive: true });
  await writeFile(file('a.csv'), CSV);
  assert.equal(String((await get('/read')).body), await readFile(file('a.csv'), 'utf8'));
});

async function start(t: TestContext, files: Record<string, string>) {
  const dir = join(await createTemporaryFolder(t), 'served');
  await mkdir(dir);
  for (const [name, content] of Object.entries(files)) await writeFile(join(dir, name), content);
  return { ...(await serve(t, dir)), file: (name: string) => join(dir, name) };
}

async function serve(t: TestContext, dir: string) {
  const server = await startSourceServer({ dir });
  releaseAfter(t, () => server.close());
  const { port } = new URL(server.url);
  /** Sends the path without normalizing it, and returns the response unread. */
  async function open(path: string, headers = {}, method = 'GET'): Promise<IncomingMessage> {
    const request = sendRequest({ host: '127.0.0.1', port, path, headers, method, agent: false });
    request.end();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    response.once('error', () => {});
    return response;
  }
  async function get(path: string, headers = {}, method = 'GET'): Promise<Answer> {
    const response = await open(path, headers, method);
    return { status: response.statusCode ?? 0, headers: response.headers, body: await buffer(response) };
  }
  return { port, open, get };
}

async function raw(port: string, request: string): Promise<string> {
  const socket = net.connect(Number(port), '127.0.0.1');
  socket.end(request);
  return String(await buffer(socket));
}

/** Incompressible rows. */
function noise(bytes: number): string {
  let seed = 1;
  const next = () => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed.toString(36);
  };
  const rows = ['name,sku,description'];
  for (let length = 0; length < bytes; length += 200)
    rows.push(`${next()},${next()},${Array.from({ length: 30 }, next).join('')}`);
  return `${rows.join('\r\n')}\r\n`;
}
