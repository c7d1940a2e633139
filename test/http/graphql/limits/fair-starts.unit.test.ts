// Clients that send many operations at once keep others waiting for no more than a few of them.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { FairStarts } from '../../../../src/http/graphql/limits/fair-starts.ts';
import { startTestServer } from '../../support.ts';

test('three operations of a client start in a turn of the event loop, others of it wait in order', async () => {
  const starts = new FairStarts(() => 0);
  const started: string[] = [];
  const ask = (client: string, count: number) => {
    for (let number = 1; number <= count; number++)
      starts.next(client).then(() => started.push(`${client}${number}`));
  };
  ask('a', 8);
  ask('b', 2);
  await Promise.resolve();
  assert.deepEqual(started, ['a1', 'a2', 'a3', 'b1', 'b2']);
  await nextTurn();
  ask('b', 1);
  await Promise.resolve();
  assert.deepEqual(started.slice(5), ['a4', 'a5', 'a6', 'b1']);
  await nextTurn();
  await nextTurn();
  assert.deepEqual(started.slice(9), ['a7', 'a8']);
});

test('a client that has waited starts as many in a turn as one that has not', async () => {
  const starts = new FairStarts(() => 0);
  let started = 0;
  const ask = () => starts.next('a').then(() => started++);
  for (let number = 0; number < 5; number++) ask();
  await nextTurn();
  await Promise.resolve();
  assert.equal(started, 5);
  ask();
  ask();
  await Promise.resolve();
  assert.equal(started, 6);
  await nextTurn();
  await Promise.resolve();
  assert.equal(started, 7);
});

test('after a slow turn, one operation of each client starts in a turn', async () => {
  let now = 0;
  const starts = new FairStarts(() => now);
  const started: string[] = [];
  const ask = (client: string) => starts.next(client).then(() => started.push(client));
  for (let number = 0; number < 8; number++) ask('a');
  ask('b');
  await Promise.resolve();
  assert.equal(started.join(''), 'aaab');
  now += 15;
  await nextTurn();
  await Promise.resolve();
  assert.equal(started.join(''), 'aaaba');
  ask('b');
  ask('b');
  await Promise.resolve();
  assert.equal(started.join(''), 'aaabab');
  await nextTurn();
  await Promise.resolve();
  assert.equal(started.join(''), 'aaababaaab');
});

test('one query is answered before most of those that another client has sent before', async (t) => {
  const { port } = await startTestServer(t, { trustedProxies: ['127.0.0.1'] });
  const answered: string[] = [];
  const open = async (address: string) => {
    const socket = connect(port, '127.0.0.1');
    t.after(() => socket.destroy());
    await once(socket, 'connect');
    const ask = async (query: string) => {
      const body = JSON.stringify({ query });
      socket.write(
        `POST /graphql HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: ${address}\r\n` +
          `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      );
      await once(socket, 'data');
      answered.push(address);
    };
    // Each connection has been accepted.
    await ask('{ hello }');
    return ask;
  };
  const clients = await Promise.all(Array.from({ length: 60 }, () => open('192.0.2.1')));
  const other = await open('192.0.2.2');
  answered.length = 0;
  const many = clients.map((ask, number) => ask(`# ${number}\n{ ${'hello '.repeat(900)} }`));
  await other('{ hello }');
  const before = answered.indexOf('192.0.2.2');
  await Promise.all(many);
  assert.ok(before < 30, `${before} of ${many.length} came first`);
});
