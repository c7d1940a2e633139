// Conformance with GraphQL over HTTP and graphql-sse, and the same response to a document on every transport.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { serverAudits } from 'graphql-http';
import { createClient as createSseClient } from 'graphql-sse';
import { WebSocket } from 'ws';
import { query, startTestServer, type TestServer } from '../support.ts';

test('the GraphQL over HTTP audits pass', async (t) => {
  const { url } = await startTestServer(t);
  const results = await Promise.all(serverAudits({ url: `${url}/graphql` }).map((audit) => audit.fn()));
  const failed = results.flatMap((result) =>
    result.status === 'ok' ? [] : [`${result.id} ${result.name}: ${result.reason}`],
  );
  assert.ok(results.length > 50);
  assert.deepEqual(failed, []);
});

const JSON_UTF8 = 'application/json; charset=utf-8';
const GRAPHQL_UTF8 = 'application/graphql-response+json; charset=utf-8';
const STREAM_UTF8 = 'text/event-stream; charset=utf-8';

const negotiated: [accept: string, document: string, status: number, type: string][] = [
  ['', '{hello}', 200, JSON_UTF8],
  ['*/*', '{hello}', 200, JSON_UTF8],
  ['application/*', '{hello}', 200, JSON_UTF8],
  ['APPLICATION/JSON', '{hello}', 200, JSON_UTF8],
  ['application/json; charset=utf-8', '{hello}', 200, JSON_UTF8],
  ['application/json;odata=verbose;q=0.5', '{hello}', 200, JSON_UTF8],
  ['application/graphql-response+json', '{hello}', 200, GRAPHQL_UTF8],
  ['application/graphql-response+json, application/json', '{hello}', 200, GRAPHQL_UTF8],
  ['application/graphql-response+json, application/json;q=0.9', '{hello}', 200, GRAPHQL_UTF8],
  ['application/graphql-response+json;q=0.5, application/json', '{hello}', 200, JSON_UTF8],
  ['application/json;q=0, */*', '{hello}', 200, GRAPHQL_UTF8],
  ['application/json;q=0, application/graphql-response+json', '{hello}', 200, GRAPHQL_UTF8],
  ['multipart/mixed;boundary="a,b";subscriptionSpec=1.0,application/json', '{hello}', 200, JSON_UTF8],
  ['text/event-stream', '{hello}', 200, STREAM_UTF8],
  ['text/event-stream;q=0.5, application/json;q=0.4', '{hello}', 200, STREAM_UTF8],
  ['application/json, text/event-stream', '{hello}', 200, JSON_UTF8],
  ['text/event-stream;q=0, */*;q=0.1', '{hello}', 200, JSON_UTF8],
  ['text/csv, image/*', '{hello}', 406, JSON_UTF8],
  ['*/*;q=0', '{hello}', 406, JSON_UTF8],
  ['text/html', '{hello}', 200, 'text/html; charset=utf-8'],
  ['text/html;q=0.1, application/json', '{hello}', 200, JSON_UTF8],
  ['text/html;q=0, */*', '{hello}', 200, JSON_UTF8],
  ['text/html,application/xhtml+xml,*/*;q=0.8', '{hello}', 200, 'text/html; charset=utf-8'],
  ['', 'subscription{count(to:1)}', 200, STREAM_UTF8],
  ['text/*', 'subscription{count(to:1)}', 200, STREAM_UTF8],
  ['application/json, text/event-stream;q=0.1', 'subscription{count(to:1)}', 200, STREAM_UTF8],
  ['application/json', 'subscription{silence}', 406, JSON_UTF8],
  ['application/graphql-response+json', 'subscription{silence}', 406, GRAPHQL_UTF8],
  ['multipart/mixed;subscriptionSpec=1.0, application/json', 'subscription{silence}', 406, JSON_UTF8],
  ['*/*, text/event-stream;q=0', 'subscription{silence}', 406, JSON_UTF8],
  ['multipart/mixed', 'subscription{silence}', 406, JSON_UTF8],
  ['text/event-stream', 'mutation{touch}', 405, JSON_UTF8],
  ['text/event-stream', '{nonsense}', 200, STREAM_UTF8],
  ['application/graphql-response+json', '{nonsense}', 400, GRAPHQL_UTF8],
  ['application/json', '{nonsense}', 200, JSON_UTF8],
];

