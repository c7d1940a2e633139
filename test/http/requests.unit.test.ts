// Raw requests as proxies, old libraries and other protocols send them: each gets a result or a helpful error.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { WebSocket } from 'ws';
import {
  type Answer,
  connectRaw,
  END,
  HEAD,
  postMultipart,
  query,
  sendRaw,
  startTestServer,
  TAIL,
  type TestServer,
} from './support.ts';

const HELLO = '{"query":"{ hello }"}';
const TOUCH = '{"query":"mutation { touch }"}';

/** A request that closes its connection after the response. */
function raw(line: string, headers: string[] = ['Host: shop.example'], body = ''): string {
  const length = body ? [`Content-Length: ${Buffer.byteLength(body)}`] : [];
  return [`${line} HTTP/1.1`, ...headers, ...length, 'Connection: close', '', body].join('\r\n');
}

/** With those that `raw` adds. */
function withHeaders(count: number): string[] {
  return ['Host: x', ...Array.from({ length: count - 2 }, (_, n) => `X-${n}: x`)];
}

function post(target: string, body: string, ...headers: string[]): string {
  return raw(`POST ${target}`, ['Host: shop.example', 'Content-Type: application/json', ...headers], body);
}

/** A rejected request gets its reason as JSON, in the shape of a GraphQL result. */
function assertRefused(answer: Answer, status: number, code: string, what: string): void {
  assert.equal(answer.status, status, what);
  assert.equal(answer.headers['content-type'], 'application/json; charset=utf-8', what);
  assert.equal(answer.json.errors?.[0]?.extensions.code, code, what);
  assert.ok((answer.json.errors?.[0]?.message.length ?? 0) > 20, what);
}

