// Plain requests to the GraphQL endpoint: results, and errors for invalid requests.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { answerTo, connectRaw, query, startTestServer, type TestServer } from '../support.ts';

test('a query is answered', async (t) => {
  const server = await startTestServer(t);
  const { status, json } = await query(server, {
    query: 'query ($name: String) { hello(name: $name) }',
    variables: { name: 'you' },
  });
  assert.deepEqual([status, json], [200, { data: { hello: 'you' } }]);
});

test('a browser gets GraphiQL, with subscriptions over Server-Sent Events', async (t) => {
  const server = await startTestServer(t);
  const response = await fetch(`${server.url}/graphql`, { headers: { accept: 'text/html' } });
  assert.match(response.headers.get('content-type') ?? '', /text\/html/);
  assert.match(await response.text(), /"subscriptionsProtocol":"SSE"/);
});

test('resolvers know the URL of the server as the client requested it', async (t) => {
  const server = await startTestServer(t, { trustedProxies: ['127.0.0.1'] });
  const ask = async (headers: http.OutgoingHttpHeaders) => {
    const request = http.request(`${server.url}/graphql?query={address}`, { headers, agent: false });
    request.end();
    return (await answerTo(request)).json.data?.address;
  };
  assert.equal(await ask({}), server.url);
  assert.equal(await ask({ host: 'shop.example:8080' }), 'http://shop.example:8080');
  assert.equal(await ask({ host: 'shop.example', 'x-forwarded-proto': 'https' }), 'https://shop.example');
  const chain = { host: 'shop.example:443', 'x-forwarded-proto': 'https, http' };
  assert.equal(await ask(chain), 'https://shop.example');
});

test('an error meant for the client keeps its code and message', async (t) => {
  const server = await startTestServer(t);
  const { status, json } = await query(server, { query: '{ missing }' });
  assert.equal(status, 200);
  assert.deepEqual(json.errors?.[0], {
    message: 'There is no such thing. Look elsewhere.',
    locations: [{ line: 1, column: 3 }],
    path: ['missing'],
    extensions: { code: 'NOT_FOUND' },
  });
});

test('any other error is masked with a reference under which it is logged', async (t) => {
  const server = await startTestServer(t);
  const { text, json } = await query(server, { query: '{ broken }' });
  assert.equal(json.errors?.[0]?.extensions.code, 'INTERNAL');
  assert.doesNotMatch(text, /secret|stack/);
  const reference = /reference ([\da-f-]{36})/.exec(text)?.[1] ?? 'none';
  const line = server.logged.find((logged) => logged.includes(reference));
  assert.match(line ?? '', /secret of the database/);
});

const wrong: [what: string, body: object, code: string][] = [
  ['a document that does not parse', { query: '{ hello' }, 'GRAPHQL_PARSE_FAILED'],
  ['an unknown field', { query: '{ nonsense }' }, 'GRAPHQL_VALIDATION_FAILED'],
  ['a document with too many aliases', { query: `{ ${'a: hello '.repeat(3000)} }` }, 'GRAPHQL_PARSE_FAILED'],
  [
    'a variable of the wrong type',
    { query: 'query ($name: String) { hello(name: $name) }', variables: { name: 1 } },
    'BAD_USER_INPUT',
  ],
  [
    'a file as JSON',
    { query: 'mutation ($file: Upload!) { ignore(file: $file) }', variables: { file: 'x' } },
    'BAD_USER_INPUT',
  ],
];
for (const [what, body, code] of wrong) {
  test(`${what} is rejected as ${code}, and nothing is logged`, async (t) => {
    const server = await startTestServer(t);
    const { json } = await query(server, body);
    assert.equal(json.errors?.[0]?.extensions.code, code, JSON.stringify(json));
    assert.deepEqual(server.logged, []);
  });
}

test('invalid JSON is rejected with 400', async (t) => {
  const server = await startTestServer(t);
  const post = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{',
  });
  const get = await fetch(`${server.url}/graphql?query={hello}&variables={`);
  for (const response of [post, get]) {
    assert.equal(response.status, 400);
    assert.match(await response.text(), /"code":"BAD_/);
  }
  assert.deepEqual(server.logged, []);
});

