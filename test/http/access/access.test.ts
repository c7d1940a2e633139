// A server that requires tokens: who is let in, to what, and for how long.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { createClient as createSseClient } from 'graphql-sse';
import { createClient as createWsClient } from 'graphql-ws';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { WebSocket } from 'ws';
import { importFile } from '../../../src/cli/client/import-file.ts';
import { LoadstoneClient } from '../../../src/cli/client/loadstone-client.ts';
import { expectNoErrors, query } from '../../support/server/graphql-client.ts';
import { ONE_LANE, startTestServer, type TestServer } from '../../support/server/server.ts';
import { makeToken, revokeToken, type TestToken } from '../../support/server/tokens.ts';
import { waitUntil } from '../../support/wait-until.ts';

const NAMES = '{ productCountTotals { names } }';
const PAUSE = 'mutation { pauseDataSource(id: "0196f000-0000-7000-8000-000000000000") { id } }';
const UPDATE = 'mutation { updateProduct(sku: "none", input: { name: "n" }) { sku } }';
const PROGRESS = 'subscription { importProgress { id } }';

interface Answer {
  status: number;
  headers: Headers;
  code: string | undefined;
  message: string;
}

async function ask(server: TestServer, query: string, headers: Record<string, string> = {}): Promise<Answer> {
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query }),
  });
  return answerOf(response);
}

async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text();
  const body = text.startsWith('{') ? JSON.parse(text) : {};
  const [error] = body.errors ?? [];
  const { status, headers } = response;
  return { status, headers, code: error?.extensions.code, message: error?.message ?? text };
}

function bearing({ text }: Pick<TestToken, 'text'>): Record<string, string> {
  return { authorization: `Bearer ${text}` };
}

function startClosedServer(t: TestContext): Promise<TestServer> {
  return startTestServer(t, { ...ONE_LANE, access: 'required' });
}

/** An upload that does not end: its file begins, and the rest never comes. */
async function beginUpload(server: TestServer, headers: Record<string, string>): Promise<Answer> {
  const query = 'mutation ($file: Upload!) { importProducts(file: $file) { id } }';
  const request = http.request(`${server.url}/graphql`, {
    method: 'POST',
    agent: false,
    headers: { 'content-type': 'multipart/form-data; boundary=b', 'content-length': 1e6, ...headers },
  });
  const part = (name: string, content: string) =>
    `--b\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${content}\r\n`;
  request.write(part('operations', JSON.stringify({ query, variables: { file: null } })));
  request.write(part('map', '{"0":["variables.file"]}'));
  request.write('--b\r\ncontent-disposition: form-data; name="0"; filename="a.csv"\r\n\r\nname,sku\r\n');
  request.on('error', () => {});
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  const [body] = (await once(response, 'data')) as [Buffer];
  request.destroy();
  const [error] = JSON.parse(String(body)).errors;
  const headersSent = new Headers({ 'www-authenticate': response.headers['www-authenticate'] ?? '' });
  return { status: response.statusCode ?? 0, headers: headersSent, ...error, code: error.extensions.code };
}

