// What a client may do within a minute, on every transport.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { WebSocket } from 'ws';
import { query, startTestServer } from '../../support.ts';

test('mutations of a client are limited, its queries and other clients go on', async (t) => {
  const { url, probe } = await startTestServer(t, {
    rates: { maxMutationsPerMinute: 3 },
    trustedProxies: ['127.0.0.1'],
  });
  const send = (address: string, document: string) =>
    fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-forwarded-for': address },
      body: JSON.stringify({ query: document }),
    });
  const twice = '{ ...T } fragment T on Mutation { touch b: touch }';
  assert.equal((await send('192.0.2.1', `mutation ${twice}`)).status, 200);
  assert.equal((await send('192.0.2.1', 'mutation { touch }')).status, 200);
  assert.equal(probe.touched, 3);
  const refused = await send('192.0.2.1', 'mutation { touch }');
  assert.equal(refused.status, 429);
  const seconds = Number(refused.headers.get('retry-after'));
  assert.ok(seconds >= 1 && seconds <= 60);
  const { errors } = (await refused.json()) as { errors: [{ message: string; extensions: object }] };
  assert.deepEqual(errors[0].extensions, { code: 'RATE_LIMITED', retryAfter: seconds });
  assert.match(
    errors[0].message,
    /^You have sent more than 3 mutations within a minute\. Try again in \d+ s\./,
  );
  assert.equal(probe.touched, 3);
  assert.equal((await send('192.0.2.1', '{ hello }')).status, 200);
  assert.equal((await send('192.0.2.2', 'mutation { touch }')).status, 200);
  // A site has all addresses of its network.
  for (const [address, status] of [
    ['2001:db8::1', 200],
    ['2001:db8::2', 429],
    ['2001:db8:0:1::1', 200],
  ] as const)
    assert.equal((await send(address, 'mutation { a: touch b: touch }')).status, status, address);
});

test('an upload counts as a mutation, and one too many is refused before its file is read', async (t) => {
  const { url, probe } = await startTestServer(t, { rates: { maxMutationsPerMinute: 1 } });
  const upload = () => {
    const form = new FormData();
    const operations = {
      query: 'mutation ($f: Upload!) { digest(file: $f) { bytes } }',
      variables: { f: null },
    };
    form.set('operations', JSON.stringify(operations));
    form.set('map', '{"0":["variables.f"]}');
    form.set('0', new Blob(['x'.repeat(100_000)]), 'a.csv');
    return fetch(`${url}/graphql`, { method: 'POST', body: form });
  };
  assert.equal((await upload()).status, 200);
  assert.equal(probe.bytesRead, 100_000);
  const refused = await upload();
  assert.equal(refused.status, 429);
  assert.match(await refused.text(), /RATE_LIMITED/);
  assert.equal(probe.bytesRead, 100_000);
});

test('the cost of operations is limited, subscriptions included, over HTTP, event streams and WebSocket', async (t) => {
  // A root field costs 50.
  const server = await startTestServer(t, { rates: { maxCostPerMinute: 150 } });
  const { url, logged } = server;
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  await once(socket, 'open');
  socket.send('{"type":"connection_init"}');
  await once(socket, 'message');
  const subscribe = async (id: string) => {
    const payload = { query: 'subscription { silence }' };
    socket.send(JSON.stringify({ id, type: 'subscribe', payload }));
  };
  subscribe('1');
  subscribe('2');
  // Answered after both.
  assert.equal((await query(server, { query: '{ hello }' })).status, 200);
  subscribe('3');
  const [answer] = await once(socket, 'message');
  const { type, id, payload } = JSON.parse(String(answer));
  assert.deepEqual([type, id, payload[0].extensions.code], ['error', '3', 'RATE_LIMITED']);
  assert.ok(payload[0].extensions.retryAfter >= 1);
  assert.equal(payload[0].extensions.http, undefined);
  const stream = await fetch(`${url}/graphql?query=subscription{silence}`, {
    headers: { accept: 'text/event-stream' },
  });
  assert.deepEqual([stream.status, stream.headers.has('retry-after')], [429, true]);
  await stream.text();
  socket.close();
  assert.deepEqual(logged, []);
});

test('with 0, nothing is limited', async (t) => {
  const server = await startTestServer(t, { rates: { maxCostPerMinute: 0, maxMutationsPerMinute: 0 } });
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => query(server, { query: 'mutation { touch }' })),
  );
  assert.ok(answers.every(({ status }) => status === 200));
});
