// With real sockets, several of which share a port.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Listeners } from '../../../src/http/connections/listeners.ts';
import { waitUntil } from '../../support/wait-until.ts';

const HOST = '127.0.0.1';

async function listen(t: TestContext, port = 0): Promise<{ server: Server; listeners: Listeners }> {
  const server = createServer((_request, response) => response.end('hello'));
  const listeners = new Listeners(server);
  await listeners.listen(port, HOST);
  t.after(async () => {
    listeners.stop();
    server.closeAllConnections();
    await listeners.closed();
  });
  return { server, listeners };
}

test('many connections at once take few turns of the event loop', async (t) => {
  const { server, listeners } = await listen(t);
  const clients = Array.from({ length: 64 }, () => connect(listeners.address.port, HOST));
  t.after(() => clients.forEach((client) => void client.destroy()));
  let accepted = 0;
  let turns = 0;
  server.on('connection', () => accepted++);
  while (accepted < clients.length) {
    // The connections are all there by the next turn, as on a busy server.
    const until = performance.now() + 5;
    while (performance.now() < until);
    await nextTurn();
    turns++;
  }
  assert.ok(turns < (process.platform === 'linux' ? 40 : 70), `${turns} turns`);
});

test('each connection is served, whichever socket has accepted it', async (t) => {
  const { listeners } = await listen(t);
  const url = `http://${HOST}:${listeners.address.port}`;
  const answers = await Promise.all(
    Array.from({ length: 32 }, async () => (await fetch(url, { headers: { connection: 'close' } })).text()),
  );
  assert.deepEqual(new Set(answers), new Set(['hello']));
});

test('a port that another server has is in use, however it listens', async (t) => {
  const { listeners } = await listen(t);
  await assert.rejects(listen(t, listeners.address.port), { code: 'EADDRINUSE' });
});

test('after it was stopped, its port is free, and open connections go on', async (t) => {
  const { server, listeners } = await listen(t);
  const { port } = listeners.address;
  let accepted = 0;
  server.on('connection', () => accepted++);
  const clients = Array.from({ length: 16 }, () => connect(port, HOST));
  const answers = clients.map(async (client) => String((await once(client, 'data'))[0]));
  for (const client of clients) client.write('GET / HTTP/1.1\r\nHost: a\r\n');
  await waitUntil('all are accepted', () => accepted === clients.length);
  listeners.stop();
  const later = await listen(t, port);
  assert.equal(later.listeners.address.port, port);
  for (const client of clients) client.end('\r\n');
  for (const answer of await Promise.all(answers)) assert.match(answer, /hello/);
});