test('without a token, only pages and probes are answered', async (t) => {
  const server = await startClosedServer(t);
  const refused = await ask(server, NAMES);
  assert.deepEqual([refused.status, refused.code], [401, 'UNAUTHENTICATED']);
  assert.equal(refused.headers.get('www-authenticate'), 'Bearer realm="Loadstone"');
  assert.match(refused.message, /needs an access token\. Send a valid one in the header "Authorization/);
  const introspection = await ask(server, '{ __schema { queryType { name } } }');
  assert.equal(introspection.code, 'UNAUTHENTICATED');

  const id = '0196f000-0000-7000-8000-000000000000';
  const downloads = ['products.csv', 'names.csv.gz', 'template.csv', `imports/${id}/issues.csv`];
  for (const path of [...downloads, `imports/${id}/changes.csv`, 'graphql?query={__typename}']) {
    const { status, code } = await answerOf(await fetch(`${server.url}/${path}`));
    assert.deepEqual([status, code], [401, 'UNAUTHENTICATED'], path);
  }
  for (const path of ['healthz', 'readyz', '']) {
    const { status } = await fetch(`${server.url}/${path}`);
    assert.ok(status === 200 || path === '', path);
  }
  const page = await fetch(`${server.url}/graphql`, { headers: { accept: 'text/html' } });
  assert.equal(page.status, 200);
});

test('an upload is refused before its bytes are stored', async (t) => {
  const server = await startClosedServer(t);
  const reader = await makeToken(server.database, 'reader');
  const stranger = await beginUpload(server, {});
  assert.deepEqual([stranger.status, stranger.code], [401, 'UNAUTHENTICATED']);
  const refused = await beginUpload(server, bearing(reader));
  assert.deepEqual([refused.status, refused.code], [403, 'FORBIDDEN']);
  const spooled = await readdir(join(server.settings.dataDir, 'spool')).catch(() => []);
  assert.deepEqual(spooled, []);
  const [found] = await server.database.sql`SELECT count(*)::integer AS imports FROM imports`;
  assert.equal(found?.['imports'], 0);
});

test('each role may do what the one before it may, and more', async (t) => {
  const server = await startClosedServer(t);
  const done = { reader: [NAMES], writer: [NAMES, UPDATE], admin: [NAMES, UPDATE, PAUSE] };
  for (const role of ['reader', 'writer', 'admin'] as const) {
    const token = await makeToken(server.database, role);
    for (const operation of [NAMES, UPDATE, PAUSE]) {
      const { status, code, message } = await ask(server, operation, bearing(token));
      if (done[role].includes(operation)) {
        assert.equal(status, 200);
        assert.ok(code === undefined || code === 'NOT_FOUND', message);
      } else {
        assert.deepEqual([status, code], [403, 'FORBIDDEN'], `${operation} as ${role}`);
        assert.match(message, /needs the role (writer|admin), and the (reader|writer) has the role/);
      }
    }
    const download = await fetch(`${server.url}/names.csv`, { headers: bearing(token) });
    assert.equal(download.status, 200);
    await download.arrayBuffer();
  }
});

test('a token that is not valid is refused with the reason', async (t) => {
  const server = await startClosedServer(t);
  const good = await makeToken(server.database, 'reader');
  const revoked = await makeToken(server.database, 'reader', { name: 'revoked' });
  await revokeToken(server.database, revoked);
  const expired = await makeToken(server.database, 'reader', {
    name: 'expired',
    expiresAt: new Date(Date.now() - 1),
  });
  const otherSecret = `${good.text.slice(0, -4)}${good.text.endsWith('AAAA') ? 'BBBB' : 'AAAA'}`;
  const otherId = good.text.replace(/_[\da-f]{4}/, (start) => (start === '_0000' ? '_1111' : '_0000'));
  const refusals: [string, RegExp][] = [
    [`Bearer ${otherSecret}`, /^The token is unknown\./],
    [`Bearer ${otherId}`, /^The token is unknown\./],
    [`Bearer ${revoked.text}`, /^The token was revoked\./],
    [`Bearer ${expired.text}`, /^The token has expired\./],
    [`Bearer ${good.text.slice(0, -1)}`, /^The token is malformed\./],
    ['Bearer eyJhbGciOiJub25lIn0.e30.', /^The token is malformed\./],
    [`Bearer ${'a'.repeat(8193)}`, /^The token has more than 8192 characters\./],
    ['Basic dXNlcjpwYXNz', /^The value of Authorization must be "Bearer TOKEN"\./],
  ];
  for (const [authorization, reason] of refusals) {
    const { status, code, message, headers } = await ask(server, NAMES, { authorization });
    assert.deepEqual([status, code], [401, 'UNAUTHENTICATED'], authorization);
    assert.match(message, reason);
    assert.equal(headers.get('www-authenticate'), 'Bearer realm="Loadstone", error="invalid_token"');
  }
  assert.equal((await ask(server, NAMES, bearing(good))).status, 200);
});

test('whoever tries tokens is slowed down, and others at the address go on', async (t) => {
  const server = await startClosedServer(t);
  const known = await makeToken(server.database, 'reader', { name: 'known' });
  const fresh = await makeToken(server.database, 'reader', { name: 'fresh' });
  assert.equal((await ask(server, NAMES, bearing(known))).status, 200);
  for (let attempt = 1; attempt <= 10; attempt += 1)
    assert.equal((await ask(server, NAMES, { authorization: `Bearer ${attempt}` })).status, 401);
  const slowed = await ask(server, NAMES, bearing(fresh));
  assert.deepEqual([slowed.status, slowed.code], [429, 'TOO_MANY_ATTEMPTS']);
  assert.ok(Number(slowed.headers.get('retry-after')) > 0);
  assert.equal((await ask(server, NAMES, bearing(known))).status, 200);
});

test('Server-Sent Events: a stream ends when its token is revoked', async (t) => {
  const server = await startClosedServer(t);
  const token = await makeToken(server.database, 'reader');
  const client = createSseClient({ url: `${server.url}/graphql`, headers: bearing(token), retryAttempts: 0 });
  t.after(() => client.dispose());
  const results = client.iterate({ query: 'subscription { productCountsChanged { totals { names } } }' });
  assert.ok((await results.next()).value?.data, 'the stream is open');
  await revokeToken(server.database, token);
  const { value } = await results.next();
  assert.equal(value?.errors?.[0]?.extensions?.['code'], 'UNAUTHENTICATED');
  assert.equal((await results.next()).done, true);
  assert.equal((await ask(server, NAMES, bearing(token))).code, 'UNAUTHENTICATED');
});

/** The code and the reason with which the server closes the connection. */
async function closedWith(socket: WebSocket): Promise<[code: number, reason: string]> {
  const [code, reason] = (await once(socket, 'close')) as [number, Buffer];
  return [code, String(reason)];
}

async function openSocket(server: TestServer, headers: Record<string, string> = {}): Promise<WebSocket> {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', {
    headers,
  });
  await once(socket, 'open');
  return socket;
}