test('a body is read in UTF-8 wherever its pieces are cut, and rejected with 400 if it is not', async (t) => {
  const server = await startTestServer(t);
  const ask = async (...pieces: Buffer[]) => {
    const headers = { 'content-type': 'application/json' };
    const request = http.request(`${server.url}/graphql`, { method: 'POST', headers, agent: false });
    request.setNoDelay(true);
    for (const piece of pieces) {
      request.write(piece);
      await delay(20);
    }
    request.end();
    const { status, json } = await answerTo(request);
    return [status, json.data?.hello ?? json.errors?.[0]?.message];
  };
  const name = 'é 😀\ufffd';
  const body = Buffer.from(
    JSON.stringify({ query: 'query ($name: String) { hello(name: $name) }', variables: { name } }),
  );
  const at = body.indexOf('é');
  for (const cuts of [[], [at + 1], [at + 5], [at + 1, at + 4, at + 6, at + 9]]) {
    const pieces = [0, ...cuts].map((cut, index) => body.subarray(cut, cuts[index]));
    assert.deepEqual(await ask(...pieces), [200, name], `cut at ${cuts}`);
    assert.deepEqual(await ask(Buffer.from('\ufeff'), ...pieces), [200, name]);
  }
  const rejected = [400, 'The body is not UTF-8. Send it in UTF-8.'];
  assert.deepEqual(await ask(body.subarray(0, at + 1)), rejected);
  assert.deepEqual(await ask(body.subarray(0, at + 1), body.subarray(at + 2)), rejected);
  assert.deepEqual(await ask(Buffer.from('{"query":"\xe9"}', 'latin1')), rejected);
  assert.equal((await ask())[0], 400);
  // Of more than a MiB, which is read in several turns.
  const long = 'é'.repeat(1024 * 1024);
  const large = Buffer.from(JSON.stringify({ query: '{ hello }', variables: { long } }));
  assert.equal((await ask(large))[0], 200);
  assert.deepEqual(await ask(large.subarray(0, -4)), rejected);
});

test('a request body without a file has a size limit based on maxDescriptionLength, and exceeding it returns 413', async (t) => {
  const server = await startTestServer(t, { maxDescriptionLength: 100_000 });
  const body = JSON.stringify({ query: '{ hello }', variables: { x: 'x'.repeat(4 * 1024 * 1024) } });
  for (const headers of [{ 'content-length': body.length }, { 'transfer-encoding': 'chunked' }]) {
    const request = http.request(`${server.url}/graphql`, {
      method: 'POST',
      agent: false,
      headers: { 'content-type': 'application/json', ...headers },
    });
    request.end(body);
    const { status, json } = await answerTo(request);
    assert.equal(status, 413);
    assert.equal(json.errors?.[0]?.extensions.code, 'BAD_USER_INPUT');
  }
});

test('a page of another site can neither send an operation nor read a response', async (t) => {
  const server = await startTestServer(t);
  const origin = 'https://evil.example';
  const form = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { origin, 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ query: 'mutation { touch }' }),
  });
  assert.equal(form.status, 403);
  assert.match(await form.text(), /CROSS_ORIGIN_REQUEST/);
  const preflight = await fetch(`${server.url}/graphql`, {
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-method': 'POST' },
  });
  const read = await fetch(`${server.url}/graphql?query={hello}`, { headers: { origin } });
  for (const response of [form, preflight, read]) {
    assert.equal(response.headers.get('access-control-allow-origin'), null);
  }
});

test('a mutation over GET is rejected', async (t) => {
  const server = await startTestServer(t);
  const response = await fetch(`${server.url}/graphql?query=mutation{touch}`);
  assert.equal(response.status, 405);
});

test('a malformed request line does not affect other requests', async (t) => {
  const server = await startTestServer(t);
  for (const line of [
    'GET // HTTP/1.1',
    'GET http:// HTTP/1.1',
    'POST * HTTP/1.1',
    'rubbish',
    'GET /%zz HTTP/1.1',
  ]) {
    const socket = await connectRaw(server);
    socket.end(`${line}\r\nHost: x\r\nConnection: close\r\n\r\n`);
    const [answer] = await once(socket, 'data');
    assert.match(String(answer), /^HTTP\/1\.1 4\d\d/);
  }
  await assertAlive(server);
});

test('closing waits for a query in progress, and no longer than that', async (t) => {
  const server = await startTestServer(t);
  const slow = query(server, { query: '{ slow(ms: 300) }' });
  await new Promise((resolve) => setTimeout(resolve, 100));
  const begun = Date.now();
  await Promise.all([server.close(), server.close()]);
  assert.ok(Date.now() - begun < 900);
  assert.deepEqual((await slow).json, { data: { slow: 'done' } });
  await assert.rejects(fetch(server.url));
});

async function assertAlive(server: TestServer): Promise<void> {
  assert.deepEqual((await query(server, { query: '{ hello }' })).json, { data: { hello: 'world' } });
}
