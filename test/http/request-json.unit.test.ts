// JSON of requests, in every place where a client can send it.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { WebSocket } from 'ws';
import { startTestServer } from './support.ts';

test('a message over WebSocket is a JSON object in UTF-8', async (t) => {
  const { url, logged } = await startTestServer(t);
  const init = JSON.stringify({ type: 'connection_init' });
  const answerTo = async (message: string | Buffer) => {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    await once(socket, 'open');
    const answer = Promise.race([
      once(socket, 'message').then(([data]) => String(data)),
      once(socket, 'close').then(([code, reason]) => `${code} ${reason}`),
    ]);
    socket.send(message);
    const text = await answer;
    socket.terminate();
    return text;
  };
  for (const message of [init, Buffer.from(init), `\ufeff${init}`])
    assert.match(await answerTo(message), /connection_ack/);
  const notUtf8 = Buffer.from('{"type":"connection_init","payload":{"a":"\xe9"}}', 'latin1');
  // One that is JSON twice over would not have been looked over.
  for (const message of ['', '{', '[]', 'null', '5', '"a"', JSON.stringify(init), notUtf8])
    assert.equal(await answerTo(message), '4400 Invalid message received', String(message));
  assert.deepEqual(logged, []);
});

test('a key that ends with an escape is what it says, whatever keys others have sent', async (t) => {
  const { url } = await startTestServer(t);
  const ask = async (type: string, body: string) => {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': type },
      body,
    });
    return response.text();
  };
  const query = 'query ($name: String) { hello(name: $name) }';
  const send: ((variables: string) => Promise<string>)[] = [
    (variables) => ask('application/json', `{"query":"${query}","variables":${variables}}`),
    (variables) =>
      ask('application/x-www-form-urlencoded', String(new URLSearchParams({ query, variables }))),
  ];
  for (const [index, answerTo] of send.entries()) {
    // V8 would take `"nam\u0065"` for the key of this one.
    await answerTo(`{"no${index}":1,"nam\\\\":"a"}`);
    assert.match(await answerTo(`{"no${index}":1,"nam\\u0065":"a"}`), /"hello":"a"/, `${index}`);
  }
});

test('JSON of too many values is refused in bodies, uploads and messages, and invalid JSON is not repeated', async (t) => {
  const { url, logged } = await startTestServer(t);
  const post = async (body: string | FormData, headers: Record<string, string> = {}) => {
    const response = await fetch(`${url}/graphql`, { method: 'POST', headers, body });
    return { status: response.status, text: await response.text() };
  };
  const variables = `[${'0,'.repeat(60_000)}0]`;
  const operation = `{"query":"{ hello }","variables":{"a":${variables}}}`;
  const json = { 'content-type': 'application/json' };
  const refused = await post(operation, json);
  assert.equal(refused.status, 413);
  assert.match(refused.text, /The JSON has more than 50,000 values\. Split it.*"BAD_USER_INPUT"/);
  assert.match(
    (await post('{"query":"{ hello }","variables":{"a":"[[[,,,"}}', json)).text,
    /"hello":"world"/,
  );

  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  assert.equal((await post(`query={hello}&variables={"a":${variables}}`, form)).status, 413);
  assert.match((await post('query={hello}&variables={"a":[]}', form)).text, /"hello":"world"/);
  const deep = await post(`query={hello}&variables={"a":${'['.repeat(300)}${']'.repeat(300)}}`, form);
  assert.equal(deep.status, 413);
  assert.match(deep.text, /The JSON is nested deeper than 200\. Split it.*"BAD_USER_INPUT"/);

  const upload = new FormData();
  upload.set('operations', operation);
  upload.set('map', '{"0":["variables.file"]}');
  upload.set('0', new Blob(['sku,name']), 'a.csv');
  assert.match((await post(upload)).text, /\\"operations\\" has more than 50,000 values.*"BAD_MULTIPART"/);

  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  await once(socket, 'open');
  socket.send(`{"type":"connection_init","payload":{"a":${variables}}}`);
  const [code, reason] = await once(socket, 'close');
  assert.equal(`${code} ${reason}`, '4400 The message has more than 50,000 values');

  const invalid = await post(`{"query":"${'a'.repeat(10_000)}`, json);
  assert.equal(invalid.status, 400);
  assert.ok(invalid.text.length < 300, invalid.text);
  for (const body of ['5', 'null', '"a"'])
    assert.match((await post(body, json)).text, /must be a JSON object.*"BAD_REQUEST"/, body);
  assert.deepEqual(logged, []);
});