test('WebSocket: a connection needs a token, and closes when it is revoked', async (t) => {
  const server = await startClosedServer(t);
  const token = await makeToken(server.database, 'reader');
  const authorization = `Bearer ${token.text}`;

  const stranger = await openSocket(server);
  stranger.send(JSON.stringify({ type: 'connection_init' }));
  const [code, reason] = await closedWith(stranger);
  assert.equal(code, 4403);
  assert.match(reason, /^This server needs an access token/);

  const wrong = await openSocket(server);
  wrong.send(JSON.stringify({ type: 'connection_init', payload: { authorization: 'Bearer wrong' } }));
  assert.equal((await closedWith(wrong))[0], 4403);

  const hasty = await openSocket(server, { authorization });
  hasty.send(JSON.stringify({ type: 'subscribe', id: '1', payload: { query: PROGRESS } }));
  assert.equal((await closedWith(hasty))[0], 4401);

  const ways = [
    { connectionParams: { authorization } },
    {
      webSocketImpl: class extends WebSocket {
        constructor(url: string, protocol: string) {
          super(url, protocol, { headers: { authorization } });
        }
      },
    },
  ];
  const closings = ways.map(async (way) => {
    const url = `${server.url.replace('http', 'ws')}/graphql`;
    const closed = Promise.withResolvers<unknown>();
    const acknowledged = Promise.withResolvers<void>();
    const client = createWsClient({
      url,
      webSocketImpl: WebSocket,
      retryAttempts: 0,
      lazy: false,
      onNonLazyError: () => {},
      on: { closed: closed.resolve, connected: () => acknowledged.resolve() },
      ...way,
    });
    await acknowledged.promise;
    const first = await client.iterate<{ productCountTotals: object }>({ query: NAMES }).next();
    assert.ok(first.value?.data?.productCountTotals);
    return { closed: closed.promise as Promise<CloseEvent>, client };
  });
  const clients = await Promise.all(closings);
  await revokeToken(server.database, token);
  for (const { closed, client } of clients) {
    const event = await closed;
    assert.deepEqual([event.code, event.reason], [4403, 'The token was revoked.']);
    await client.dispose();
  }
});

