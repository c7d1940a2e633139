// JSON is looked over before it is parsed, in every place where a client can send it.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { WebSocket } from 'ws';
import { JsonShape } from '../../../src/http/json/json-shape.ts';
import { startTestServer } from '../support.ts';

/** Of the JSON as a whole, and in pieces of any size. */
function excess(json: string): string | undefined {
  const whole = new JsonShape().excessWith(Buffer.from(json));
  for (const size of [1, 2, 3, 1000]) {
    const shape = new JsonShape();
    let found: string | undefined;
    for (let at = 0; at < json.length && !found; at += size)
      found = shape.excessWith(Buffer.from(json.slice(at, at + size)));
    assert.equal(found, whole, `pieces of ${size}: ${json.slice(0, 20)}`);
  }
  return whole;
}
const TOO_MANY = 'has more than 50,000 values';
const TOO_DEEP = 'is nested deeper than 200';

test('values and nesting are counted, but not inside of texts', () => {
  const list = (values: number) => `[${'0,'.repeat(values - 1)}0]`;
  // The list itself counts, and what is the root.
  assert.equal(excess(list(49_999)), undefined);
  assert.equal(excess(list(50_000)), TOO_MANY);
  assert.equal(excess(`[${'{},'.repeat(30_000)}{}]`), TOO_MANY);
  assert.equal(excess(`{${Array.from({ length: 50_001 }, (_, n) => `"${n}":0`).join()}}`), TOO_MANY);
  assert.equal(excess('['.repeat(200) + ']'.repeat(200)), undefined);
  assert.equal(excess('[{"a":'.repeat(101)), TOO_DEEP);
  assert.equal(excess('[],'.repeat(300)), undefined);
  const text = ',[{'.repeat(100_000);
  for (const json of [`"${text}"`, `{"a\\"${text}":"\\\\"}`, `["\\\\","${text}"]`, `"${text}`, `"\\`, ''])
    assert.equal(excess(json), undefined, json.slice(0, 20));
  assert.equal(excess(`["\\\\",${text}]`), TOO_DEEP);
  assert.equal(excess(`["\\"${text}\\\\",${text}]`), TOO_DEEP);
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
