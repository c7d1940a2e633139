// Limits on documents: what they cost and how they are built, on every transport.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { createClient as createSseClient } from 'graphql-sse';
import { WebSocket } from 'ws';
import { query, startTestServer, type TestServer } from '../../support.ts';

type Send = (server: TestServer, document: string) => Promise<string>;

const transports: Record<string, Send> = {
  POST: async (server, document) => (await query(server, { query: document })).text,
  GET: async ({ url }, document) =>
    (await fetch(`${url}/graphql?query=${encodeURIComponent(document)}`)).text(),
  'Server-Sent Events': async ({ url }, document) => {
    const client = createSseClient({ url: `${url}/graphql`, retryAttempts: 0 });
    return JSON.stringify((await client.iterate({ query: document }).next()).value);
  },
  WebSocket: async ({ url }, document) => {
    const client = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    await once(client, 'open');
    client.send('{"type":"connection_init"}');
    await once(client, 'message');
    client.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query: document } }));
    const [answer] = await once(client, 'message');
    client.close();
    return String(answer);
  },
};

/** As multipart, with a file for the mutation `ignore`. */
async function upload({ url }: TestServer, document: string): Promise<string> {
  const form = new FormData();
  form.set('operations', JSON.stringify({ query: document, variables: { file: null } }));
  form.set('map', '{"0":["variables.file"]}');
  form.set('0', new Blob(['sku,name']), 'a.csv');
  return (await fetch(`${url}/graphql`, { method: 'POST', body: form })).text();
}

test('an operation that costs more than the limit is refused on every transport, one at the limit is not', async (t) => {
  const server = await startTestServer(t, { queryLimits: { maxQueryCost: 100 } });
  for (const [transport, send] of Object.entries(transports)) {
    assert.match(await send(server, '{ hello b: hello }'), /"b":"world"/, transport);
    const refused = await send(server, '{ hello b: hello __typename }');
    assert.match(refused, /"QUERY_TOO_EXPENSIVE"/, transport);
    assert.match(refused, /costs 101, and the limit is 100\. Most of it is for `hello`/, transport);
    assert.doesNotMatch(refused, /"data"|"http"/, transport);
  }
  const mutation = (fields: string) => `mutation ($file: Upload!) { ignore(file: $file) ${fields} }`;
  assert.match(await upload(server, mutation('touch')), /"touch":"touched"/);
  assert.match(await upload(server, mutation('touch b: touch')), /"QUERY_TOO_EXPENSIVE"/);
  assert.equal(server.probe.touched, 1);
  const watched = await transports['WebSocket']?.(server, 'subscription { count(to: 1) }');
  assert.match(String(watched), /"count":1/);
  assert.deepEqual(server.logged, []);
});

test('a response tells what its operation costs, and 0 as a limit means none', async (t) => {
  const { url } = await startTestServer(t, { queryLimits: { maxQueryCost: 0 } });
  const response = await fetch(`${url}/graphql?query={hello,b:hello}`);
  assert.equal(response.headers.get('query-cost'), '100');
  assert.equal(response.status, 200);
});

const many = (count: number, text: (n: number) => string) =>
  Array.from({ length: count }, (_, n) => text(n)).join(' ');
const nested = (levels: number) => `{ ${'... { '.repeat(levels)} hello ${'} '.repeat(levels)} }`;

test('the shape of a document is limited: one below, at and above each limit', async (t) => {
  const queryLimits = { maxQueryDepth: 3, maxQueryAliases: 4, maxRootFields: 6 };
  const server = await startTestServer(t, { queryLimits });
  const isRefused = async (document: string) => {
    const answers = new Set<boolean>();
    for (const send of Object.values(transports))
      answers.add(/"QUERY_TOO_COMPLEX"/.test(await send(server, document)));
    assert.equal(answers.size, 1, document);
    return answers.has(true);
  };
  for (const [count, refused] of [
    [3, false],
    [4, false],
    [5, true],
  ] as const)
    assert.equal(await isRefused(`{ ${many(count, (n) => `a${n}: hello`)} }`), refused, `${count} aliases`);
  for (const [count, refused] of [
    [5, false],
    [6, false],
    [7, true],
  ] as const)
    assert.equal(await isRefused(`{ ${many(count, () => 'hello')} }`), refused, `${count} fields`);
  const deep = (levels: number) => `{ ${'a { '.repeat(levels - 1)} b ${'} '.repeat(levels - 1)} }`;
  for (const [levels, refused] of [
    [2, false],
    [3, false],
    [4, true],
  ] as const)
    assert.equal(await isRefused(deep(levels)), refused, `${levels} levels`);
  for (const [count, refused] of [
    [4, false],
    [5, false],
    [6, true],
  ] as const)
    assert.equal(await isRefused(`{ hello ${many(count, () => '@a')} }`), refused, `${count} directives`);
  // Inline fragments are no level of a result.
  assert.equal(await isRefused(nested(20)), false);
  assert.equal(await isRefused(`{ ...F ...F ...F } fragment F on Query { hello hello hello }`), true);
  assert.equal(await isRefused('{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }'), false);
  assert.deepEqual(server.logged, []);
});
