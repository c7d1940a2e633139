// Persisted operations: what a list allows, over every transport, and lists that a server does not start with.

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createClient as createSseClient } from 'graphql-sse';
import { createClient as createWsClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { PersistedOperations, sha256 } from '../../../../src/http/graphql/documents/persisted-operations.ts';
import { readOperationList } from '../../../../src/http/graphql/documents/read-operation-list.ts';
import { createTemporaryFolder } from '../../../support/temporary-folder.ts';
import {
  DIGEST,
  END,
  field,
  filePart,
  MAP,
  postMultipart,
  startTestServer,
  type TestServer,
} from '../../support.ts';

const HELLO = 'query Hello($name: String) { hello(name: $name) }';
const COUNT = 'subscription { count(to: 2) }';
const OTHER = '{ hello(name: "anyone") }';
const MISSING = sha256(OTHER);
const LIST = new Map([HELLO, COUNT, DIGEST].map((document) => [sha256(document), document]));

interface Request {
  query?: string;
  documentId?: string;
  variables?: Record<string, unknown>;
  extensions?: Record<string, unknown>;
}

/** What a client sends for a document: the text, or its hash in each of the forms. */
function formsOf(document: string): Record<string, Request> {
  return { text: { query: document }, ...hashFormsOf(sha256(document)) };
}

function hashFormsOf(hash: string): Record<string, Request> {
  return {
    sha256Hash: { extensions: { persistedQuery: { version: 1, sha256Hash: hash } } },
    documentId: { documentId: `sha256:${hash}` },
    'documentId without prefix': { documentId: hash },
  };
}

type Transport = (server: TestServer, request: Request) => Promise<string>;

/** Each sends an operation, and returns the results or the error as JSON. */
const TRANSPORTS: Record<string, Transport> = {
  POST: (server, request) => post(server, request),
  async GET({ url }, request) {
    const parameters = Object.entries(request).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]);
    return (await fetch(`${url}/graphql?${new URLSearchParams(parameters)}`)).text();
  },
  async upload(server, request) {
    const body = field('operations', { ...request, variables: { file: null } }) + MAP + filePart('a,b') + END;
    return (await postMultipart(server, body)).text;
  },
  SSE: async ({ url }, request) => {
    const client = createSseClient({ url: `${url}/graphql`, retryAttempts: 0 });
    return collect(client.iterate(request as { query: string }));
  },
  async WebSocket({ url }, request) {
    const client = createWsClient({
      url: `${url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      retryAttempts: 0,
    });
    // The protocol requires a query.
    return collect(client.iterate({ query: '', ...request }));
  },
};

const DOCUMENTS: Record<string, [document: string, answer: RegExp]> = {
  POST: [HELLO, /"hello":"world"/],
  GET: [HELLO, /"hello":"world"/],
  upload: [DIGEST, /"bytes":3/],
  SSE: [COUNT, /"count":1.*"count":2/],
  WebSocket: [COUNT, /"count":1.*"count":2/],
};

async function post({ url }: TestServer, request: Request): Promise<string> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(request),
  });
  return response.text();
}

async function collect(results: AsyncIterable<unknown>): Promise<string> {
  const all: unknown[] = [];
  try {
    for await (const result of results) all.push(result);
  } catch (error) {
    all.push(error);
  }
  return JSON.stringify(all);
}

test('with a list, its documents are executed, by text or hash, and others are refused on every transport', async (t) => {
  const server = await startTestServer(t, { operations: new PersistedOperations(LIST, false) });
  for (const [name, send] of Object.entries(TRANSPORTS)) {
    const [document, expected] = DOCUMENTS[name] ?? assert.fail();
    for (const [form, request] of Object.entries(formsOf(document)))
      assert.match(await send(server, request), expected, `${name}: ${form}`);
    const changed = `${document} `;
    assert.match(await send(server, { query: changed }), /"PERSISTED_QUERY_ONLY"/, name);
    // A hash beside a text says nothing about it.
    const both = { query: changed, ...hashFormsOf(sha256(document))['sha256Hash'] };
    assert.match(await send(server, both), /"PERSISTED_QUERY_ONLY"/, name);
    for (const [form, request] of Object.entries(hashFormsOf(MISSING)))
      assert.match(await send(server, request), /"PERSISTED_QUERY_NOT_FOUND"/, `${name}: ${form}`);
  }
  assert.equal(server.probe.bytesRead, 4 * 3, 'no file of a refused document is read');
  const variables = { name: 'Ada' };
  assert.match(await post(server, { documentId: sha256(HELLO), variables }), /"hello":"Ada"/);
  for (const hash of ['', '__proto__', 'constructor', sha256(HELLO).toUpperCase(), 'sha256:'])
    assert.match(await post(server, { documentId: hash }), /"PERSISTED_QUERY_NOT_FOUND"/, hash);
  const odd = [null, 5, {}, { sha256Hash: 7 }, { sha256Hash: null }];
  for (const persistedQuery of odd)
    assert.match(
      await post(server, { extensions: { persistedQuery } }),
      /"PERSISTED_QUERY_NOT_FOUND"|"BAD_REQUEST"/,
    );
  assert.match(await post(server, {}), /"BAD_REQUEST"/);
});

test('a list may allow others as well, and without one hashes are refused', async (t) => {
  const open = await startTestServer(t, { operations: new PersistedOperations(LIST, true) });
  const plain = await startTestServer(t);
  for (const [name, send] of Object.entries(TRANSPORTS)) {
    const [document, expected] = DOCUMENTS[name] ?? assert.fail();
    const [request = {}] = Object.values(hashFormsOf(sha256(document)));
    assert.match(await send(open, request), expected, name);
    assert.match(await send(open, { query: `${document} ` }), expected, name);
    assert.match(await send(plain, { query: document }), expected, name);
    for (const form of Object.values(hashFormsOf(sha256(document))))
      assert.match(await send(plain, form), /"PERSISTED_QUERY_NOT_SUPPORTED"/, name);
  }
  // What was sent is not added to the list.
  await post(open, { query: OTHER, extensions: { persistedQuery: { version: 1, sha256Hash: MISSING } } });
  assert.match(await post(open, { documentId: MISSING }), /"PERSISTED_QUERY_NOT_FOUND"/);
});

test('where only a list is executed, a page says so in place of GraphiQL', async (t) => {
  const browse = async (operations: PersistedOperations, graphiql = true) => {
    const { url } = await startTestServer(t, { operations, exposure: { graphiql } });
    const response = await fetch(`${url}/graphql?query={hello}`, {
      headers: { accept: 'text/html,*/*;q=0.8' },
    });
    return { response, text: await response.text() };
  };
  const { response, text } = await browse(new PersistedOperations(LIST, false));
  assert.equal(response.status, 200);
  assert.equal(response.headers.get('content-type'), 'text/html; charset=utf-8');
  assert.match(response.headers.get('content-security-policy') ?? '', /script-src 'none'/);
  assert.match(text, /<h1>GraphiQL is off<\/h1>.*PERSISTED_OPERATIONS_ONLY=false.*href="\/"/s);
  assert.doesNotMatch(text, /<script/);

  assert.match((await browse(new PersistedOperations(LIST, true))).text, /<title>GraphiQL · Loadstone/);
  const without = await browse(new PersistedOperations(LIST, false), false);
  assert.match(without.text, /"PERSISTED_QUERY_ONLY"/);
});

test('a file that is no such list is refused with the reason', async (t) => {
  const read = await reader(t);
  const prefixed = { [`sha256:${sha256(HELLO)}`]: HELLO, [sha256(COUNT)]: COUNT };
  assert.equal((await read(`\ufeff${JSON.stringify(prefixed)}`)).get(sha256(HELLO)), HELLO);
  const files: [content: string | Buffer, reason: RegExp][] = [
    ['', /is not valid JSON/],
    ['{"a": "b"', /is not valid JSON/],
    ['[]', /must be a JSON object/],
    ['null', /must be a JSON object/],
    ['{}', /has no operations/],
    ['{"format":"apollo-persisted-query-manifest"}', /which is not its SHA-256/],
    [JSON.stringify({ [MISSING]: HELLO }), /"query Hello.*which is not its SHA-256.*hash with sha256\./],
    [JSON.stringify({ [MISSING]: { body: OTHER } }), /must have a document, a text, for "/],
    [Buffer.from([0x7b, 0xff, 0x7d]), /is not UTF-8/],
    [Buffer.alloc(33 * 2 ** 20, ' '), /has 34603008 bytes; it may have 33554432/],
  ];
  for (const [content, reason] of files)
    await assert.rejects(read(content), { name: 'SettingsError', message: reason });
  const folder = await createTemporaryFolder(t);
  const missing = { name: 'SettingsError', message: /^PERSISTED_OPERATIONS: .*cannot be read: ENOENT/ };
  await assert.rejects(readOperationList(join(folder, 'none.json')), missing);
  await assert.rejects(readOperationList(folder), {
    name: 'SettingsError',
    message: /cannot be read: EISDIR/,
  });
});

/** @returns a function that reads a list with this content */
async function reader(t: TestContext) {
  const path = join(await createTemporaryFolder(t), 'operations.json');
  return async (content: string | Buffer) => {
    await writeFile(path, content);
    return readOperationList(path);
  };
}
