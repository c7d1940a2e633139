// Uploads as a client sees them: streamed whole, and refused with a code and advice when they are wrong.

import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { LoadstoneError } from '../../src/errors.ts';
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
} from './support.ts';

const MIB = 1024 * 1024;

test('a file arrives byte for byte, with its name and a hint of its size', async (t) => {
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

test('a slow resolver slows the client down, not the memory', async (t) => {
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

test('a slow resolver is not taken for a silent client', async (t) => {
  const server = await startTestServer(t, { uploadIdleSeconds: 0.2 });
  server.probe.gate = delay(800);
  const content = 'x'.repeat(4 * MIB);
  const { json } = await postMultipart(server, `${OPERATIONS}${MAP}${filePart(content)}${END}`);
  assert.equal(json.data?.digest.bytes, 4 * MIB);
});

test('two uploads at once do not mix', async (t) => {
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
  ['nothing', ''],
  ['no part at all', END],
  [
    'a part header with a disposition and nothing more',
    `--the-boundary\r\nContent-Disposition: form-data;\r\n\r\nx\r\n${END}`,
  ],
  [
    'that header after good fields',
    `${OPERATIONS}${MAP}--the-boundary\r\nContent-Disposition: form-data;\r\n\r\nx\r\n${END}`,
  ],
  ['a part header that is none', `--the-boundary\r\n\u0001\u0002\r\n\r\nx\r\n${END}`],
  ['a part header cut short', '--the-boundary\r\nContent-Disp'],
  ['a nameless field', `${part('form-data', 'x')}${END}`],
  ['a nameless file', `${OPERATIONS}${MAP}${part('form-data; filename="x"', 'x')}${END}`],
  ['the file before the fields', `${filePart('a')}${OPERATIONS}${MAP}${END}`],
  ['the map before the operations', `${MAP}${OPERATIONS}${filePart('a')}${END}`],
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
  ['the end missing', UPLOAD],
  ['the file cut short', `${HEAD}a,b`],
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
    'a variable that is called __proto__',
    `${field('operations', `{"query":${JSON.stringify(DIGEST)},"variables":{"__proto__":null}}`)}${field('map', { 0: ['variables.__proto__'] })}${filePart('a')}${END}`,
  ],
];

for (const [what, body] of malformed) {
  test(`a request with ${what} is refused as BAD_MULTIPART, and the server goes on`, async (t) => {
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
  test(`a file is not whole before the request is: ${what} comes late and is BAD_MULTIPART`, async (t) => {
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

for (const contentType of [
  'multipart/form-data',
  'multipart/form-data; boundary=',
  'multipart/form-data;;;',
]) {
  test(`the content type "${contentType}" is refused as BAD_MULTIPART`, async (t) => {
    const server = await startTestServer(t);
    const { status, json } = await postMultipart(server, `${UPLOAD}${END}`, { 'content-type': contentType });
    assert.equal(status, 400);
    assert.equal(json.errors?.[0]?.extensions.code, 'BAD_MULTIPART');
    await assertAlive(server);
  });
}

test('an upload to an operation that is wrong gets the usual GraphQL error, and its file is dropped', async (t) => {
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

test('a file that the resolver does not read is dropped', async (t) => {
  const server = await startTestServer(t);
  const operations = field('operations', {
    query: 'mutation ($file: Upload!) { ignore(file: $file) }',
    variables: { file: null },
  });
  const { json } = await postMultipart(server, `${operations}${MAP}${filePart('x'.repeat(8 * MIB))}${END}`);
  assert.deepEqual(json, { data: { ignore: 'products.csv' } });
});

test('a client that writes all of a large body before it reads gets to read why it was refused', async (t) => {
  const server = await startTestServer(t);
  const content = Buffer.alloc(32 * MIB, 'x');
  const { status, json } = await postMultipart(
    server,
    Buffer.concat([Buffer.from(`${MAP}${OPERATIONS}${filePart('')}`), content]),
  );
  assert.equal(status, 400);
  assert.equal(json.errors?.[0]?.extensions.code, 'BAD_MULTIPART');
});

test('a client that never stops sending is cut', { timeout: 60_000 }, async (t) => {
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

test('a file over the limit is refused with FILE_TOO_LARGE, known from the length or not', async (t) => {
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

test('a file of exactly the limit is taken, one more byte is not', async (t) => {
  const server = await startTestServer(t, { maxUploadBytes: 1000 });
  const exact = await postMultipart(server, `${OPERATIONS}${MAP}${filePart('x'.repeat(1000))}${END}`);
  assert.equal(exact.json.data?.digest.bytes, 1000);
  const more = await postMultipart(server, `${OPERATIONS}${MAP}${filePart('x'.repeat(1001))}${END}`);
  assert.equal(more.json.errors?.[0]?.extensions.code, 'FILE_TOO_LARGE');
});

test('when the client goes away half way, the resolver sees UPLOAD_INTERRUPTED', async (t) => {
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

test('an upload that stands still is cut with UPLOAD_INTERRUPTED', async (t) => {
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

test('a slow but steady upload is not cut', async (t) => {
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

test('another site’s page cannot upload; curl, our own page and a page with the header can', async (t) => {
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