test('a response has the media type that its client prefers', async (t) => {
  const { url, probe } = await startTestServer(t);
  for (const [accept, document, status, type] of negotiated) {
    const headers = { accept };
    const response = await fetch(`${url}/graphql?query=${encodeURIComponent(document)}`, { headers });
    const text = await response.text();
    const found = [response.status, response.headers.get('content-type')];
    assert.deepEqual(found, [status, type], `${accept} ${document}`);
    assert.equal(response.headers.get('vary'), 'accept');
    if (status === 406) assert.match(text, /"message":".*text\/event-stream.*NOT_ACCEPTABLE/, accept);
    if (status === 406 && document.startsWith('subscription')) assert.match(text, /WebSocket/, accept);
  }
  assert.deepEqual([probe.watching, probe.touched], [0, 0]);
});

test('the advice for a subscription that is not acceptable works', async (t) => {
  const { url } = await startTestServer(t);
  const ask = (accept: string) =>
    fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { accept, 'content-type': 'application/json' },
      body: '{"query":"subscription { count(to: 1) }"}',
    });
  const { errors } = (await (await ask('multipart/mixed')).json()) as { errors: [{ message: string }] };
  const advised = /"Accept: ([^"]+)"/.exec(errors[0].message)?.[1] ?? 'none';
  assert.match(await (await ask(advised)).text(), /"count":1.*event: complete/s);
});

const deep = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
const documents: [what: string, document: string, code: string][] = [
  ['a syntax error', '{ hello(', 'GRAPHQL_PARSE_FAILED'],
  ['an empty document', '', 'GRAPHQL_PARSE_FAILED'],
  ['an invalid character', '{ hello ? }', 'GRAPHQL_PARSE_FAILED'],
  ['an unterminated string', '{ hello(name: "x) }', 'GRAPHQL_PARSE_FAILED'],
  ['nested lists', `{ hello(name: ${deep(990)}) }`, 'GRAPHQL_PARSE_FAILED'],
  ['unterminated nested lists', `{ hello(name: ${'['.repeat(1990)}`, 'GRAPHQL_PARSE_FAILED'],
  ['nested objects', `{ hello(name: ${'{a:'.repeat(600)}`, 'GRAPHQL_PARSE_FAILED'],
  ['nested fields', `${'{ hello '.repeat(900)}`, 'GRAPHQL_PARSE_FAILED'],
  [
    'a nested list type',
    `query ($a: ${'['.repeat(900)}Int${']'.repeat(900)}) { hello }`,
    'GRAPHQL_PARSE_FAILED',
  ],
  ['too many tokens', `{${'a,'.repeat(2100)}}`, 'GRAPHQL_PARSE_FAILED'],
  ['an unknown field', '{ nonsense }', 'GRAPHQL_VALIDATION_FAILED'],
  ['a value of the wrong type', `{ hello(name: ${deep(150)}) }`, 'GRAPHQL_VALIDATION_FAILED'],
  ['a cycle of fragments', fragments(240), 'GRAPHQL_VALIDATION_FAILED'],
  ['several operations', 'query A { hello } query B { hello }', 'OPERATION_RESOLUTION_FAILURE'],
  ['a field that fails', '{ missing }', 'NOT_FOUND'],
  ['a missing variable', 'query ($name: String!) { hello(name: $name) }', 'BAD_USER_INPUT'],
];

/** Fragments that each spread the next one; the last one spreads the first. */
function fragments(count: number): string {
  const each = (n: number) => `fragment f${n} on Query{...f${(n + 1) % count}}`;
  return `{...f0} ${Array.from({ length: count }, (_, n) => each(n)).join(' ')}`;
}

const transports: Record<string, (server: TestServer, document: string) => Promise<string>> = {
  HTTP: async (server, document) => (await query(server, { query: document })).text,
  GET: async (server, document) =>
    (await fetch(`${server.url}/graphql?query=${encodeURIComponent(document)}`)).text(),
  'Server-Sent Events': async (server, document) => {
    const client = createSseClient({ url: `${server.url}/graphql`, retryAttempts: 0 });
    const results = client.iterate({ query: document });
    return JSON.stringify((await results.next()).value);
  },
  WebSocket: async (server, document) => {
    const client = new WebSocket(`${server.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    await once(client, 'open');
    client.send('{"type":"connection_init"}');
    await once(client, 'message');
    client.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query: document } }));
    const [answer] = await once(client, 'message');
    client.close();
    return String(answer);
  },
};

test('a document gets the same response on every transport, cached or not', async (t) => {
  for (const first of Object.keys(transports)) {
    const server = await startTestServer(t);
    const order = [first, ...Object.keys(transports), first];
    for (const [what, document, code] of documents) {
      for (const transport of order) {
        // Over GET, an empty document counts as missing, and a large one exceeds the header limit.
        if (transport === 'GET' && (document === '' || encodeURIComponent(document).length > 15_000))
          continue;
        const text = (await transports[transport]?.(server, document)) ?? '';
        assert.match(
          text,
          new RegExp(`"code":"${code}"`),
          `${what} over ${transport}, first over ${first}: ${text.slice(0, 300)}`,
        );
        assert.doesNotMatch(text, /call stack|"http"|"stack"/i, `${what} over ${transport}`);
      }
    }
    assert.deepEqual(server.logged, []);
  }
});