function postSession(server: TestServer, body: string, headers: Record<string, string> = {}) {
  const type = { 'content-type': 'application/json' };
  return fetch(`${server.url}/session`, { method: 'POST', headers: { ...type, ...headers }, body });
}

test('signing in exchanges a token for a cookie that only pages of this server can use', async (t) => {
  const server = await startTestServer(t, { ...ONE_LANE, access: 'required', trustedProxies: ['127.0.0.1'] });
  const token = await makeToken(server.database, 'reader');
  const body = JSON.stringify({ token: token.text });

  const signedIn = await postSession(server, body);
  assert.equal(signedIn.status, 204);
  const [cookie = '', ...attributes] = (signedIn.headers.get('set-cookie') ?? '').split('; ');
  assert.deepEqual(attributes, ['Path=/', 'Max-Age=2592000', 'HttpOnly', 'SameSite=Strict']);
  const overHttps = await postSession(server, body, { 'x-forwarded-proto': 'https' });
  assert.match(overHttps.headers.get('set-cookie') ?? '', /; Secure$/);

  assert.equal((await ask(server, NAMES, { cookie })).status, 200);
  assert.equal((await ask(server, UPDATE, { cookie })).code, 'FORBIDDEN');
  const elsewhere: [Record<string, string>, string][] = [
    [{ cookie, origin: 'https://evil.example' }, 'UNAUTHENTICATED'],
    [{ cookie, 'sec-fetch-site': 'same-site', 'graphql-preflight': '1' }, 'UNAUTHENTICATED'],
    [{ cookie: 'loadstone_token=; other=1' }, 'UNAUTHENTICATED'],
  ];
  for (const [headers, code] of elsewhere) {
    assert.equal((await ask(server, NAMES, headers)).code, code);
    const download = await answerOf(await fetch(`${server.url}/names.csv`, { headers }));
    assert.equal(download.code, code);
  }
  const forged = await answerOf(await postSession(server, body, { 'sec-fetch-site': 'cross-site' }));
  assert.deepEqual([forged.status, forged.code], [403, 'CROSS_ORIGIN_REQUEST']);

  const malformed: [string, Record<string, string>, number][] = [
    ['not JSON', {}, 400],
    ['{"token": 1}', {}, 400],
    ['{"token": "a; Domain=evil.example"}', {}, 400],
    [JSON.stringify({ token: 'a'.repeat(20_000) }), {}, 413],
    [body, { 'content-type': 'text/plain' }, 415],
    ['{"token": "wrong"}', {}, 401],
  ];
  for (const [text, headers, status] of malformed)
    assert.equal((await postSession(server, text, headers)).status, status, text.slice(0, 40));

  const signedOut = await fetch(`${server.url}/session`, { method: 'DELETE', headers: { cookie } });
  assert.match(signedOut.headers.get('set-cookie') ?? '', /^loadstone_token=; Path=\/; Max-Age=0;/);
  await revokeToken(server.database, token);
  await waitUntil('the cookie is refused, and removed', async () => {
    const { code, headers } = await ask(server, NAMES, { cookie });
    return (
      code === 'UNAUTHENTICATED' && /^loadstone_token=; .*Max-Age=0/.test(headers.get('set-cookie') ?? '')
    );
  });
});

interface Authors {
  import: { createdBy: string | null; undoneBy: { createdBy: string } | null } | null;
  products: { nodes: { sku: string; updatedBy: string | null }[] };
  productHistory: { nodes: { kind: string; author: string | null }[] };
}