test('a request to upgrade to another protocol is ignored, and the request is answered', async (t) => {
  const server = await startTestServer(t);
  const wishes: string[][] = [
    [
      'Connection: Upgrade, HTTP2-Settings',
      'Upgrade: h2c',
      'HTTP2-Settings: AAEAAEAAAAIAAAAAAAMAAABkAAQBAAAAAAUAAEAA',
    ],
    ['Connection: upgrade', 'Upgrade: TLS/1.2'],
    ['Connection: Upgrade', 'Upgrade: h2c, websocket'],
  ];
  for (const wish of wishes) {
    const ask = async (text: string) => (await sendRaw(server, text)).text;
    const host = ['Host: shop.example', ...wish];
    assert.match(await ask(raw('GET /healthz', host)), /alive/, String(wish));
    assert.match(await ask(raw('GET /graphql?query={hello}', host)), /world/, String(wish));
    assert.match(await ask(post('/graphql', HELLO, ...wish)), /world/, String(wish));
    assert.match(await ask(raw('GET /nowhere', host)), /Not found/, String(wish));
  }
  const upgrade = { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': 'AAMAAABk' };
  const upload = await postMultipart(server, `${HEAD}${'name,sku\n'.repeat(20_000)}${TAIL}`, upgrade);
  assert.equal(upload.json.data?.digest.bytes, 180_000);
  const posted = await sendRaw(server, post('/graphql', HELLO, 'Connection: Upgrade', 'Upgrade: websocket'));
  assert.match(posted.text, /world/, 'a WebSocket is opened by GET alone');
});

test('absolute URLs and other spellings of a path are accepted', async (t) => {
  const server = await startTestServer(t);
  for (const target of [
    'http://shop.example/graphql',
    'HTTP://other.example:8080/graphql/',
    'https://shop.example/graphql?',
    '/graphql/',
    '/%67raph%71l',
    '/./imports/../graphql',
  ]) {
    const { status, json } = await sendRaw(server, post(target, HELLO));
    assert.deepEqual([status, json], [200, { data: { hello: 'world' } }], target);
  }
  for (const target of ['/healthz', '/healthz/', '/heal%74hz', 'http://shop.example/healthz']) {
    assert.match((await sendRaw(server, raw(`GET ${target}`))).text, /alive/, target);
  }
  assert.match((await sendRaw(server, 'GET /healthz HTTP/1.0\r\n\r\n')).text, /alive/);
  // The host of an absolute URL takes precedence over the header.
  const { json } = await sendRaw(server, raw('GET http://other.example:8080/graphql?query={address}'));
  assert.equal(json.data?.address, 'http://other.example:8080');
});

test('a path with an empty segment is not found', async (t) => {
  const server = await startTestServer(t);
  for (const target of [
    '//x/graphql',
    '//graphql',
    '/graphql//',
    '//',
    'http://shop.example//graphql',
    '/.//graphql',
  ]) {
    assert.equal((await sendRaw(server, post(target, TOUCH))).status, 404, target);
  }
  assert.equal((await sendRaw(server, raw('GET //healthz'))).status, 404);
  assert.equal((await sendRaw(server, post('/other', TOUCH))).status, 404);
  assert.equal(server.probe.touched, 0);
});

test('malformed requests are rejected with a reason, and no connection is closed without a response', async (t) => {
  const server = await startTestServer(t);
  const refused: [what: string, bytes: string, status: number][] = [
    ['two hosts', raw('GET /healthz', ['Host: a', 'Host: b']), 400],
    ['the same host twice', post('/graphql', TOUCH, 'Host: shop.example'), 400],
    ['no host', raw('GET /healthz', []), 400],
    ['no host, with an absolute URL', raw('GET http://shop.example/healthz', []), 400],
    ['an empty host', raw('GET /healthz', ['Host:']), 400],
    ['a list of hosts', raw('GET /healthz', ['Host: a, b']), 400],
    ['a host with a path', raw('GET /healthz', ['Host: a/b']), 400],
    ['a host with a user', raw('GET /healthz', ['Host: me@a']), 400],
    ['an invalid host', raw('GET /healthz', ['Host: 1.2.3.999']), 400],
    ['a URL with a user', raw('GET http://me@shop.example/healthz'), 400],
    ['a URL without a host', raw('GET http:///healthz'), 400],
    ['an unsupported scheme', raw('GET ftp://shop.example/healthz'), 400],
    ['no path', raw('POST *'), 400],
    ['a backslash', post('/\\x/graphql', TOUCH), 400],
    ['a trailing backslash', post('/graphql\\', TOUCH), 400],
    ['a fragment', raw('GET /healthz#part'), 400],
    ['a broken escape', raw('GET /%zz'), 400],
    ['a raw byte', raw('GET /größe'), 400],
    ['a tunnel', raw('CONNECT shop.example:443'), 400],
    ['an unknown method', raw('BREW /graphql'), 400],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
    ['an unknown HTTP version', 'GET / HTTP/9.9\r\nHost: x\r\n\r\n', 400],
    ['rubbish', 'rubbish\r\n\r\n', 400],
    ['two lengths', raw('POST /graphql', ['Host: x', 'Content-Length: 3', 'Content-Length: 4']), 400],
    [
      'a length and chunks',
      raw('POST /graphql', ['Host: x', 'Content-Length: 3', 'Transfer-Encoding: chunked']),
      400,
    ],
    [
      'an invalid chunk size',
      `${raw('POST /graphql', ['Host: x', 'Content-Type: application/json', 'Transfer-Encoding: chunked'])}zz\r\n`,
      400,
    ],
    ['large headers', raw('GET /healthz', ['Host: x', `X: ${'x'.repeat(20_000)}`]), 431],
    ['201 headers', raw('GET /healthz', withHeaders(201)), 431],
    ['an expectation', raw('GET /healthz', ['Host: x', 'Expect: tea']), 417],
    ['an unknown parameter', raw('GET /healthz?verbose'), 400],
    ['an unknown parameter of a query', raw('GET /graphql?query={hello}&variable={}'), 400],
    ['a duplicate parameter', raw('GET /graphql?query={hello}&query={missing}'), 400],
    ['a method that is not allowed', raw('PUT /graphql'), 405],
  ];
  for (const [what, bytes, status] of refused)
    assertRefused(await sendRaw(server, bytes), status, 'BAD_REQUEST', what);
  assert.equal(server.probe.touched, 0);
  assert.deepEqual(server.logged, []);
  assert.equal((await query(server, { query: '{ hello }' })).status, 200);
  assert.equal((await sendRaw(server, raw('GET /healthz', withHeaders(200)))).status, 200);
});

test('each path reports the methods that it allows', async (t) => {
  const server = await startTestServer(t);
  const read = 'GET, HEAD, OPTIONS';
  const readAndPost = 'GET, HEAD, POST, OPTIONS';
  const addresses: Record<string, string> = {
    '/graphql': readAndPost,
    '/healthz': read,
    '/readyz': read,
    '/imports/x/issues.csv': read,
    '/products': read,
  };
  for (const [path, allow] of Object.entries(addresses)) {
    for (const method of [
      'PUT',
      'DELETE',
      'PATCH',
      'TRACE',
      'PROPFIND',
      ...(allow === read ? ['POST'] : []),
    ]) {
      const answer = await sendRaw(
        server,
        raw(`${method} ${path}`, ['Host: x', 'Accept: text/event-stream']),
      );
      assertRefused(answer, 405, 'BAD_REQUEST', `${method} ${path}`);
      assert.equal(answer.headers.allow, allow);
    }
    const asked = await sendRaw(server, raw(`OPTIONS ${path}`));
    assert.deepEqual([asked.status, asked.headers.allow], [204, allow], path);
  }
  const all = await sendRaw(server, raw('OPTIONS *'));
  assert.deepEqual([all.status, all.headers.allow], [204, readAndPost]);
  const mutation = await sendRaw(
    server,
    raw('GET /graphql?query=mutation{touch}', ['Host: x', 'Accept: text/event-stream']),
  );
  assertRefused(mutation, 405, 'BAD_REQUEST', 'a mutation by GET');
  assert.equal(mutation.headers.allow, 'POST');
  assert.equal(server.probe.touched, 0);
});

test('HEAD gets the same response as GET, without the body', async (t) => {
  const server = await startTestServer(t);
  const paths = [
    '/healthz',
    '/graphql?query={hello}',
    '/graphql?query={nonsense}',
    '/nowhere',
    '/graphql?query=subscription{silence}',
  ];
  for (const path of paths) {
    const { status, headers, text } = await sendRaw(server, raw(`HEAD ${path}`));
    assert.equal(text, '', path);
    if (path.includes('silence')) continue;
    const got = await sendRaw(server, raw(`GET ${path}`));
    assert.deepEqual([status, headers['content-type']], [got.status, got.headers['content-type']], path);
  }
  assert.equal(server.probe.watching, 0);
});

const APART = ['Origin: https://evil.example'];
const own: [what: string, headers: string[]][] = [
  ['a program', []],
  [
    'a proxy that sends its own Host',
    ['Host: 127.0.0.1:4000', 'Origin: https://shop.example', 'Sec-Fetch-Site: same-origin'],
  ],
  ['a default port in the Host', ['Host: shop.example:443', 'Origin: https://shop.example']],
  ['a default port behind TLS', ['Host: shop.example:80', 'Origin: https://shop.example']],
  ['another spelling', ['Host: SHOP.example', 'Origin: https://shop.example']],
  ['a bookmark', ['Sec-Fetch-Site: none', ...APART]],
  ['a request after a preflight', ['GraphQL-Preflight: 1', 'Sec-Fetch-Site: cross-site', ...APART]],
];
const foreign: [what: string, headers: string[]][] = [
  ['another origin', APART],
  ['another site', ['Sec-Fetch-Site: cross-site', ...APART]],
  ['another site that hides its origin', ['Sec-Fetch-Site: cross-site']],
  ['a neighbour', ['Sec-Fetch-Site: same-site', 'Origin: https://shop.example']],
  ['an opaque origin', ['Origin: null']],
  ['another port', ['Host: shop.example:4000', 'Origin: http://shop.example:4001']],
  ['a port that is not the default', ['Host: shop.example', 'Origin: http://shop.example:8080']],
];

test('requests of pages are accepted from the same origin behind any proxy, and rejected from others', async (t) => {
  const server = await startTestServer(t);
  const handshake = [
    'Upgrade: websocket',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Version: 13',
  ];
  const withHost = (headers: string[]) =>
    headers.some((header) => header.startsWith('Host')) ? headers : ['Host: shop.example', ...headers];
  for (const [what, headers] of [...own, ...foreign]) {
    const isOwn = own.some(([name]) => name === what);
    const all = [...withHost(headers), 'Content-Type: application/json'];
    const answer = await sendRaw(server, raw('POST /graphql', all, HELLO));
    if (isOwn) assert.deepEqual(answer.json, { data: { hello: 'world' } }, what);
    else assertRefused(answer, 403, 'CROSS_ORIGIN_REQUEST', what);

    const lines = [
      'GET /graphql/ HTTP/1.1',
      ...withHost(headers),
      ...handshake,
      'Connection: Upgrade',
      '',
      '',
    ];
    if (isOwn) await assertOpens(server, lines.join('\r\n'), what);
    else assertRefused(await sendRaw(server, lines.join('\r\n')), 403, 'CROSS_ORIGIN_REQUEST', what);
  }
});

async function assertOpens(server: TestServer, handshake: string, what: string): Promise<void> {
  const socket = await connectRaw(server);
  socket.write(handshake);
  const [answer] = await once(socket, 'data');
  assert.match(String(answer), /^HTTP\/1\.1 101 /, what);
  socket.destroy();
}

test('an invalid WebSocket handshake is rejected with a reason', async (t) => {
  const server = await startTestServer(t);
  const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==';
  const version = 'Sec-WebSocket-Version: 13';
  const open = (target: string, ...headers: string[]) =>
    sendRaw(
      server,
      [`GET ${target} HTTP/1.1`, 'Connection: Upgrade', 'Upgrade: websocket', ...headers, '', ''].join(
        '\r\n',
      ),
    );
  assertRefused(await open('/other', 'Host: x', key, version), 404, 'NOT_FOUND', 'another path');
  assertRefused(await open('//graphql', 'Host: x', key, version), 404, 'NOT_FOUND', 'an empty part');
  assertRefused(await open('/graphql', 'Host: x', version), 400, 'BAD_REQUEST', 'no key');
  assertRefused(await open('/graphql', key, version), 400, 'BAD_REQUEST', 'no host');
  const old = await open('/graphql', 'Host: x', key, 'Sec-WebSocket-Version: 7');
  assertRefused(old, 400, 'BAD_REQUEST', 'an old version');
  assert.equal(old.headers['sec-websocket-version'], '13');
});

test('a WebSocket is closed as a bad request on messages that only a server may send', async (t) => {
  const server = await startTestServer(t);
  const messages = [
    '{"type":"connection_ack"}',
    '{"type":"next","id":"1","payload":{"data":{}}}',
    '{"type":"error","id":"1","payload":[{"message":"x"}]}',
    '{"type":"start","id":"1"}',
    '[]',
  ];
  for (const message of messages) {
    const client = new WebSocket(`${server.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    await once(client, 'open');
    client.send('{"type":"connection_init"}');
    await once(client, 'message');
    client.send(message);
    assert.equal((await once(client, 'close'))[0], 4400, message);
  }
  assert.deepEqual(server.logged, []);
});

const MULTIPART = ['Content-Type: multipart/form-data; boundary=the-boundary'];
const UPLOAD = `${HEAD}name,sku\n${TAIL}`;
const JSON_BODY = ['Content-Type: application/json'];

const inVain: [what: string, headers: string[], body: string, status: number, code: string][] = [
  ['an unsupported media type in Accept', ['Accept: text/csv', ...JSON_BODY], TOUCH, 406, 'NOT_ACCEPTABLE'],
  ['the same, with a file', ['Accept: text/csv', ...MULTIPART], UPLOAD, 406, 'NOT_ACCEPTABLE'],
  ['a multipart response', ['Accept: multipart/mixed', ...JSON_BODY], TOUCH, 406, 'NOT_ACCEPTABLE'],
  [
    'all supported media types excluded',
    ['Accept: application/json;q=0', ...JSON_BODY],
    TOUCH,
    406,
    'NOT_ACCEPTABLE',
  ],
  ['an unsupported content type', ['Content-Type: text/plain'], TOUCH, 415, 'UNSUPPORTED_MEDIA_TYPE'],
  ['no content type', [], TOUCH, 415, 'UNSUPPORTED_MEDIA_TYPE'],
  [
    'a multipart body that is not a form',
    ['Content-Type: multipart/mixed; boundary=the-boundary'],
    UPLOAD,
    415,
    'UNSUPPORTED_MEDIA_TYPE',
  ],
  [
    'an unsupported charset',
    ['Content-Type: application/json; charset=utf-16'],
    TOUCH,
    415,
    'UNSUPPORTED_MEDIA_TYPE',
  ],
  ['a compressed body', [...JSON_BODY, 'Content-Encoding: gzip'], TOUCH, 415, 'UNSUPPORTED_MEDIA_TYPE'],
  ['a compressed form', [...MULTIPART, 'Content-Encoding: gzip'], UPLOAD, 415, 'UNSUPPORTED_MEDIA_TYPE'],
  ['a batch of operations', JSON_BODY, `[${TOUCH},${TOUCH}]`, 400, 'BAD_REQUEST'],
  ['invalid JSON', JSON_BODY, TOUCH.slice(0, -1), 400, 'BAD_REQUEST'],
  ['an unknown parameter', JSON_BODY, '{"query":"mutation { touch }","file":1}', 400, 'BAD_REQUEST'],
  [
    'several operations without a name',
    JSON_BODY,
    '{"query":"mutation A { touch } mutation B { touch }"}',
    400,
    'OPERATION_RESOLUTION_FAILURE',
  ],
  [
    'an unknown operation name',
    JSON_BODY,
    '{"query":"mutation A { touch }","operationName":"B"}',
    400,
    'OPERATION_RESOLUTION_FAILURE',
  ],
  [
    'a page of another site',
    ['Sec-Fetch-Site: cross-site', ...MULTIPART],
    UPLOAD,
    403,
    'CROSS_ORIGIN_REQUEST',
  ],
  ['no parts', MULTIPART, END, 400, 'BAD_MULTIPART'],
];
test('rejected requests have no effect', async (t) => {
  const server = await startTestServer(t);
  for (const [what, headers, body, status, code] of inVain) {
    const accept = headers.some((header) => header.startsWith('Accept')) ? [] : ['Accept: application/json'];
    const answer = await sendRaw(server, raw('POST /graphql', ['Host: x', ...accept, ...headers], body));
    assertRefused(answer, status, code, what);
  }
  assert.deepEqual([server.probe.touched, server.probe.bytesRead], [0, 0]);
  assert.deepEqual(server.logged, []);
});

test('content types are matched regardless of case and parameters', async (t) => {
  const server = await startTestServer(t);
  for (const type of [
    'Application/JSON',
    'application/json ; charset=UTF-8',
    'application/json;charset="utf-8"',
    'application/graphql+json',
  ]) {
    const answer = await sendRaw(server, raw('POST /graphql', ['Host: x', `Content-Type: ${type}`], HELLO));
    assert.deepEqual(answer.json, { data: { hello: 'world' } }, type);
  }
  const identity = await sendRaw(server, post('/graphql', HELLO, 'Content-Encoding: identity'));
  assert.equal(identity.status, 200);
  const type = 'Content-Type: Multipart/Form-Data; boundary=the-boundary';
  assert.equal(
    (await sendRaw(server, raw('POST /graphql', ['Host: x', type], UPLOAD))).json.data?.digest.bytes,
    9,
  );
});
