// Under which names the server answers, which pages of other origins may use it, and what all responses tell browsers.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { WebSocket } from 'ws';
import { END, HEAD, sendRaw, startTestServer, type TestServer, until } from '../support.ts';

const PAGE = 'https://shop.example';
const OTHER_PAGE = 'https://evil.example';
const TOUCH = '{"query":"mutation { touch }"}';

function raw(line: string, headers: string[], body = ''): string {
  const length = body === '' ? [] : [`Content-Length: ${Buffer.byteLength(body)}`];
  return [`${line} HTTP/1.1`, ...headers, ...length, 'Connection: close', '', body].join('\r\n');
}

const post = (headers: string[], body = TOUCH) =>
  raw('POST /graphql', [...headers, 'Content-Type: application/json'], body);

test('requests under another name than those of the server have no effect', async (t) => {
  const allowedHosts = ['shop.example', '*.intern.example', '192.0.2.1', '2001:db8::1', 'bücher.example'];
  const server = await startTestServer(t, { allowedHosts, trustedProxies: ['127.0.0.1'] });
  for (const host of [
    'localhost:4000',
    'LOCALHOST',
    'localhost.',
    'a.localhost:1',
    '127.0.0.1',
    '127.8.9.10:4000',
    '[::1]:4000',
    '[::ffff:127.0.0.1]',
    'shop.example',
    'SHOP.example:8080',
    'shop.example.',
    'a.b.intern.example',
    '192.0.2.1:4000',
    '[2001:DB8:0::1]',
    'xn--bcher-kva.example',
  ]) {
    assert.equal((await sendRaw(server, post([`Host: ${host}`]))).status, 200, host);
  }
  const allowed = server.probe.touched;
  for (const host of [
    'evil.example',
    'evil.example:4000',
    'localhost.evil.example',
    'notlocalhost',
    'www.shop.example',
    'intern.example',
    'evilintern.example',
    '192.0.2.2',
    '0.0.0.0',
    '[::2]',
    '128.0.0.1',
  ]) {
    const { status, headers, json } = await sendRaw(server, post([`Host: ${host}`]));
    assert.deepEqual([status, json.errors?.[0]?.extensions.code], [421, 'HOST_NOT_ALLOWED'], host);
    assert.match(json.errors?.[0]?.message ?? '', /ALLOWED_HOSTS/);
    assert.equal(headers['x-content-type-options'], 'nosniff');
    for (const line of ['GET /', 'GET /products.csv', 'OPTIONS /graphql', 'OPTIONS *', 'GET /no-such-page'])
      assert.equal((await sendRaw(server, raw(line, [`Host: ${host}`]))).status, 421, `${line} ${host}`);
  }
  const absolute = post(['Host: localhost']).replace('/graphql', 'http://evil.example/graphql');
  assert.equal((await sendRaw(server, absolute)).status, 421, 'the target names another host');
  const hidden = post(['Host: evil.example', 'X-Forwarded-Host: localhost']);
  assert.equal((await sendRaw(server, hidden)).status, 421, 'a page adds a header that a proxy passes on');
  const forwarded = post(['Host: localhost', 'X-Forwarded-Host: evil.example']);
  assert.equal((await sendRaw(server, forwarded)).status, 421, 'a proxy was asked under another name');
  assert.equal(server.probe.touched, allowed);
  for (const path of ['/healthz', '/healthz/'])
    assert.equal((await sendRaw(server, raw(`GET ${path}`, ['Host: 10.0.0.7:4000']))).status, 200, path);
});

test('WebSockets are opened only under a name of the server, and by pages of allowed origins', async (t) => {
  const server = await startTestServer(t, { allowedHosts: [], allowedOrigins: [PAGE] });
  const open = async (headers: Record<string, string>, origin?: string) => {
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', {
      headers,
      ...(origin && { origin }),
    });
    const outcome = await Promise.race([
      once(socket, 'open').then(() => 101),
      once(socket, 'unexpected-response').then(([, response]) => response.statusCode),
    ]);
    socket.on('error', () => {}).terminate();
    return outcome;
  };
  assert.equal(await open({ host: 'evil.example' }), 421);
  assert.equal(
    await open({ host: 'evil.example', 'sec-fetch-site': 'same-origin' }, 'http://evil.example'),
    421,
  );
  assert.equal(await open({ 'sec-fetch-site': 'cross-site' }, OTHER_PAGE), 403);
  assert.equal(await open({ 'sec-fetch-site': 'cross-site' }, PAGE), 101);
  assert.equal(await open({}, PAGE), 101);
});

test('without ALLOWED_ORIGINS, pages of other origins get no permission', async (t) => {
  const server = await startTestServer(t);
  const preflight = ['Host: a', `Origin: ${PAGE}`, 'Access-Control-Request-Method: POST'];
  for (const request of [
    raw('OPTIONS /graphql', preflight),
    post(['Host: a', `Origin: ${PAGE}`]),
    raw('GET /graphql?query={hello}', ['Host: a', `Origin: ${PAGE}`]),
  ]) {
    const { headers } = await sendRaw(server, request);
    assert.deepEqual(
      Object.keys(headers).filter((name) => name.startsWith('access-control')),
      [],
    );
  }
  assert.equal(server.probe.touched, 0);
});

