// Large request bodies take turns: together they have no more bytes than one may have. Those that are refused take no memory.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { BodyLimits } from '../../../../src/http/graphql/limits/body-limits.ts';
import { memoryInUse } from '../../../support/memory-in-use.ts';
import { startTestServer } from '../../support.ts';

const MIB = 1024 * 1024;
const STAYS = new AbortController().signal;

test('large bodies have room for as many bytes as the largest may have', async () => {
  const limits = new BodyLimits(1_000_000);
  const held = await limits.acquire(STAYS, limits.maxBytes - 5 * MIB);
  const small = await limits.acquire(STAYS, 3 * MIB);
  const order: string[] = [];
  // Of unknown size, it may be as large as any.
  const unknown = limits.acquire(STAYS).then((room) => {
    order.push('unknown');
    room[Symbol.dispose]();
  });
  const after = limits.acquire(STAYS, 2 * MIB).then((room) => {
    order.push('after it');
    room[Symbol.dispose]();
  });
  held[Symbol.dispose]();
  await delay(0);
  assert.deepEqual(order, []);
  small[Symbol.dispose]();
  await Promise.all([unknown, after]);
  assert.deepEqual(order, ['unknown', 'after it']);
});

test('a large body waits for one that arrives slowly only if there is no room for both', {
  timeout: 20_000,
}, async (t) => {
  const { url } = await startTestServer(t);
  const answered: string[] = [];
  const send = (name: string, bytes: number) => {
    const answer = Promise.withResolvers<string>();
    const body = JSON.stringify({ query: '{ hello }', variables: { text: 'x'.repeat(bytes) } });
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const sent = request(`${url}/graphql`, { method: 'POST', headers }, async (response) => {
      let text = '';
      for await (const chunk of response) text += chunk;
      answered.push(name);
      answer.resolve(text);
    });
    sent.on('error', answer.reject);
    return { body, sent, answer: answer.promise };
  };
  const slow = send('slow', 9 * MIB);
  slow.sent.write(slow.body.slice(0, 2 * MIB));
  await delay(300);
  const fits = send('fits', 3 * MIB);
  fits.sent.end(fits.body);
  assert.match(await fits.answer, /world/);
  const waits = send('waits', 8 * MIB);
  waits.sent.end(waits.body);
  await delay(300);
  assert.deepEqual(answered, ['fits']);
  slow.sent.end(slow.body.slice(2 * MIB));
  assert.match(await slow.answer, /world/);
  assert.match(await waits.answer, /world/);
  assert.deepEqual(answered, ['fits', 'slow', 'waits']);
});

test('what a client still sends after its body was refused is not kept until garbage is collected', async (t) => {
  const { url } = await startTestServer(t);
  const body = Buffer.from(`{"query":"{ hello }","variables":{"a":[${'[],'.repeat(4 * MIB)}[]]}}`);
  const headers = { 'content-type': 'application/json', 'content-length': body.length };
  const before = process.memoryUsage().arrayBuffers;
  for (let number = 0; number < 6; number++) {
    const refused = Promise.withResolvers<number | undefined>();
    request(`${url}/graphql`, { method: 'POST', headers }, (response) => {
      response.resume().once('end', () => refused.resolve(response.statusCode));
    })
      .once('error', refused.reject)
      .end(body);
    assert.equal(await refused.promise, 413);
    await delay(150);
    const more = process.memoryUsage().arrayBuffers - before;
    assert.ok(more < body.length, `${more} bytes`);
  }
});

test('a body, or a field of an upload, that arrives in chunks of one byte takes little more memory than it has bytes', async (t) => {
  const { port } = await startTestServer(t);
  const COUNT = 200_000;
  const chunkOf = (text: string) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
  const singles = Buffer.alloc(6 * COUNT, chunkOf('a'));
  const send = async (type: string, start: string, end: string) => {
    const socket = connect(port, '127.0.0.1');
    const answered = once(socket, 'data');
    const before = memoryInUse();
    const head = `POST /graphql HTTP/1.1\r\nHost: localhost:${port}\r\nContent-Type: ${type}\r\nTransfer-Encoding: chunked\r\n\r\n`;
    socket.write(head + chunkOf(start));
    await new Promise((resolve) => socket.write(singles, resolve));
    await delay(500);
    const more = memoryInUse() - before;
    socket.write(`${chunkOf(end)}0\r\n\r\n`);
    const [answer] = await answered;
    socket.destroy();
    // As they are, chunks of one byte take 300 each.
    assert.ok(more < 10 * MIB, `${type}: ${more} bytes`);
    return String(answer);
  };
  const json = '{"query":"{ hello }","variables":{"a":"';
  assert.match(await send('application/json', json, '"}}'), /world/);
  const field = `--b\r\nContent-Disposition: form-data; name="operations"\r\n\r\n${json}`;
  assert.match(await send('multipart/form-data; boundary=b', field, '"}}\r\n--b--\r\n'), /BAD_MULTIPART/);
});
