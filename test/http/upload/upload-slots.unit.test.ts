// How many uploads arrive at once, and that their places are free again however they end.

import assert from 'node:assert/strict';
import type { ClientRequest } from 'node:http';
import { test } from 'node:test';
import { answerTo, HEAD, openUpload, startTestServer, TAIL, type TestServer, until } from '../support.ts';

/** Begins an upload, whose resolver reads. */
async function begin(server: TestServer, address: string): Promise<ClientRequest> {
  const before = server.probe.bytesRead;
  const request = openUpload(server, { 'transfer-encoding': 'chunked', 'x-forwarded-for': address });
  // It may be destroyed before it is answered.
  request.on('error', () => {});
  request.write(`${HEAD}x`);
  await until('the file is read', () => server.probe.bytesRead > before);
  return request;
}

/** @returns the code of the refusal; undefined if the whole file is taken */
async function send(server: TestServer, address: string): Promise<string | undefined> {
  const request = openUpload(server, { 'transfer-encoding': 'chunked', 'x-forwarded-for': address });
  request.end(`${HEAD}x${TAIL}`);
  const { status, headers, json } = await answerTo(request);
  const [error] = json.errors ?? [];
  if (!error) return undefined;
  assert.deepEqual([status, headers['retry-after']], [429, '5']);
  assert.deepEqual(error.extensions, { code: 'TOO_MANY_UPLOADS', retryAfter: 5 });
  return error.message.match(/MAX_UPLOADS\w*/)?.[0];
}

test('clients and each of them have places for so many uploads, which each end of an upload frees', async (t) => {
  const server = await startTestServer(t, {
    slots: { maxUploads: 3, maxUploadsPerClient: 2 },
    trustedProxies: ['127.0.0.1'],
  });
  const first = await begin(server, '192.0.2.1');
  assert.equal(await send(server, '192.0.2.1'), undefined);
  const second = await begin(server, '192.0.2.1');
  const read = server.probe.bytesRead;
  assert.equal(await send(server, '192.0.2.1'), 'MAX_UPLOADS_PER_CLIENT');
  assert.equal(await send(server, '192.0.2.2'), undefined);
  const third = await begin(server, '192.0.2.2');
  assert.equal(await send(server, '192.0.2.3'), 'MAX_UPLOADS');
  // Neither of the refused ones was read.
  assert.equal(server.probe.bytesRead, read + 2);

  third.destroy();
  await until('the place of the client that left is free', () => server.probe.uploadErrors.length === 1);
  const finished = answerTo(first);
  first.end(TAIL);
  assert.equal((await finished).status, 200);
  assert.equal(await send(server, '192.0.2.1'), undefined);
  // A malformed upload, and one to an invalid operation.
  for (const body of ['--the-boundary--\r\n', `${HEAD.replace('digest(', 'nonsense(')}x${TAIL}`]) {
    const refused = openUpload(server, { 'x-forwarded-for': '192.0.2.1' });
    refused.end(body);
    assert.notEqual((await answerTo(refused)).json.errors?.[0]?.extensions.code, 'TOO_MANY_UPLOADS');
  }
  const again = await begin(server, '192.0.2.1');
  assert.equal(await send(server, '192.0.2.1'), 'MAX_UPLOADS_PER_CLIENT');
  for (const request of [second, again]) request.destroy();
  await until('all places are free', () => server.probe.uploadErrors.length === 3);
  const all = await Promise.all([begin(server, '192.0.2.4'), begin(server, '192.0.2.5')]);
  for (const request of all) request.destroy();
});

test('with 0, uploads have no limit, and a server that drains ends them', async (t) => {
  const server = await startTestServer(t, { slots: { maxUploads: 0, maxUploadsPerClient: 0 }, graceMs: 50 });
  const requests: ClientRequest[] = [];
  for (let count = 0; count < 5; count++) requests.push(await begin(server, ''));
  await server.close();
  await until('the uploads have ended', () => server.probe.uploadErrors.length === 5);
});