test('pages of allowed origins use queries, uploads, event streams and downloads, and no others do', async (t) => {
  const server = await startTestServer(t, { allowedOrigins: [PAGE] });
  const from = (origin: string) => ['Host: a', `Origin: ${origin}`, 'Sec-Fetch-Site: cross-site'];
  const asked = [
    'Access-Control-Request-Method: POST',
    'Access-Control-Request-Headers: authorization,content-type',
  ];

  const preflight = await sendRaw(server, raw('OPTIONS /graphql', [...from(PAGE), ...asked]));
  assert.equal(preflight.status, 204);
  assert.equal(preflight.headers['access-control-allow-origin'], PAGE);
  assert.match(String(preflight.headers['access-control-allow-methods']), /POST/);
  assert.equal(preflight.headers['access-control-allow-headers'], 'authorization,content-type');
  assert.match(String(preflight.headers.vary), /Origin/);
  assert.equal(
    preflight.headers['access-control-allow-credentials'],
    undefined,
    'cookies are not for other pages',
  );

  const upload = (origin: string) =>
    raw(
      'POST /graphql',
      [...from(origin), 'Content-Type: multipart/form-data; boundary=the-boundary'],
      `${HEAD}a,b\r\n${END}`,
    );
  const requests = (origin: string): [what: string, request: string, refused: number][] => [
    ['a mutation', post(from(origin)), 403],
    ['an upload', upload(origin), 403],
    ['an error', post(from(origin), '{'), 403],
    ['a query', raw('GET /graphql?query={hello}', from(origin)), 200],
    ['a download', raw('GET /template.csv', from(origin)), 200],
  ];
  for (const [what, request] of requests(PAGE)) {
    const { status, headers } = await sendRaw(server, request);
    assert.equal(status, what === 'an error' ? 400 : 200, what);
    assert.equal(headers['access-control-allow-origin'], PAGE, what);
    assert.match(String(headers['access-control-expose-headers']), /Content-Disposition.*Retry-After/, what);
  }
  const { touched } = server.probe;
  for (const origin of [OTHER_PAGE, 'null', `${PAGE}:8443`, 'http://shop.example', `${PAGE}.evil.example`]) {
    for (const [what, request, refused] of requests(origin)) {
      const { status, headers } = await sendRaw(server, request);
      assert.equal(status, refused, `${what} of ${origin}`);
      assert.equal(headers['access-control-allow-origin'], undefined, `${what} of ${origin}`);
      assert.match(String(headers.vary), /Origin/, `${what}: a cache must not give it to an allowed page`);
    }
  }
  assert.equal(server.probe.touched, touched);
  const console = await sendRaw(server, raw('GET /', from(PAGE)));
  assert.equal(console.headers['access-control-allow-origin'], undefined, 'the console is not shared');

  const stream = await fetch(`${server.url}/graphql?query=subscription{silence}`, {
    headers: { origin: PAGE },
  });
  assert.equal(stream.headers.get('access-control-allow-origin'), PAGE);
  await stream.body?.cancel();
  await until('the subscription is released', () => server.probe.watching === 0);
});

test('every response has the security headers, and over https that it stays so', async (t) => {
  const server = await startTestServer(t, { allowedHosts: [], trustedProxies: ['127.0.0.1'] });
  for (const request of everyKind()) {
    const { status, headers } = await sendRaw(server, request);
    const what = `${status} to ${request.slice(0, 60)}`;
    assert.match(
      String(headers['content-security-policy']),
      /default-src 'none'.*frame-ancestors 'none'/,
      what,
    );
    assert.doesNotMatch(String(headers['content-security-policy']), /script-src[^;]*unsafe/, what);
    assert.equal(headers['x-content-type-options'], 'nosniff', what);
    assert.equal(headers['x-frame-options'], 'DENY', what);
    assert.equal(headers['referrer-policy'], 'same-origin', what);
    assert.equal(headers['cross-origin-opener-policy'], 'same-origin', what);
    assert.equal(headers['cross-origin-resource-policy'], 'same-origin', what);
    assert.match(String(headers['permissions-policy']), /camera=\(\)/, what);
    assert.equal(headers['strict-transport-security'], undefined, what);
    assert.equal(headers['x-powered-by'] ?? headers['server'], undefined, what);
  }
  assert.match(String(await hsts(server, 'https')), /^max-age=\d{8}$/);
  assert.equal(await hsts(server, 'http'), undefined);
  const direct = await startTestServer(t, { allowedHosts: [] });
  assert.equal(await hsts(direct, 'https'), undefined);
  assert.equal(await hsts(direct, 'https'), undefined, 'anybody may write the header');
  assert.match(direct.logged.join(''), /^[^\n]*127\.0\.0\.1[^\n]*TRUSTED_PROXIES[^\n]*\n$/, 'once');
});

async function hsts(server: TestServer, scheme: string): Promise<unknown> {
  const headers = ['Host: localhost', 'X-Forwarded-For: 192.0.2.9', `X-Forwarded-Proto: ${scheme}`];
  return (await sendRaw(server, raw('GET /healthz', headers))).headers['strict-transport-security'];
}

function* everyKind(): Generator<string> {
  const host = 'Host: localhost';
  yield raw('GET /', [host, 'Accept: text/html']);
  yield raw('GET /no-such-page', [host, 'Accept: text/html']);
  yield raw('GET /no-such-file.js', [host]);
  yield raw('GET /template.csv', [host]);
  yield raw('GET /healthz', [host]);
  yield raw('GET /graphql?query={hello}', [host]);
  yield raw('GET /graphql', [host, 'Accept: text/html']);
  yield raw('OPTIONS /graphql', [host]);
  yield raw('DELETE /graphql', [host]);
  yield post([host]);
  yield post([host], '{');
  yield post([host, 'Sec-Fetch-Site: cross-site']);
  yield raw('GET /graphql', [host, 'Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Version: 1']);
  yield raw('CONNECT localhost:1', [host]);
  yield raw('GET /', ['Host: evil.example']);
  yield raw('GET /', [host, 'Expect: tea']);
  yield 'NONSENSE\r\n\r\n';
}
