// The nginx configuration of docs/operations.md, with a real nginx in front of the server: over TLS as it is, and without the
// TLS, as behind another proxy.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import type http from 'node:http';
import http2 from 'node:http2';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { WebSocket } from 'ws';
import { freePort } from '../../bench/processes/free-port.ts';
import type { Access } from '../../src/access/access.ts';
import { unauthenticated } from '../../src/access/access-error.ts';
import { STRANGER } from '../../src/access/identity.ts';
import { readDocument } from '../docs/documents.ts';
import { releaseAfter } from '../support/release.ts';
import { selfSignedCertificate } from '../support/sources/self-signed-certificate.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';
import {
  type Answer,
  answerTo,
  HEAD,
  openRequest,
  openUpload,
  startTestServer,
  TAIL,
  type TestServer,
  until,
} from './support.ts';

const NAME = 'shop.example';
const TOKEN = 'the-token-of-ann';

/** Knows one token. */
const ACCESS: Access = {
  isOpen: false,
  async grant(token) {
    if (token === undefined) return { identity: STRANGER };
    if (token !== TOKEN) throw unauthenticated('The token is unknown.');
    return { identity: { id: 'token:ann', name: 'Ann', role: 'admin' } };
  },
  watch: () => () => {},
};

function nginxIsMissing(): string | false {
  try {
    execFileSync('nginx', ['-v'], { stdio: 'ignore' });
    return false;
  } catch {
    return 'nginx is not installed';
  }
}

interface Proxied extends TestServer {
  /** Where nginx listens without TLS. */
  plainUrl: string;
}

/** @returns the server, with the URL of an nginx in front of it */
async function startBehindNginx(
  t: TestContext,
  { isTls, access }: { isTls: boolean; access?: Access },
): Promise<Proxied> {
  const server = await startTestServer(t, {
    allowedHosts: [NAME],
    trustedProxies: ['127.0.0.1'],
    ...(access && { access }),
  });
  const folder = await createTemporaryFolder(t);
  await mkdir(join(folder, 'temp'));
  const { certificate, privateKey } = selfSignedCertificate([NAME, '127.0.0.1']);
  await writeFile(join(folder, 'fullchain.pem'), certificate);
  await writeFile(join(folder, 'privkey.pem'), privateKey, { mode: 0o600 });
  const { blocks } = readDocument('docs/operations.md');
  const documented = blocks.find(({ language }) => language === 'nginx')?.text ?? '';
  for (const part of ['listen 80;', 'listen 443 ssl http2;', `/etc/ssl/${NAME}/`, 'http://127.0.0.1:4000'])
    assert.ok(documented.includes(part), part);
  const [plainPort, port] = [await freePort(), await freePort()];
  const secured = documented
    .replace('listen 80;', `listen 127.0.0.1:${plainPort};`)
    .replace('listen 443 ssl http2;', `listen 127.0.0.1:${port} ssl http2;`)
    .replaceAll(`/etc/ssl/${NAME}`, folder)
    .replace('http://127.0.0.1:4000', server.url);
  const site = isTls ? secured : secured.replace(' ssl http2;', ';').replaceAll(/^ *ssl_.*$/gm, '');
  const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/temp/${name};`,
  );
  const settings = `daemon off; worker_processes 1; pid ${folder}/pid; error_log stderr error;
    events {}
    http { access_log off; ${temp.join(' ')} ${site} }`;
  await writeFile(join(folder, 'nginx.conf'), settings);
  const nginx = spawn('nginx', ['-p', folder, '-c', join(folder, 'nginx.conf')], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const ended = once(nginx, 'exit');
  releaseAfter(t, async () => {
    nginx.kill('SIGTERM');
    await ended;
  });
  const url = `${isTls ? 'https' : 'http'}://127.0.0.1:${port}`;
  const proxied = { ...server, url, port, plainUrl: `http://127.0.0.1:${plainPort}` };
  const behind = isTls ? { ...proxied, ca: certificate } : proxied;
  for (let answered = false; !answered; ) {
    assert.equal(nginx.exitCode, null, 'nginx runs');
    answered = await ask(behind, '/healthz').then(
      ({ status }) => status === 200,
      () => false,
    );
  }
  return behind;
}

/** @param body of a POST; undefined: a GET */
function ask(
  server: Pick<TestServer, 'url' | 'ca'>,
  path: string,
  headers: http.OutgoingHttpHeaders = {},
  body?: object,
): Promise<Answer> {
  const type = body ? { 'content-type': 'application/json' } : {};
  const request = openRequest(server, path, {
    method: body ? 'POST' : 'GET',
    headers: { ...type, ...headers },
  });
  const answer = answerTo(request);
  request.end(body && JSON.stringify(body));
  return answer;
}