test('every change says who made it', async (t) => {
  const server = await startClosedServer(t);
  const ann = await makeToken(server.database, 'writer', { name: 'Ann' });
  const bob = await makeToken(server.database, 'admin', { name: 'Bob' });
  async function as(token: TestToken, document: string, variables: object = {}): Promise<unknown> {
    const answer = await query(server.url, document, { ...variables }, bearing(token));
    return expectNoErrors(answer);
  }

  const file = 'name,sku,description\nLamp,a,\nChair,b,\nTable,c,\n';
  const { state } = await importFile(
    new LoadstoneClient(`${server.url}/graphql`, ann.text),
    { name: 'a.csv', size: file.length, stream: Readable.from([file]) },
    { id: randomUUID() },
    () => {},
  );
  assert.equal(state.status, 'COMPLETED');
  await as(bob, 'mutation { updateProduct(sku: "b", input: { description: "soft" }) { sku } }');
  await as(bob, 'mutation { deleteProduct(sku: "c") { sku } }');
  await as(ann, 'mutation { createProduct(input: { sku: "d", name: "Desk" }) { sku } }');
  await as(bob, 'mutation { updateProducts(products: [{ sku: "d", name: "Big desk" }]) { outcome } }');

  const AUTHORS = `query ($id: ID!, $sku: String!) {
    import(id: $id) { createdBy undoneBy { createdBy } }
    products { nodes { sku updatedBy } }
    productHistory(sku: $sku) { nodes { kind author } }
  }`;
  const read = (sku: string) => as(ann, AUTHORS, { id: state.id, sku }) as Promise<Authors>;
  const found = await read('d');
  assert.equal(found.import?.createdBy, 'Ann');
  assert.deepEqual(
    found.products.nodes.map(({ sku, updatedBy }) => [sku, updatedBy]),
    [
      ['a', 'Ann'],
      ['b', 'Bob'],
      ['d', 'Bob'],
    ],
  );
  assert.deepEqual(found.productHistory.nodes, [
    { kind: 'UPDATED', author: 'Bob' },
    { kind: 'INSERTED', author: 'Ann' },
  ]);
  assert.deepEqual((await read('c')).productHistory.nodes, [
    { kind: 'DELETED', author: 'Bob' },
    { kind: 'INSERTED', author: 'Ann' },
  ]);

  await as(bob, `mutation { undoImport(id: "${state.id}") { id } }`);
  assert.equal((await read('a')).import?.undoneBy?.createdBy, 'Bob');
});

test('a JWT of the identity provider is a token, and while its keys are away the error says so', async (t) => {
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const keys = [{ ...(await exportJWK(publicKey)), kid: 'k' }];
  const provider = http.createServer((_request, response) => response.end(JSON.stringify({ keys })));
  provider.listen(0, '127.0.0.1');
  await once(provider, 'listening');
  t.after(() => provider.close());
  const jwtJwksUrl = `http://127.0.0.1:${(provider.address() as AddressInfo).port}/`;
  const settings = { ...ONE_LANE, jwtJwksUrl, jwtIssuer: 'i', jwtAudience: 'a' };
  const server = await startTestServer(t, settings);
  const text = await new SignJWT({ sub: 'ada', role: 'writer' })
    .setProtectedHeader({ alg: 'ES256', kid: 'k' })
    .setIssuer('i')
    .setAudience('a')
    .setExpirationTime('5m')
    .sign(privateKey);
  assert.equal((await ask(server, NAMES)).status, 401);
  const viewer = await query(server.url, '{ viewer { name role } }', {}, bearing({ text }));
  assert.deepEqual(viewer.data, { viewer: { name: 'ada', role: 'WRITER' } });
  assert.equal((await ask(server, PAUSE, bearing({ text }))).code, 'FORBIDDEN');

  const other = await startTestServer(t, {
    ...settings,
    jwtJwksUrl: 'http://127.0.0.1:1/',
    databaseUrl: server.database.url,
  });
  const away = await ask(other, NAMES, bearing({ text }));
  assert.deepEqual([away.status, away.code], [503, 'IDENTITY_PROVIDER_UNAVAILABLE']);
});
