// The nginx configuration of docs/operations.md, with a real nginx in front of the server.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import http from 'node:http';
import net from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { WebSocket } from 'ws';
import { readDocument } from '../docs/documents.ts';
import { releaseAfter } from '../support/release.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';
import { answerTo, HEAD, openUpload, startTestServer, TAIL, type TestServer, until } from './support.ts';

function nginxIsMissing(): string | false {
  try {
    execFileSync('nginx', ['-v'], { stdio: 'ignore' });
    return false;
  } catch {
    return 'nginx is not installed';
  }
}

/** @returns the server, with the URL of an nginx in front of it */
async function startBehindNginx(t: TestContext): Promise<TestServer> {
  const server = await startTestServer(t, { allowedHosts: [], trustedProxies: ['127.0.0.1'] });
  const folder = await createTemporaryFolder(t);
  await mkdir(join(folder, 'temp'));
  const { blocks } = readDocument('docs/operations.md');
  const documented = blocks.find(({ language }) => language === 'nginx')?.text ?? '';
  assert.ok(documented.includes('listen 80;') && documented.includes('http://127.0.0.1:4000'));
  const port = await freePort();
  const site = documented
    .replace('listen 80;', `listen 127.0.0.1:${port};`)
    .replace('http://127.0.0.1:4000', server.url);
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
  const url = `http://127.0.0.1:${port}`;
  for (let answered = false; !answered; ) {
    assert.equal(nginx.exitCode, null, 'nginx runs');
    answered = await fetch(`${url}/healthz`).then(
      ({ ok }) => ok,
      () => false,
    );
  }
  return { ...server, url, port };
}

async function freePort(): Promise<number> {
  const probe = net.createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as net.AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

test('all protocols work behind nginx with the documented configuration, without buffering', {
  skip: nginxIsMissing(),
}, async (t) => {
  const server = await startBehindNginx(t);

  const page = { origin: `https://127.0.0.1:${server.port}`, 'content-type': 'application/json' };
  const body = '{"query":"mutation { touch }"}';
  const posted = await fetch(`${server.url}/graphql`, { method: 'POST', headers: page, body });
  assert.equal(posted.status, 200);
  const foreign = { ...page, origin: 'https://evil.example' };
  assert.equal(
    (await fetch(`${server.url}/graphql`, { method: 'POST', headers: foreign, body })).status,
    403,
  );

  const address = await fetch(`${server.url}/graphql?query={address}`);
  assert.deepEqual(await address.json(), { data: { address: server.url } });

  const upload = openUpload(server, { 'transfer-encoding': 'chunked' });
  const answer = answerTo(upload);
  upload.write(`${HEAD}${'x'.repeat(100_000)}`);
  await until('the beginning of the file has arrived', () => server.probe.bytesRead > 0);
  upload.end(`${'y'.repeat(2_000_000)}${TAIL}`);
  assert.equal((await answer).json.data?.digest.bytes, 2_100_000);

  const events = http.get(`${server.url}/graphql?query=subscription{silence}`);
  const [stream] = (await once(events, 'response')) as [http.IncomingMessage];
  let text = '';
  stream.setEncoding('utf8').on('data', (chunk) => {
    text += chunk;
  });
  stream.on('error', () => {});
  await until('the first event has arrived', () => text.includes('now silent'));
  events.destroy();
  await until('the subscription is released', () => server.probe.watching === 0);

  const client = new WebSocket(`${server.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', {
    origin: server.url,
  });
  await once(client, 'open');
  client.send('{"type":"connection_init"}');
  assert.match(String((await once(client, 'message'))[0]), /connection_ack/);
  client.close();

  const h2c = http.get(`${server.url}/healthz`, {
    agent: false,
    headers: { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': 'AAMAAABk' },
  });
  assert.match((await answerTo(h2c)).text, /alive/);
});