function connect(server: TestServer, headers: Record<string, string> = {}): WebSocket {
  return new WebSocket(`${server.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', {
    origin: server.url,
    headers,
    ...(server.ca && { ca: server.ca }),
  });
}

for (const isTls of [true, false]) {
  test(`all protocols work behind nginx ${isTls ? 'over' : 'without'} TLS, without buffering`, {
    skip: nginxIsMissing(),
  }, async (t) => {
    const server = await startBehindNginx(t, { isTls });

    const touch = { query: 'mutation { touch }' };
    const origin = `https://127.0.0.1:${server.port}`;
    assert.equal((await ask(server, '/graphql', { origin }, touch)).status, 200);
    assert.equal((await ask(server, '/graphql', { origin: 'https://evil.example' }, touch)).status, 403);

    const address = await ask(server, '/graphql?query={address}');
    assert.deepEqual(address.json, { data: { address: server.url } });
    assert.equal(
      address.headers['strict-transport-security'],
      isTls ? 'max-age=31536000' : undefined,
      'once, and over https only',
    );

    const upload = openUpload(server, { 'transfer-encoding': 'chunked' });
    const answer = answerTo(upload);
    upload.write(`${HEAD}${'x'.repeat(100_000)}`);
    await until('the beginning of the file has arrived', () => server.probe.bytesRead > 0);
    upload.end(`${'y'.repeat(2_000_000)}${TAIL}`);
    assert.equal((await answer).json.data?.digest.bytes, 2_100_000);

    const events = openRequest(server, '/graphql?query=subscription{silence}');
    events.end();
    const [stream] = (await once(events, 'response')) as [http.IncomingMessage];
    let text = '';
    stream.setEncoding('utf8').on('data', (chunk) => {
      text += chunk;
    });
    stream.on('error', () => {});
    await until('the first event has arrived', () => text.includes('now silent'));
    events.destroy();
    await until('the subscription is released', () => server.probe.watching === 0);

    const client = connect(server);
    await once(client, 'open');
    client.send('{"type":"connection_init"}');
    assert.match(String((await once(client, 'message'))[0]), /connection_ack/);
    client.close();

    if (isTls) return;
    const h2c = { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': 'AAMAAABk' };
    assert.match((await ask(server, '/healthz', h2c)).text, /alive/);
  });
}

test('http leads to https, and event streams share a connection over HTTP/2', {
  skip: nginxIsMissing(),
}, async (t) => {
  const server = await startBehindNginx(t, { isTls: true });
  const { status, headers } = await ask({ url: server.plainUrl }, '/imports?page=2', { host: NAME }, {});
  assert.deepEqual([status, headers.location], [308, `https://${NAME}/imports?page=2`]);

  const session = http2.connect(server.url, { ca: server.ca });
  releaseAfter(t, async () => session.destroy());
  const streams = Array.from({ length: 10 }, () => {
    const stream = session.request({
      ':path': '/graphql?query=subscription{silence}',
      accept: 'text/event-stream',
    });
    stream.setEncoding('utf8').on('error', () => {});
    return stream;
  });
  const texts = streams.map(async (stream) => String((await once(stream, 'data'))[0]));
  for (const text of await Promise.all(texts)) assert.match(text, /now silent|^:/);
  await until('all are subscribed at once', () => server.probe.watching === 10);
  session.destroy();
  await until('all are released', () => server.probe.watching === 0);
});

test('the cookie of the console is secure over https, and opens requests and WebSockets', {
  skip: nginxIsMissing(),
}, async (t) => {
  const server = await startBehindNginx(t, { isTls: true, access: ACCESS });
  const own = { origin: server.url, 'sec-fetch-site': 'same-origin' };
  const signedIn = await ask(server, '/session', own, { token: TOKEN });
  assert.equal(signedIn.status, 204);
  const [cookie = '', ...attributes] = (signedIn.headers['set-cookie']?.[0] ?? '').split('; ');
  assert.ok(attributes.includes('Secure') && attributes.includes('HttpOnly'), String(attributes));

  const asked = { query: '{ sender address }' };
  const known = await ask(server, '/graphql', { ...own, cookie }, asked);
  assert.deepEqual(known.json.data, { sender: 'Ann', address: server.url });
  assert.equal((await ask(server, '/graphql', own, asked)).status, 401);
  assert.equal((await ask(server, '/session', own, { token: 'wrong' })).status, 401);

  const client = connect(server, { cookie });
  await once(client, 'open');
  client.send('{"type":"connection_init"}');
  assert.match(String((await once(client, 'message'))[0]), /connection_ack/);
  client.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query: '{ sender }' } }));
  assert.match(String((await once(client, 'message'))[0]), /"sender":"Ann"/);
  client.close();
});
