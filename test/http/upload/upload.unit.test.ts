// Uploads as a client sees them: streamed to the resolver, or rejected with a code and advice.

import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { LoadstoneError } from '../../../src/errors.ts';
import type { IncomingFile } from '../../../src/http/upload/incoming-file.ts';
import { readMultipartRequest } from '../../../src/http/upload/multipart-reader.ts';
import { releaseAfter } from '../../support/release.ts';
import {
  answerTo,
  connectRaw,
  DIGEST,
  END,
  field,
  filePart,
  HEAD,
  MAP,
  OPERATIONS,
  openUpload,
  part,
  postMultipart,
  query,
  startTestServer,
  TAIL,
  type TestServer,
  until,
} from '../support.ts';

const MIB = 1024 * 1024;
const LIMITS = { maxUploadBytes: MIB, uploadIdleSeconds: 60, uploadMinBytesPerSecond: 0 };

test('a file arrives byte for byte, with its name and a size hint', async (t) => {
  const server = await startTestServer(t);
  const content = 'name,sku,description\r\nBär,b-1,"two\nlines"\r\nthe-boundary, --the-boundary: no end\r\n';
  const body = `${OPERATIONS}${MAP}${filePart(content, '0', 'Preisliste für März.csv')}${END}`;
  const { status, json } = await postMultipart(server, body);
  assert.equal(status, 200);
  assert.deepEqual(json.data?.digest, {
    filename: 'Preisliste für März.csv',
    sizeHint: Buffer.byteLength(body),
    bytes: Buffer.byteLength(content),
    sha256: createHash('sha256').update(content).digest('hex'),
  });
});

