// Downloads and uploads that are running when their token is revoked, or expires.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { ONE_LANE, startTestServer, type TestServer } from '../../support/server/server.ts';
import { makeToken, revokeToken, type TestToken } from '../../support/server/tokens.ts';
import { waitUntil } from '../../support/wait-until.ts';

const UPLOAD = `mutation ($file: Upload!, $options: ImportOptions) {
  importProducts(file: $file, options: $options) { id }
}`;
/** More than the buffers of a connection hold. */
const ROWS = 30_000;

test('a download whose token is revoked is cut, not ended', async (t) => {
  const server = await startTestServer(t, { ...ONE_LANE, access: 'required' });
  const writer = await makeToken(server.database, 'writer');
  const { id, end } = beginUpload(server, writer);
  end();
  await imported(server, id, 'COMPLETED');
  await server.database.sql`
    INSERT INTO products (sku, name, description)
    SELECT 's-' || i, 'Name', repeat('text ', 200) FROM generate_series(1, ${ROWS}) AS i`;
  await server.database.sql`
    INSERT INTO import_row_issues (import_id, kind, line, code, column_name, message, line_count, record)
    SELECT import_id, kind, line + i, code, column_name, message, line_count, 'B,,' || repeat('text ', 200)
    FROM import_row_issues, generate_series(1, ${ROWS}) AS i`;

  const reader = await makeToken(server.database, 'reader');
  const other = await makeToken(server.database, 'reader', { name: 'another' });
  const headers = { authorization: `Bearer ${reader.text}` };
  const paths = ['products.csv', `imports/${id}/issues.csv`];
  const cut = await Promise.all(paths.map((path) => open(server, path, headers)));
  const kept = await open(server, 'products.csv', { authorization: `Bearer ${other.text}` });
  const old = net.connect(Number(new URL(server.url).port), '127.0.0.1');
  old.write(
    `GET /products.csv HTTP/1.0\r\nHost: 127.0.0.1\r\nAuthorization: ${headers.authorization}\r\n\r\n`,
  );
  await once(old, 'readable');

  await revokeToken(server.database, reader);
  const [error] = await once(old.resume(), 'error');
  assert.equal((error as NodeJS.ErrnoException).code, 'ECONNRESET');
  for (const [index, response] of cut.entries()) {
    assert.match(await endOf(response), /aborted|ECONNRESET/, paths[index]);
    assert.equal(response.complete, false);
  }
  assert.equal(await endOf(kept), 'ended');
});

test('an upload whose token is revoked fails, and one whose token expires goes on', async (t) => {
  const server = await startTestServer(t, { ...ONE_LANE, access: 'required' });
  const revoked = await makeToken(server.database, 'writer');
  const expiresAt = new Date(Date.now() + 1500);
  const expired = await makeToken(server.database, 'writer', { name: 'short', expiresAt });
  const first = beginUpload(server, revoked);
  const second = beginUpload(server, expired);
  await imported(server, first.id, 'RECEIVING');
  await imported(server, second.id, 'RECEIVING');
  while (Date.now() <= expiresAt.getTime()) await pause(50);

  // All that is open is checked now.
  await revokeToken(server.database, revoked);
  assert.match(
    await first.answer,
    /"message":"The token was revoked\. Upload the file again.*UPLOAD_INTERRUPTED/,
  );
  await imported(server, first.id, 'FAILED');
  second.end();
  assert.match(await second.answer, /^{"data":{"importProducts":{"id"/);
  await imported(server, second.id, 'COMPLETED');
});

async function open(
  server: TestServer,
  path: string,
  headers: Record<string, string>,
): Promise<http.IncomingMessage> {
  const request = http.get(`${server.url}/${path}`, { agent: false, headers });
  const [response] = await once(request, 'response');
  // Of the connection, which the response has as well.
  request.on('error', () => {});
  assert.equal(response.statusCode, 200);
  return response.once('error', () => {});
}

/** Reads it. @returns how it ends */
async function endOf(response: http.IncomingMessage): Promise<string> {
  const ended = Promise.withResolvers<string>();
  response.on('end', () => ended.resolve('ended')).on('error', ({ message }) => ended.resolve(message));
  response.on('close', () => ended.resolve('aborted')).resume();
  return ended.promise;
}

interface RunningUpload {
  /** Of the import. */
  id: string;
  end(): void;
  /** The body of the response. */
  answer: Promise<string>;
}

/** Sends a file with a row and one without a SKU, but for its end. */
function beginUpload(server: TestServer, { text }: TestToken): RunningUpload {
  const id = randomUUID();
  const request = http.request(`${server.url}/graphql`, {
    method: 'POST',
    agent: false,
    headers: { 'content-type': 'multipart/form-data; boundary=b', authorization: `Bearer ${text}` },
  });
  const answer = once(request, 'response').then(([response]) => bodyOf(response));
  const part = (name: string, content: string) =>
    `--b\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${content}\r\n`;
  const variables = { file: null, options: { id } };
  request.write(part('operations', JSON.stringify({ query: UPLOAD, variables })));
  request.write(part('map', '{"0":["variables.file"]}'));
  request.write('--b\r\ncontent-disposition: form-data; name="0"; filename="a.csv"\r\n\r\n');
  request.write('name,sku,description\nA,a,x\nB,,x\n');
  return { id, answer, end: () => request.end('\r\n--b--\r\n') };
}

async function bodyOf(response: http.IncomingMessage): Promise<string> {
  const [body] = await once(response, 'data');
  // A server that refuses the rest of a file waits until its client stops sending.
  response.destroy();
  return String(body);
}

async function imported(server: TestServer, id: string, status: string): Promise<void> {
  await waitUntil(`the import is ${status}`, async () => {
    const [found] = await server.database.sql`SELECT status FROM imports WHERE id = ${id}`;
    return found?.['status'] === status;
  });
}
