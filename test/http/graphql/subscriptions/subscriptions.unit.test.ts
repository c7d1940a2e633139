// Live subscriptions over Server-Sent Events and over WebSocket, with the protocols' own clients.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import type net from 'node:net';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { createClient as createSseClient } from 'graphql-sse';
import { createClient as createWsClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import {
  answerTo,
  connectRaw,
  HEAD,
  openUpload,
  query,
  startTestServer,
  type TestServer,
  until,
} from '../../support.ts';

interface Client {
  iterate(request: { query: string }): AsyncIterableIterator<unknown>;
  dispose(): void | Promise<void>;
}

const SSE = 'Server-Sent Events';
const WS = 'WebSocket';

const connectors = {
  [SSE]: ({ url }: TestServer): Client => createSseClient({ url: `${url}/graphql`, retryAttempts: 0 }),
  [WS]: ({ url }: TestServer): Client =>
    createWsClient({
      url: `${url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      retryAttempts: 0,
    }),
};

/** How a cut appears to the clients of the protocols, which then reconnect. */
const CUT = { [SSE]: /^NetworkError/, [WS]: /^1001 The server is shutting down$/ };

function cutOf(end: unknown): string {
  if (end instanceof Error) return String(end.name);
  const { code, reason } = end as { code?: number; reason?: string };
  return code === undefined ? JSON.stringify(end) : `${code} ${reason}`;
}

for (const name of [SSE, WS] as const) {
  const connect = connectors[name];

  test(`${name}: values arrive in order, and the stream completes`, async (t) => {
    const server = await startTestServer(t);
    const client = connect(server);
    t.after(() => client.dispose());
    assert.deepEqual(await collect(client, 'subscription { count(to: 3) }'), [
      { data: { count: 1 } },
      { data: { count: 2 } },
      { data: { count: 3 } },
    ]);
  });

  test(`${name}: a query is answered on the same connection`, async (t) => {
    const server = await startTestServer(t);
    const client = connect(server);
    t.after(() => client.dispose());
    assert.deepEqual(await collect(client, '{ hello }'), [{ data: { hello: 'world' } }]);
  });

  test(`${name}: errors have a code and contain no internals`, async (t) => {
    const server = await startTestServer(t);
    const client = connect(server);
    t.after(() => client.dispose());
    const codes: Record<string, string> = {
      '{ missing }': 'NOT_FOUND',
      '{ broken }': 'INTERNAL',
      'subscription { nonsense }': 'GRAPHQL_VALIDATION_FAILED',
      'subscription {': 'GRAPHQL_PARSE_FAILED',
    };
    for (const [document, code] of Object.entries(codes)) {
      const seen = await collect(client, document).catch((error: unknown) => error);
      assert.match(JSON.stringify(seen), new RegExp(`"code":"${code}"`), document);
      assert.doesNotMatch(JSON.stringify(seen), /secret|"http"/);
    }
  });

  test(`${name}: a subscription is released when its client unsubscribes`, async (t) => {
    const server = await startTestServer(t);
    const client = connect(server);
    t.after(() => client.dispose());
    const results = client.iterate({ query: 'subscription { silence }' });
    assert.deepEqual((await results.next()).value, { data: { silence: 'now silent' } });
    assert.equal(server.probe.watching, 1);
    await results.return?.();
    await until('the resolver is released', () => server.probe.watching === 0);
  });

  test(`${name}: closing the server disconnects a silent subscription without completing it`, async (t) => {
    const server = await startTestServer(t);
    const client = connect(server);
    t.after(() => client.dispose());
    const results = client.iterate({ query: 'subscription { silence }' });
    await results.next();
    const end = results.next().catch((error: unknown) => error);
    const begun = Date.now();
    await server.close();
    assert.ok(Date.now() - begun < 900);
    assert.match(cutOf(await end), CUT[name]);
    await until('the resolver is released', () => server.probe.watching === 0);
    assert.deepEqual(server.logged, []);
  });

  test(`${name}: subscriptions continue while requests drain, and can still complete`, async (t) => {
    const server = await startTestServer(t);
    const client = connect(server);
    t.after(() => client.dispose());
    const silent = client.iterate({ query: 'subscription { silence }' });
    await silent.next();
    const ended = connect(server).iterate({ query: 'subscription { count(to: 2) }' });
    await ended.next();
    const slow = query(server, { query: '{ slow(ms: 400) }' });
    const slowHere = collect(connect(server), '{ slow(ms: 400) }');
    await until('both are under way', () => server.probe.slow === 2);
    const drained = server.drain();
    const rest = [];
    for await (const result of ended) rest.push(result);
    assert.deepEqual(rest, [{ data: { count: 2 } }]);
    await drained;
    assert.equal((await slow).status, 200);
    assert.deepEqual(await slowHere, [{ data: { slow: 'done' } }]);
    assert.equal(server.probe.watching, 1, 'the silent one goes on');
    await server.close();
    assert.match(cutOf(await silent.next().catch((error: unknown) => error)), CUT[name]);
  });

  test(`${name}: a stalled subscriber does not block another`, async (t) => {
    const server = await startTestServer(t);
    const socket = await stall[name](server);
    t.after(() => socket.destroy());
    await settled(server);
    const client = connect(server);
    t.after(() => client.dispose());
    assert.equal((await collect(client, 'subscription { count(to: 100) }')).length, 100);
  });

  test(`${name}: a stalled subscriber uses bounded memory, and is released when it disconnects`, async (t) => {
    const server = await startTestServer(t);
    const socket = await stall[name](server);
    const ticks = await settled(server);
    // Most of it is in the kernel's buffers, which hold some megabytes.
    assert.ok(ticks * 10_000 < 16 * 1024 * 1024, `${ticks} values were asked for`);
    socket.destroy();
    await until('the resolver is released', () => server.probe.watching === 0);
    assert.deepEqual(server.logged, []);
  });
}

/** Subscribe to `flood` without reading. */
const stall = {
  async [SSE](server: TestServer): Promise<net.Socket> {
    const socket = await connectRaw(server);
    const body = JSON.stringify({ query: 'subscription { flood }' });
    socket
      .pause()
      .write(
        `POST /graphql HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      );
    return socket;
  },
  async [WS](server: TestServer): Promise<net.Socket> {
    const [client, socket] = await openWebSocket(server);
    client.send('{"type":"connection_init"}');
    await once(client, 'message');
    client.send('{"id":"1","type":"subscribe","payload":{"query":"subscription { flood }"}}');
    socket.pause();
    return socket;
  },
};

async function openWebSocket(server: TestServer): Promise<[client: WebSocket, socket: net.Socket]> {
  const client = new WebSocket(`${server.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  client.on('error', () => {});
  const [response] = (await once(client, 'upgrade')) as [http.IncomingMessage];
  if (client.readyState !== client.OPEN) await once(client, 'open');
  return [client, response.socket];
}

/** @returns how many values were produced for a stalled subscriber until production stopped */
async function settled({ probe }: TestServer): Promise<number> {
  let seen = -1;
  for (let ticks = 0; seen !== ticks || ticks === 0; ticks = probe.ticks) {
    seen = ticks;
    await delay(200);
    if (ticks > 100_000) break;
  }
  return probe.ticks;
}

test('Server-Sent Events: a client that accepts anything, such as curl, gets a stream', async (t) => {
  const server = await startTestServer(t);
  const response = await fetch(`${server.url}/graphql?query=subscription{count(to:2)}`);
  assert.match(response.headers.get('content-type') ?? '', /text\/event-stream/);
  assert.equal(
    await response.text(),
    ':\n\nevent: next\ndata: {"data":{"count":1}}\n\nevent: next\ndata: {"data":{"count":2}}\n\nevent: complete\ndata:\n\n',
  );
});

test('Server-Sent Events: a silent stream sends keep-alive comments', async (t) => {
  const server = await startTestServer(t, { keepAliveMs: 50 });
  const request = http.get(`${server.url}/graphql?query=subscription{silence}`);
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) {
    text += chunk;
    if (/silent.*\n\n:\n\n:\n\n/.test(text)) break;
  }
  await until('the resolver is released', () => server.probe.watching === 0);
});

test('WebSocket: an unresponsive client is disconnected and released', async (t) => {
  const server = await startTestServer(t, { keepAliveMs: 100 });
  const socket = await stall[WS](server);
  t.after(() => socket.destroy());
  await until('the subscription runs', () => server.probe.watching === 1);
  await until('the resolver is released', () => server.probe.watching === 0);
});

test('WebSocket: a client that answers pings stays connected', async (t) => {
  const server = await startTestServer(t, { keepAliveMs: 50 });
  const [client] = await openWebSocket(server);
  client.send('{"type":"connection_init"}');
  await once(client, 'message');
  await delay(400);
  assert.equal(client.readyState, WebSocket.OPEN);
});

test('WebSocket: a slow client stays connected, since its pongs are not delayed by a backlog of messages', async (t) => {
  const server = await startTestServer(t, { keepAliveMs: 250 });
  const [client] = await openWebSocket(server);
  t.after(() => client.terminate());
  client.send('{"type":"connection_init"}');
  await once(client, 'message');
  let values = 0;
  client.on('message', () => {
    values += 1;
    client.pause();
    setTimeout(() => client.resume(), 50);
  });
  client.send('{"id":"1","type":"subscribe","payload":{"query":"subscription { flood }"}}');
  // Ten times as long as an unresponsive client would stay connected.
  await delay(2500);
  assert.equal(client.readyState, WebSocket.OPEN);
  assert.ok(values > 0);
  // Messages in flight, and those being prepared.
  assert.ok(server.probe.ticks - values < 20, `${server.probe.ticks} values for ${values} that were read`);
});

test('WebSocket: a client that keeps sending requests without reading is disconnected', async (t) => {
  const server = await startTestServer(t);
  const [client, socket] = await openWebSocket(server);
  client.send('{"type":"connection_init"}');
  await once(client, 'message');
  socket.pause();
  const name = 'x'.repeat(100_000);
  const payload = { query: `{ hello(name: "${name}") }` };
  const closed = once(client, 'close');
  for (let id = 0; id < 500 && client.readyState === client.OPEN; id += 1) {
    client.send(JSON.stringify({ id: String(id), type: 'subscribe', payload }), () => {});
    await delay(1);
  }
  socket.resume();
  await closed;
  assert.deepEqual(server.logged, []);
});

test('WebSocket: malformed messages close the connection without affecting others', async (t) => {
  const server = await startTestServer(t);
  for (const rubbish of ['rubbish', '{}', '{"type":"subscribe"}', 'x'.repeat(2 * 1024 * 1024)]) {
    const [client] = await openWebSocket(server);
    const closed = once(client, 'close');
    client.send(rubbish);
    await closed;
  }
  const socket = await connectRaw(server);
  socket.write(
    'GET /graphql HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
  );
  await once(socket, 'data');
  socket.write(Buffer.from([0xff, 0xff, 0xff, 0xff]));
  await once(socket, 'close');
  assert.deepEqual((await query(server, { query: '{ hello }' })).json, { data: { hello: 'world' } });
  assert.deepEqual(server.logged, []);
});

test('WebSocket: a connection is limited to a hundred concurrent operations', async (t) => {
  const server = await startTestServer(t);
  const [client] = await openWebSocket(server);
  client.send('{"type":"connection_init"}');
  await once(client, 'message');
  const errors: string[] = [];
  client.on('message', (data) => String(data).includes('"error"') && errors.push(String(data)));
  for (let id = 0; id < 101; id += 1) {
    client.send(
      JSON.stringify({ id: String(id), type: 'subscribe', payload: { query: 'subscription { silence }' } }),
    );
  }
  await until('one is refused', () => errors.length === 1);
  assert.match(errors[0] ?? '', /"id":"100".*BAD_USER_INPUT/);
  await until('the others are watched', () => server.probe.watching === 100);
  client.terminate();
  await until('all are released', () => server.probe.watching === 0);
});

test('WebSocket: a page of another site cannot connect, and other paths return 404', async (t) => {
  const server = await startTestServer(t);
  const address = server.url.replace('http', 'ws');
  const attempts: [url: string, origin: string | undefined, status: number][] = [
    [`${address}/graphql`, 'https://evil.example', 403],
    [`${address}/other`, undefined, 404],
  ];
  for (const [url, origin, expected] of attempts) {
    const client = new WebSocket(url, 'graphql-transport-ws', origin ? { origin } : {});
    const [, response] = (await once(client, 'unexpected-response')) as [unknown, http.IncomingMessage];
    assert.equal(response.statusCode, expected);
  }
});

test('WebSocket: a connection opened during shutdown is closed with a code on which clients reconnect', async (t) => {
  const server = await startTestServer(t);
  const slow = query(server, { query: '{ slow(ms: 300) }' });
  const socket = await connectRaw(server);
  socket.write('GET /graphql HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n');
  await until('a request is under way', () => server.probe.slow === 1);
  const drained = server.drain();
  let received = Buffer.alloc(0);
  socket.on('data', (chunk) => {
    received = Buffer.concat([received, chunk]);
  });
  socket.write('Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n');
  // A close frame with the code 1001.
  await until('it is closed', () => received.includes(Buffer.from([0x03, 0xe9])));
  assert.match(String(received), /^HTTP\/1\.1 101 /);
  await drained;
  assert.equal((await slow).status, 200);
});

test('closing does not wait for a connection without requests', async (t) => {
  const server = await startTestServer(t);
  const socket = await connectRaw(server);
  assert.equal((await query(server, { query: '{ hello }' })).status, 200);
  const closed = once(socket, 'close');
  const begun = Date.now();
  await server.close();
  await closed;
  assert.ok(Date.now() - begun < 900);
});

test('closing aborts an upload that does not complete within the grace period', async (t) => {
  const server = await startTestServer(t, { graceMs: 300 });
  const request = openUpload(server, { 'transfer-encoding': 'chunked' });
  const answer = answerTo(request).catch((error: unknown) => error);
  request.write(`${HEAD}begun`);
  await until('the file is being read', () => server.probe.bytesRead > 0);
  const stalled = await stall[SSE](server);
  stalled.on('error', () => {});
  await settled(server);
  const begun = Date.now();
  await server.close();
  assert.ok(Date.now() - begun < 2000);
  assert.match(String(await answer), /socket hang up|ECONNRESET/);
  await until('the resolver is told', () => server.probe.uploadErrors.length === 1);
  assert.match(String(server.probe.uploadErrors[0]), /connection was lost/);
  await until('the stalled subscriber is released', () => server.probe.watching === 0);
});

async function collect(client: Client, document: string): Promise<unknown[]> {
  const results: unknown[] = [];
  for await (const result of client.iterate({ query: document })) results.push(result);
  return results;
}