test('a file is complete even if it is still being read when its request has ended', async (t) => {
  const read: unknown[] = [];
  const server = createServer(async (request, response) => {
    try {
      const { params } = await readMultipartRequest(
        request,
        LIMITS,
        new AbortController().signal,
        () => () => {},
      );
      const upload = params.variables?.['file'] as { promise: Promise<IncomingFile> };
      const file = await upload.promise;
      const stream = file.createReadStream();
      // By now all of it has arrived, or as much as fits into the buffers.
      await delay(30);
      let bytes = 0;
      for await (const chunk of stream) bytes += chunk.length;
      read.push(bytes);
    } catch (error) {
      read.push(error);
    }
    response.end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  releaseAfter(t, () => server.close());
  const { port } = server.address() as AddressInfo;
  const headers = { 'content-type': 'multipart/form-data; boundary=the-boundary' };
  for (let length = 60_000; length < 400_000; length += 20_000) {
    const body = `${OPERATIONS}${MAP}${filePart('x'.repeat(length))}${END}`;
    await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', headers, body });
    assert.equal(read.at(-1), length);
  }
});

test('200 MB stream through with flat memory', { timeout: 60_000 }, async (t) => {
  const server = await startTestServer(t);
  const request = openUpload(server, { 'transfer-encoding': 'chunked' });
  const answer = answerTo(request);
  const block = randomBytes(MIB);
  const hash = createHash('sha256');
  const before = process.memoryUsage().rss;
  let peak = before;
  request.write(HEAD);
  for (let sent = 0; sent < 200; sent += 1) {
    hash.update(block);
    if (!request.write(block)) await once(request, 'drain');
    peak = Math.max(peak, process.memoryUsage().rss);
  }
  request.end(TAIL);
  const { json } = await answer;
  assert.deepEqual(json.data?.digest, {
    filename: 'products.csv',
    sizeHint: null,
    bytes: 200 * MIB,
    sha256: hash.digest('hex'),
  });
  assert.ok(peak - before < 100 * MIB, `grew by ${Math.round((peak - before) / MIB)} MiB`);
});

test('the resolver reads the file while the client still sends it', async (t) => {
  const server = await startTestServer(t);
  const request = openUpload(server, { 'transfer-encoding': 'chunked' });
  const answer = answerTo(request);
  request.write(`${HEAD}first`);
  await until('the first bytes are read', () => server.probe.bytesRead === 5);
  request.end(`second${TAIL}`);
  const digest = (await answer).json.data?.digest;
  assert.equal(digest?.bytes, 11);
});

test('a slow resolver slows the client down instead of using memory', async (t) => {
  const server = await startTestServer(t);
  const { promise, resolve: openGate } = Promise.withResolvers<void>();
  server.probe.gate = promise;
  const request = openUpload(server, { 'transfer-encoding': 'chunked' });
  const answer = answerTo(request);
  request.write(HEAD);
  const block = Buffer.alloc(MIB, 'x');
  let sent = 0;
  const sending = (async () => {
    for (; sent < 64; sent += 1) if (!request.write(block)) await once(request, 'drain');
    request.end(TAIL);
  })();
  await delay(500);
  const sentWhileClosed = sent;
  await delay(300);
  assert.equal(sent, sentWhileClosed, 'the client was not held back');
  assert.ok(sent < 32, `${sent} MiB were taken while nothing was read`);
  openGate();
  await sending;
  assert.equal((await answer).json.data?.digest.bytes, 64 * MIB);
});

test('a slow resolver is not mistaken for a silent client', async (t) => {
  const server = await startTestServer(t, { uploadIdleSeconds: 0.2 });
  server.probe.gate = delay(800);
  const content = 'x'.repeat(4 * MIB);
  const { json } = await postMultipart(server, `${OPERATIONS}${MAP}${filePart(content)}${END}`);
  assert.equal(json.data?.digest.bytes, 4 * MIB);
});

test('concurrent uploads do not interfere', async (t) => {
  const server = await startTestServer(t);
  const contents = ['a'.repeat(3 * MIB), 'b'.repeat(2 * MIB)];
  const answers = await Promise.all(
    contents.map((content) => postMultipart(server, `${OPERATIONS}${MAP}${filePart(content)}${END}`)),
  );
  for (const [index, { json }] of answers.entries()) {
    const expected = createHash('sha256')
      .update(contents[index] ?? '')
      .digest('hex');
    assert.equal(json.data?.digest.sha256, expected);
  }
});

const UPLOAD = `${OPERATIONS}${MAP}${filePart('a,b')}`;
const malformed: [what: string, body: string][] = [
  ['an empty body', ''],
  ['no parts', END],
  ['a part header without a name', `--the-boundary\r\nContent-Disposition: form-data;\r\n\r\nx\r\n${END}`],
  [
    'a part header without a name after valid fields',
    `${OPERATIONS}${MAP}--the-boundary\r\nContent-Disposition: form-data;\r\n\r\nx\r\n${END}`,
  ],
  ['an invalid part header', `--the-boundary\r\n\u0001\u0002\r\n\r\nx\r\n${END}`],
  ['a truncated part header', '--the-boundary\r\nContent-Disp'],
  ['a nameless field', `${part('form-data', 'x')}${END}`],
  ['a nameless file', `${OPERATIONS}${MAP}${part('form-data; filename="x"', 'x')}${END}`],
  ['the file before the fields', `${filePart('a')}${OPERATIONS}${MAP}${END}`],
  ['the file before the map', `${OPERATIONS}${filePart('a')}${MAP}${END}`],
  ['no map', `${OPERATIONS}${END}`],
  ['no operations', `${MAP}${filePart('a')}${END}`],
  ['no file', `${OPERATIONS}${MAP}${END}`],
  ['a file that the map does not name', `${OPERATIONS}${MAP}${filePart('a', '1')}${END}`],
  ['operations that are not JSON', `${field('operations', '{')}${MAP}${filePart('a')}${END}`],
  ['operations that are a string', `${field('operations', '"x"')}${MAP}${filePart('a')}${END}`],
  ['operations that are null', `${field('operations', 'null')}${MAP}${filePart('a')}${END}`],
  ['a batch of operations', `${field('operations', [{ query: DIGEST }])}${MAP}${filePart('a')}${END}`],
  ['operations without variables', `${field('operations', { query: DIGEST })}${MAP}${filePart('a')}${END}`],
  ['operations twice', `${OPERATIONS}${OPERATIONS}${MAP}${filePart('a')}${END}`],
  ['an unknown field', `${OPERATIONS}${MAP}${field('x', 'y')}${filePart('a')}${END}`],
  ['a field after the file', `${UPLOAD}${MAP}${END}`],
  ['many fields', `${OPERATIONS}${MAP}${field('x', 'y').repeat(1000)}${END}`],
  ['a field that is too large', `${field('operations', 'x'.repeat(2 * MIB))}${MAP}${END}`],
  ['two files', `${UPLOAD}${filePart('c,d', '1')}${END}`],
  ['the same file twice', `${UPLOAD}${filePart('a,b')}${END}`],
  [
    'a map of two files',
    `${OPERATIONS}${field('map', { 0: ['variables.file'], 1: ['variables.b'] })}${filePart('a')}${END}`,
  ],
  ['a missing end', UPLOAD],
  ['a truncated file', `${HEAD}a,b`],
  ...[
    'null',
    '[]',
    '1',
    '{}',
    '{',
    { 0: 'variables.file' },
    { 0: [] },
    { 0: [1] },
    { 0: [''] },
    { 0: ['file'] },
    { 0: ['variables'] },
    { 0: ['query'] },
    { 0: ['variables.file.x'] },
    { 0: ['variables.other'] },
    { 0: ['variables.file', 'variables.file'] },
    { 0: ['variables.hasOwnProperty.call'] },
    { 0: ['variables.__proto__.polluted'] },
    { 0: ['variables.constructor.prototype.polluted'] },
    { 0: ['__proto__.polluted'] },
    { 0: ['constructor.prototype.polluted'] },
    { ['__proto__']: ['variables.file'] },
  ].map((map): [string, string] => [
    `the map ${JSON.stringify(map)}`,
    `${OPERATIONS}${field('map', map)}${filePart('a')}${END}`,
  ]),
  [
    'a variable named __proto__',
    `${field('operations', `{"query":${JSON.stringify(DIGEST)},"variables":{"__proto__":null}}`)}${field('map', { 0: ['variables.__proto__'] })}${filePart('a')}${END}`,
  ],
];

for (const [what, body] of malformed) {
  test(`a request with ${what} is rejected as BAD_MULTIPART, and the server keeps running`, async (t) => {
    const server = await startTestServer(t);
    const prototype = Object.getOwnPropertyNames(Object.prototype).join();
    const { call } = Function.prototype;
    const { status, json } = await postMultipart(server, body);
    assert.equal(json.errors?.[0]?.extensions.code, 'BAD_MULTIPART', JSON.stringify(json));
    assert.equal(status, 400);
    assert.ok((json.errors?.[0]?.message.length ?? 0) > 20);
    assert.equal(Object.getOwnPropertyNames(Object.prototype).join(), prototype);
    assert.equal(Function.prototype.call, call);
    assert.equal('call' in Object.prototype.hasOwnProperty && Object.prototype.hasOwnProperty.call, call);
    assert.equal(
      server.probe.uploadErrors.every((error) => error instanceof LoadstoneError),
      true,
    );
    await assertAlive(server);
  });
}

for (const [what, rest] of [
  ['a second file', `${filePart('c,d', '1').slice('--the-boundary'.length)}${END}`],
  ['an end without the closing boundary', '\r\n'],
]) {
  test(`a file is complete only when its request is: ${what} after it is BAD_MULTIPART`, async (t) => {
    const server = await startTestServer(t);
    const request = openUpload(server, { 'transfer-encoding': 'chunked' });
    const answer = answerTo(request);
    request.write(`${HEAD}a,b\r\n--the-boundary`);
    await until('the first file is read', () => server.probe.bytesRead === 3);
    await delay(50);
    request.end(rest);
    const { status, json } = await answer;
    assert.deepEqual([status, json.errors?.[0]?.extensions.code], [400, 'BAD_MULTIPART']);
    assert.equal(server.probe.uploadErrors.length, 1);
  });
}

const DEFAULT_NAME = 'unnamed';
const blob = (name: string, value: unknown, fileName = 'blob') =>
  part(
    `form-data; name="${name}"; filename="${fileName}"`,
    typeof value === 'string' ? value : JSON.stringify(value),
    'application/json',
  );
const OPERATIONS_BLOB = blob('operations', { query: DIGEST, variables: { file: null } });
const namedFile = (disposition: string) => part(`form-data; name="0"; ${disposition}`, 'a,b');

const taken: [what: string, body: string, fileName?: string][] = [
  [
    'operations and map as JSON blobs',
    `${OPERATIONS_BLOB}${blob('map', { 0: ['variables.file'] })}${filePart('a,b')}`,
  ],
  [
    'operations sent as a file',
    `${blob('operations', { query: DIGEST, variables: { file: null } }, 'ops.json')}${MAP}${filePart('a,b')}`,
  ],
  [
    'operations with a byte order mark',
    `${blob('operations', `\ufeff${JSON.stringify({ query: DIGEST, variables: { file: null } })}`)}${MAP}${filePart('a,b')}`,
  ],
  [
    'operations as bytes',
    `${part('form-data; name=operations', JSON.stringify({ query: DIGEST, variables: { file: null } }), 'application/octet-stream')}${MAP}${filePart('a,b')}`,
  ],
  ['the map before the operations', `${MAP}${OPERATIONS}${filePart('a,b')}`],
  [
    'the map as a blob before the operations',
    `${blob('map', { 0: ['variables.file'] })}${OPERATIONS_BLOB}${filePart('a,b')}`,
  ],
  [
    'header and parameter names in upper case',
    `${OPERATIONS}${MAP}--the-boundary\r\nCONTENT-DISPOSITION: Form-Data; NAME=0; FILENAME="A.csv"\r\n\r\na,b\r\n`,
    'A.csv',
  ],
  ['a file without a name', `${OPERATIONS}${MAP}${field('0', 'a,b')}`, DEFAULT_NAME],
  ['a file whose name is empty', `${OPERATIONS}${MAP}${namedFile('filename=""')}`, DEFAULT_NAME],
  ['a file whose name is a folder', `${OPERATIONS}${MAP}${namedFile('filename="a/b/"')}`, DEFAULT_NAME],
  ['a path of Unix', `${OPERATIONS}${MAP}${namedFile('filename="/home/ann/c.csv"')}`, 'c.csv'],
  ['a Windows path', `${OPERATIONS}${MAP}${namedFile('filename="C:\\Users\\ann\\c.csv"')}`, 'c.csv'],
  [
    'a quote in the name, as encoded by browsers',
    `${OPERATIONS}${MAP}${namedFile('filename="5%22.csv"')}`,
    '5".csv',
  ],
  ['an extended name', `${OPERATIONS}${MAP}${namedFile("filename*=UTF-8''M%C3%A4rz.csv")}`, 'März.csv'],
  [
    'an extended name beside a plain one',
    `${OPERATIONS}${MAP}${namedFile('filename="x.csv"; filename*=UTF-8\'\'M%C3%A4rz.csv')}`,
    'März.csv',
  ],
  [
    'an extended name that is invalid UTF-8',
    `${OPERATIONS}${MAP}${namedFile('filename*=UTF-8\'\'%FF%FE.csv; filename="x.csv"')}`,
    'x.csv',
  ],
  [
    'an extended name with a truncated escape',
    `${OPERATIONS}${MAP}${namedFile("filename*=UTF-8''a%2; filename=x.csv")}`,
    'x.csv',
  ],
  [
    'an extended name in an unknown charset',
    `${OPERATIONS}${MAP}${namedFile("filename*=KOI9''%AA.csv; filename=x.csv")}`,
    'x.csv',
  ],
  ['an extended name without a charset', `${OPERATIONS}${MAP}${namedFile('filename*=a.csv')}`, DEFAULT_NAME],
  ['an unclosed quote in the name', `${OPERATIONS}${MAP}${namedFile('filename="x.csv')}`, DEFAULT_NAME],
];

test('parts are identified by name in every encoding that clients use', async (t) => {
  const server = await startTestServer(t);
  for (const [what, body, fileName = 'products.csv'] of taken) {
    const { status, json } = await postMultipart(server, `${body}${END}`);
    assert.equal(status, 200, `${what}: ${JSON.stringify(json)}`);
    assert.deepEqual(
      [json.data?.digest.filename, json.data?.digest.bytes],
      [fileName, body.includes('a,b') ? 3 : 0],
      what,
    );
  }
});

test('a file name in Latin-1 is decoded as Latin-1', async (t) => {
  const server = await startTestServer(t);
  const body = Buffer.from(`${OPERATIONS}${MAP}${filePart('a,b', '0', 'März.csv')}${END}`, 'latin1');
  const { json } = await postMultipart(server, body);
  assert.equal(json.data?.digest.filename, 'März.csv');
});

test('a request may be split into chunks anywhere', async (t) => {
  const server = await startTestServer(t);
  const body = Buffer.from(
    `${OPERATIONS_BLOB}${MAP}${filePart('a,b\r\n--the-bound', '0', 'März.csv')}${END}`,
  );
  const expected = createHash('sha256').update('a,b\r\n--the-bound').digest('hex');
  for (let at = 1; at < body.length; at += 7) {
    const request = openUpload(server, { 'transfer-encoding': 'chunked' });
    const answer = answerTo(request);
    request.write(body.subarray(0, at));
    await delay(1);
    request.end(body.subarray(at));
    const { json } = await answer;
    assert.deepEqual(
      [json.data?.digest.filename, json.data?.digest.sha256],
      ['März.csv', expected],
      `cut at ${at}`,
    );
  }
});

const causes: [what: string, body: string, cause: RegExp][] = [
  ['no parts', '', /lacks "operations" and "map" and the file/],
  ['no operations', MAP, /lacks "operations" and the file/],
  ['no map', OPERATIONS, /lacks "map" and the file/],
  [
    'no file',
    `${OPERATIONS}${MAP}`,
    /lacks the file\. Send "operations", "map", then the file, whose part "map" calls "0"\./,
  ],
  ['the file first', `${filePart('a')}${OPERATIONS}${MAP}`, /part "0" comes before "operations"/],
  ['the file before the map', `${OPERATIONS}${filePart('a')}${MAP}`, /part "0" comes before "map"/],
  [
    'another part',
    `${OPERATIONS}${MAP}${filePart('a', 'x')}`,
    /names the file "0", but the part "x" was sent/,
  ],
  [
    'two files',
    `${OPERATIONS}${MAP}${filePart('a')}${filePart('b', '1')}`,
    /one file per request: the part "1"/,
  ],
  [
    'operations twice',
    `${OPERATIONS}${OPERATIONS_BLOB}${MAP}${filePart('a')}`,
    /part "operations" is there twice/,
  ],
  ['map after the file', `${OPERATIONS}${MAP}${filePart('a')}${MAP}`, /part "map" is there twice/],
  [
    'a part without a name',
    `${OPERATIONS}${part('form-data; filename="a.csv"', 'a')}`,
    /has no header that names it/,
  ],
  [
    'a part that is not form data',
    `${OPERATIONS}${part('attachment; name="0"', 'a')}`,
    /has no header that names it/,
  ],
  [
    'operations that are a large blob',
    blob('operations', 'x'.repeat(2 * MIB)),
    /part "operations" is larger than 1048576/,
  ],
  [
    'operations that are not JSON',
    `${blob('operations', '{')}${MAP}${filePart('a')}`,
    /"operations" is not valid JSON/,
  ],
  [
    'a map that uses the name of a field',
    `${OPERATIONS}${field('map', { operations: ['variables.file'] })}`,
    /must not name the file operations/,
  ],
  [
    'endless part headers',
    `--the-boundary\r\nX: ${'x'.repeat(5 * MIB)}`,
    /headers of a part exceed 65536 bytes/,
  ],
];

test('the error of a malformed request names the cause', async (t) => {
  const server = await startTestServer(t);
  for (const [what, body, cause] of causes) {
    const { status, json } = await postMultipart(server, `${body}${END}`);
    assert.deepEqual([status, json.errors?.[0]?.extensions.code], [400, 'BAD_MULTIPART'], what);
    assert.match(json.errors?.[0]?.message ?? '', cause, what);
  }
});

test('the boundary has 70 characters at most, the headers of a part 64 KiB, and a field 1 MiB', async (t) => {
  const server = await startTestServer(t);
  const rejected = async (body: string, boundary = 'the-boundary') => {
    const type = `multipart/form-data; boundary=${boundary}`;
    const whole = `${body}${END}`.replaceAll('the-boundary', boundary);
    const { json } = await postMultipart(server, whole, { 'content-type': type });
    return json.errors?.[0]?.message ?? json.data?.digest.bytes;
  };
  assert.equal(await rejected(UPLOAD, 'b'.repeat(70)), 3);
  assert.match(String(await rejected(UPLOAD, 'b'.repeat(71))), /a boundary of at most 70 characters/);

  const disposition = 'Content-Disposition: form-data; name="0"\r\n';
  const withHeaders = (bytes: number) => {
    const filler = `X: ${'x'.repeat(bytes - disposition.length - 'X: \r\n'.length)}\r\n`;
    return `${OPERATIONS}${MAP}--the-boundary\r\n${disposition}${filler}\r\na,b\r\n`;
  };
  assert.equal(await rejected(withHeaders(65_535)), 3);
  assert.equal(await rejected(withHeaders(65_536)), 3);
  assert.match(String(await rejected(withHeaders(65_537))), /headers of a part exceed 65536 bytes/);
  // Headers without an end after the file are no file either.
  const endless = `${UPLOAD}--the-boundary\r\nX: ${'x'.repeat(2 * MIB)}`;
  assert.match(String(await rejected(endless)), /headers of a part exceed 65536 bytes/);

  const operations = JSON.stringify({ query: DIGEST, variables: { file: null } });
  const withField = (bytes: number) =>
    `${field('operations', operations.padEnd(bytes))}${MAP}${filePart('a,b')}`;
  assert.equal(await rejected(withField(MIB)), 3);
  assert.match(String(await rejected(withField(MIB + 1))), /"operations" is larger than 1048576/);
});

const TWO = 'mutation ($file: Upload!) { a: digest(file: $file) { bytes } b: digest(file: $file)';
const usedTwice: [what: string, query: string, map: string[], isTwice: boolean][] = [
  [
    'two places in the map',
    `mutation ($file: Upload!, $b: Upload) { digest(file: $file) { bytes } }`,
    ['variables.file', 'variables.b'],
    true,
  ],
  ['two fields', `${TWO} { bytes } }`, ['variables.file'], true],
  [
    'two different fields',
    'mutation ($file: Upload!) { ignore(file: $file) digest(file: $file) { bytes } }',
    ['variables.file'],
    true,
  ],
  [
    'a field and a fragment',
    `mutation ($file: Upload!) { ...F digest(file: $file) { bytes } } fragment F on Mutation { ignore(file: $file) }`,
    ['variables.file'],
    true,
  ],
  ['a skipped field', `${TWO} @skip(if: true) { bytes } }`, ['variables.file'], false],
  [
    'a field that a variable excludes',
    `${TWO.replace('Upload!)', 'Upload!, $no: Boolean = false)')} @include(if: $no) { bytes } }`,
    ['variables.file'],
    false,
  ],
  [
    'one field, twice',
    'mutation ($file: Upload!) { digest(file: $file) { bytes } digest(file: $file) { sha256 } }',
    ['variables.file'],
    false,
  ],
];

test('a file used in two places is rejected before any of it is read', async (t) => {
  const server = await startTestServer(t);
  for (const [what, query, map, isTwice] of usedTwice) {
    const before = server.probe.bytesRead;
    const operations = field('operations', { query, variables: { file: null, b: null } });
    const { json } = await postMultipart(
      server,
      `${operations}${field('map', { 0: map })}${filePart('a,b')}${END}`,
    );
    if (isTwice) {
      assert.equal(json.errors?.[0]?.extensions.code, 'BAD_USER_INPUT', `${what}: ${JSON.stringify(json)}`);
      assert.match(json.errors[0].message, /used in two places.*nothing was started/);
      assert.ok(!json.data, what);
      assert.equal(server.probe.bytesRead, before, what);
    } else {
      assert.equal(json.errors, undefined, `${what}: ${JSON.stringify(json)}`);
    }
  }
});

test('an upload that is too slow is aborted with UPLOAD_TOO_SLOW, but not one that is fast enough or waits for the server', async (t) => {
  const limits = { uploadMinBytesPerSecond: 1000, uploadRateSeconds: 1 };
  const [server, gated] = await Promise.all([startTestServer(t, limits), startTestServer(t, limits)]);
  const send = async (bytes: number) => {
    const request = openUpload(server, { 'transfer-encoding': 'chunked' });
    let isOver = false;
    const answer = answerTo(request.on('error', () => {})).finally(() => {
      isOver = true;
    });
    request.write(HEAD);
    for (let sent = 0; sent < 30 && !isOver; sent += 1) {
      request.write('x'.repeat(bytes));
      await delay(100);
    }
    request.end(TAIL);
    return answer;
  };
  const { promise, resolve: openGate } = Promise.withResolvers<void>();
  gated.probe.gate = promise;
  const waiting = delay(2500).then(openGate);
  const large = postMultipart(gated, `${OPERATIONS}${MAP}${filePart('x'.repeat(8 * MIB))}${END}`);
  const [slow, fast] = await Promise.all([send(1), send(1000)]);
  assert.deepEqual([slow.status, slow.json.errors?.[0]?.extensions.code], [408, 'UPLOAD_TOO_SLOW']);
  assert.match(slow.json.errors?.[0]?.message ?? '', /slower than 1000 bytes a second.*with the same id/);
  assert.equal(fast.json.data?.digest.bytes, 30_000);
  await waiting;
  assert.equal((await large).json.data?.digest.bytes, 8 * MIB);
});

for (const contentType of [
  'multipart/form-data',
  'multipart/form-data; boundary=',
  'multipart/form-data;;;',
]) {
  test(`the content type "${contentType}" is rejected as BAD_MULTIPART`, async (t) => {
    const server = await startTestServer(t);
    const { status, json } = await postMultipart(server, `${UPLOAD}${END}`, { 'content-type': contentType });
    assert.equal(status, 400);
    assert.equal(json.errors?.[0]?.extensions.code, 'BAD_MULTIPART');
    await assertAlive(server);
  });
}

test('an upload to an invalid operation gets the usual GraphQL error, and its file is discarded', async (t) => {
  const server = await startTestServer(t);
  const operations = field('operations', { query: 'mutation { nonsense }', variables: { file: null } });
  const { status, json } = await postMultipart(
    server,
    `${operations}${MAP}${filePart('x'.repeat(8 * MIB))}${END}`,
  );
  assert.equal(json.errors?.[0]?.extensions.code, 'GRAPHQL_VALIDATION_FAILED');
  assert.ok(status === 200 || status === 400);
  await assertAlive(server);
});

test('a file that the resolver does not read is discarded', async (t) => {
  const server = await startTestServer(t);
  const operations = field('operations', {
    query: 'mutation ($file: Upload!) { ignore(file: $file) }',
    variables: { file: null },
  });
  const { json } = await postMultipart(server, `${operations}${MAP}${filePart('x'.repeat(8 * MIB))}${END}`);
  assert.deepEqual(json, { data: { ignore: 'products.csv' } });
});

test('a client that sends a large body before reading still gets the reason for the rejection', async (t) => {
  const server = await startTestServer(t);
  const content = Buffer.alloc(32 * MIB, 'x');
  const { status, json } = await postMultipart(
    server,
    Buffer.concat([Buffer.from(`${MAP}${filePart('')}`), content]),
  );
  assert.equal(status, 400);
  assert.equal(json.errors?.[0]?.extensions.code, 'BAD_MULTIPART');
});

test('a client that never stops sending is disconnected', { timeout: 60_000 }, async (t) => {
  const server = await startTestServer(t);
  const socket = await connectRaw(server);
  let closed = false;
  socket
    .on('error', () => {})
    .on('close', () => {
      closed = true;
      socket.emit('drain');
    });
  socket.write(
    `POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=the-boundary\r\nContent-Length: ${2 ** 40}\r\n\r\n${filePart('')}`,
  );
  const block = Buffer.alloc(MIB, 'x');
  let sent = 0;
  while (!closed && sent < 1000) {
    sent += 1;
    if (!socket.write(block) && !closed) await new Promise((resolve) => socket.once('drain', resolve));
  }
  assert.ok(sent < 1000, 'the server took it all');
  await assertAlive(server);
});

test('a file over the limit is rejected with FILE_TOO_LARGE, with or without a Content-Length', async (t) => {
  const server = await startTestServer(t, { maxUploadBytes: MIB });
  const body = `${OPERATIONS}${MAP}${filePart('x'.repeat(8 * MIB))}${END}`;
  const announced = await postMultipart(server, body);
  const request = openUpload(server, { 'transfer-encoding': 'chunked' });
  request.end(body);
  const chunked = await answerTo(request);
  for (const { status, json } of [announced, chunked]) {
    assert.equal(status, 413);
    assert.equal(json.errors?.[0]?.extensions.code, 'FILE_TOO_LARGE');
    assert.match(json.errors?.[0]?.message ?? '', /1048576 bytes/);
  }
  assert.ok(server.probe.bytesRead <= MIB);
});

test('a request that did something else has status 200 although its file is over the limit', async (t) => {
  const server = await startTestServer(t, { maxUploadBytes: 1000 });
  const document = 'mutation ($file: Upload!) { first: touch digest(file: $file) { bytes } last: touch }';
  const operations = field('operations', { query: document, variables: { file: null } });
  const answer = await postMultipart(server, `${operations}${MAP}${filePart('x'.repeat(1001))}${END}`);
  assert.equal(answer.status, 200);
  assert.deepEqual(answer.json.data, {
    first: 'touched',
    digest: null,
    last: 'touched',
  });
  assert.deepEqual(
    answer.json.errors?.map(({ extensions }) => extensions),
    [{ code: 'FILE_TOO_LARGE' }],
  );
});

test('a file of exactly the maximum size is accepted, one more byte is not', async (t) => {
  const server = await startTestServer(t, { maxUploadBytes: 1000 });
  const exact = await postMultipart(server, `${OPERATIONS}${MAP}${filePart('x'.repeat(1000))}${END}`);
  assert.equal(exact.json.data?.digest.bytes, 1000);
  const more = await postMultipart(server, `${OPERATIONS}${MAP}${filePart('x'.repeat(1001))}${END}`);
  assert.equal(more.json.errors?.[0]?.extensions.code, 'FILE_TOO_LARGE');
});

test('the resolver gets UPLOAD_INTERRUPTED if the client disconnects half way', async (t) => {
  const server = await startTestServer(t);
  const request = openUpload(server, { 'content-length': 100 * MIB });
  request.on('error', () => {});
  request.write(`${HEAD}${'x'.repeat(MIB)}`);
  await until('the file is being read', () => server.probe.bytesRead > 0);
  request.destroy();
  await until('the resolver is told', () => server.probe.uploadErrors.length === 1);
  const [error] = server.probe.uploadErrors;
  assert.ok(error instanceof LoadstoneError);
  assert.equal(error.code, 'UPLOAD_INTERRUPTED');
  await assertAlive(server);
  assert.deepEqual(server.logged, []);
});

test('a stalled upload is aborted with UPLOAD_INTERRUPTED', async (t) => {
  const server = await startTestServer(t, { uploadIdleSeconds: 0.3 });
  for (const begun of [`${HEAD}some`, OPERATIONS, '']) {
    const request = openUpload(server, { 'content-length': MIB });
    request.on('error', () => {});
    request.flushHeaders();
    if (begun) request.write(begun);
    const [response] = await once(request, 'response');
    assert.equal(response.statusCode, 408);
    const [chunk] = await once(response, 'data');
    assert.equal(JSON.parse(String(chunk)).errors[0].extensions.code, 'UPLOAD_INTERRUPTED');
    request.destroy();
  }
});

test('a slow but steady upload is not aborted', async (t) => {
  const server = await startTestServer(t, { uploadIdleSeconds: 0.5 });
  const request = openUpload(server, { 'transfer-encoding': 'chunked' });
  request.write(HEAD);
  for (let index = 0; index < 10; index += 1) {
    request.write('x');
    await delay(100);
  }
  request.end(TAIL);
  assert.equal((await answerTo(request)).json.data?.digest.bytes, 10);
});

test('a page of another site cannot upload; curl, a page of the same origin and a page with the header can', async (t) => {
  const server = await startTestServer(t);
  const upload = async (headers: Record<string, string>) => {
    const { status, json } = await postMultipart(server, `${UPLOAD}${END}`, headers);
    return json.errors?.[0]?.extensions.code ?? status;
  };
  assert.equal(await upload({}), 200);
  assert.equal(await upload({ origin: server.url }), 200);
  assert.equal(await upload({ origin: 'https://evil.example' }), 'CROSS_ORIGIN_REQUEST');
  assert.equal(await upload({ origin: 'null' }), 'CROSS_ORIGIN_REQUEST');
  assert.equal(await upload({ origin: 'https://evil.example', 'graphql-preflight': '1' }), 200);
});

async function assertAlive(server: TestServer): Promise<void> {
  assert.deepEqual((await query(server, { query: '{ hello }' })).json, { data: { hello: 'world' } });
}
