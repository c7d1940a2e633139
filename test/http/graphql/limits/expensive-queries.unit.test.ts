// Queries that read much wait for their turn, and keep no other waiting.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { WebSocket } from 'ws';
import { waitUntil } from '../../../support/wait-until.ts';
import { startTestServer } from '../../support.ts';

const ONE = '192.0.2.1';
const OTHER = '192.0.2.2';

async function startServer(t: TestContext, queryLimits: object) {
  const server = await startTestServer(t, { queryLimits, trustedProxies: ['127.0.0.1'] });
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  server.probe.gate = gate;
  const ask = (address: string, query: string, signal?: AbortSignal) =>
    fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-forwarded-for': address },
      body: JSON.stringify({ query }),
      ...(signal && { signal }),
    });
  const scan = (address: string, signal?: AbortSignal) =>
    ask(address, `{ scan(client: "${address}") }`, signal);
  const begun = (count: number) =>
    waitUntil(`${count} scans have begun`, () => server.probe.scans.length === count);
  return { ...server, ask, scan, begun, open };
}

test('so many expensive queries are executed at once, others wait, and cheap ones go on', async (t) => {
  const { probe, ask, scan, begun, open } = await startServer(t, { maxExpensiveQueries: 2 });
  const answers = [scan(ONE), scan(ONE), scan(ONE)];
  await begun(2);
  for (const query of ['{ hello }', 'mutation { touch }'])
    assert.equal((await ask(ONE, query)).status, 200, query);
  assert.equal(probe.scans.length, 2);
  open();
  for (const answer of await Promise.all(answers))
    assert.deepEqual(await answer.json(), { data: { scan: 'done' } });
  assert.equal(probe.scans.length, 3);
});

test('clients take turns, however many of one wait', async (t) => {
  const { probe, ask, scan, begun, open } = await startServer(t, { maxExpensiveQueries: 1 });
  const answers = [scan(ONE)];
  await begun(1);
  for (let n = 0; n < 5; n++) answers.push(scan(ONE));
  // Answered after those have arrived.
  await ask(ONE, '{ hello }');
  answers.push(scan(OTHER));
  await ask(OTHER, '{ hello }');
  open();
  await Promise.all(answers);
  assert.ok(probe.scans.indexOf(OTHER) <= 2, probe.scans.join());
});

test('a query that waits too long is refused', async (t) => {
  const { scan, begun, open } = await startServer(t, {
    maxExpensiveQueries: 1,
    queryTimeoutSeconds: 1,
  });
  const first = scan(ONE);
  await begun(1);
  const late = await scan(ONE);
  assert.deepEqual([late.status, late.headers.get('retry-after')], [429, '5']);
  const { errors } = (await late.json()) as { errors: [{ message: string; extensions: object }] };
  assert.deepEqual(errors[0].extensions, { code: 'TOO_MANY_QUERIES', retryAfter: 5 });
  assert.match(errors[0].message, /has waited 1 s for its turn/);
  open();
  assert.equal((await first).status, 200);
  assert.equal((await scan(ONE)).status, 200);
});

test('a query is refused while 200 others of its client wait', async (t) => {
  const { scan, begun, open } = await startServer(t, { maxExpensiveQueries: 1, queryTimeoutSeconds: 0 });
  const first = scan(ONE);
  await begun(1);
  const others = Array.from({ length: 201 }, async () => (await scan(ONE)).text());
  assert.match(await Promise.race(others), /200 more of yours wait/);
  open();
  const answers = [await (await first).text(), ...(await Promise.all(others))];
  assert.equal(answers.filter((text) => text.includes('200 more of yours wait')).length, 1);
  assert.equal(answers.filter((text) => text === '{"data":{"scan":"done"}}').length, 201);
});

test('a client that leaves while it waits takes no turn', async (t) => {
  const { probe, ask, scan, begun, open } = await startServer(t, { maxExpensiveQueries: 1 });
  const first = scan(ONE);
  await begun(1);
  const leaving = new AbortController();
  const left = scan(OTHER, leaving.signal);
  const second = scan(ONE);
  await ask(OTHER, '{ hello }');
  leaving.abort();
  await assert.rejects(left);
  // Answered after the server has seen that the client is gone.
  for (let n = 0; n < 5; n++) await ask(ONE, '{ hello }');
  open();
  await Promise.all([first, second]);
  assert.deepEqual(probe.scans, [ONE, ONE]);
});

test('an expensive query over WebSocket waits too', async (t) => {
  const { url, probe, scan, begun, open } = await startServer(t, { maxExpensiveQueries: 1 });
  const first = scan(ONE);
  await begun(1);
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  await once(socket, 'open');
  socket.send('{"type":"connection_init"}');
  await once(socket, 'message');
  for (const [id, query] of Object.entries({ a: '{ scan }', b: '{ hello }' }))
    socket.send(JSON.stringify({ id, type: 'subscribe', payload: { query } }));
  const [cheap] = await once(socket, 'message');
  assert.equal(JSON.parse(String(cheap)).id, 'b');
  assert.equal(probe.scans.length, 1);
  open();
  await first;
  await begun(2);
  socket.close();
});

test('with 0, none waits', async (t) => {
  const { scan, begun, open } = await startServer(t, { maxExpensiveQueries: 0 });
  const answers = Array.from({ length: 20 }, () => scan(ONE));
  await begun(20);
  open();
  await Promise.all(answers);
});
