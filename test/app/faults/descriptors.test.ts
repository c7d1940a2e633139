// A server that runs out of file descriptors waits until some are free, then continues.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { Agent, type ClientRequest, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { sampleChunks } from '../../../src/cli/sample/sample-rows.ts';
import { importEnds } from '../../support/imports/import-state.ts';
import { releaseAfter } from '../../support/release.ts';
import { startTestServer } from '../../support/server/server.ts';
import { waitUntil } from '../../support/wait-until.ts';

const FILE_LIMIT = 90;
const SAMPLE = Buffer.concat([...sampleChunks(5_000, 1)].map(({ bytes }) => bytes));

test('an import waits when file descriptors run out and continues once some are free', {
  skip: process.platform !== 'linux',
}, async (t) => {
  const { settings } = await startTestServer(t);
  const url = await startLimited(t, { databaseUrl: settings.databaseUrl ?? '', dataDir: settings.dataDir });
  // Two connections that the server accepted before it ran out.
  const agent = new Agent({ keepAlive: true, maxSockets: 2 });
  releaseAfter(t, () => agent.destroy());
  await Promise.all([status(`${url}/readyz`, agent), status(`${url}/readyz`, agent)]);

  const idle = await exhaust(t, url);
  const id = randomUUID();
  const upload = post(`${url}/graphql`, agent, id);
  const answered = once(upload, 'response').then(([response]) => response.resume().statusCode as number);
  answered.catch(() => {});
  const early = await Promise.race([answered, pause(1500, 'waits')]);
  assert.equal(await status(`${url}/healthz`, agent), 200);
  for (const socket of idle) socket.destroy();
  assert.equal(await answered, 200, `at first: ${early}`);
  const done = await importEnds(url, id);
  assert.deepEqual([done.status, done.rows.read], ['COMPLETED', 5_000], JSON.stringify(done.error));
});

async function startLimited(
  t: TestContext,
  { databaseUrl, dataDir }: { databaseUrl: string; dataDir: string },
): Promise<string> {
  const child = spawn('sh', ['-c', `ulimit -n ${FILE_LIMIT}; exec "$0" src/main.ts`, process.execPath], {
    env: {
      ...process.env,
      PORT: '0',
      DATA_DIR: `${dataDir}/limited`,
      DATABASE_URL: databaseUrl,
      INGEST_LANES: '2',
      LOG_LEVEL: 'silent',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  releaseAfter(t, async () => {
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
  let output = '';
  child.stdout.on('data', (text) => {
    output += text;
  });
  const address = () => /http:\/\/[\d.]+:\d+/.exec(output)?.[0];
  await waitUntil('it says where it answers', () => address() !== undefined, 60_000);
  return address() ?? '';
}

/** Opens connections until the server has to drop one. */
async function exhaust(t: TestContext, url: string): Promise<Socket[]> {
  const { port } = new URL(url);
  const held: Socket[] = [];
  releaseAfter(t, () => {
    for (const socket of held) socket.destroy();
  });
  let refused = 0;
  while (refused < 3 && held.length < FILE_LIMIT) {
    const socket = connect(Number(port), '127.0.0.1');
    let closed = false;
    socket
      .on('error', () => {})
      .once('close', () => {
        closed = true;
        refused++;
      });
    await Promise.race([once(socket, 'connect').catch(() => {}), pause(1000)]);
    await pause(30);
    if (!closed) held.push(socket);
  }
  assert.ok(refused > 0, 'its file descriptors are not used up');
  return held;
}

function post(url: string, agent: Agent, id: string): ClientRequest {
  const boundary = 'the-boundary';
  const operations = JSON.stringify({
    query:
      'mutation ($file: Upload!, $options: ImportOptions) { importProducts(file: $file, options: $options) { id } }',
    variables: { file: null, options: { id } },
  });
  const part = (disposition: string, content: string | Buffer) =>
    Buffer.concat([
      Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; ${disposition}\r\n\r\n`),
      Buffer.from(content),
      Buffer.from('\r\n'),
    ]);
  const body = Buffer.concat([
    part('name="operations"', operations),
    part('name="map"', '{"0":["variables.file"]}'),
    part('name="0"; filename="products.csv"', SAMPLE),
    Buffer.from(`--${boundary}--\r\n`),
  ]);
  const headers = {
    'content-type': `multipart/form-data; boundary=${boundary}`,
    'content-length': body.length,
  };
  const posted = request(url, { method: 'POST', agent, headers });
  posted.end(body);
  return posted;
}

async function status(url: string, agent: Agent): Promise<number | undefined> {
  const asked = request(url, { agent });
  asked.end();
  const [response] = await once(asked, 'response');
  response.resume();
  await once(response, 'end');
  return response.statusCode;
}
