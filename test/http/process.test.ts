// The server as a process: start, shutdown, and failures to start.

import assert from 'node:assert/strict';
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type ClientRequest, request } from 'node:http';
import { type TestContext, test } from 'node:test';
import { createTestDatabase } from '../support/database/database.ts';
import { TcpRelay } from '../support/database/tcp-relay.ts';
import { releaseAfter } from '../support/release.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';
import { waitUntil } from '../support/wait-until.ts';
import { startTestServer } from './support.ts';

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`it prints its address, answers there, and shuts down gracefully on ${signal}`, async (t) => {
    const server = await runServer(t, { PORT: '0' });
    const response = await fetch(`${await addressOf(server)}/readyz`);
    assert.equal(response.status, 200);
    server.child.kill(signal);
    assert.deepEqual(await server.exit, [0, null]);
    assert.equal(server.errors(), '');
    assert.match(server.output(), /\nAccess is open: whoever reaches this address may do everything\./);
    assert.match(server.output(), /\nLoadstone has stopped\.\n$/);
  });
}

test('a second signal ends it at once, even with a request in progress', async (t) => {
  const server = await runServer(t, { PORT: '0' });
  const address = await addressOf(server);
  await beginRequest(address, 100);
  server.child.kill('SIGTERM');
  await waitUntil('it accepts no more connections', () => isRefused(address));
  const started = performance.now();
  server.child.kill('SIGTERM');
  assert.deepEqual(await server.exit, [1, null]);
  assert.ok(performance.now() - started < 4000, 'it does not wait for the request');
});

test('a signal during startup shuts it down gracefully', async (t) => {
  const { url } = await createTestDatabase(t);
  await using relay = await TcpRelay.start(Number(new URL(url).port));
  const isConnecting = new Promise<void>((resolve) => {
    relay.onSent = () => {
      relay.pause();
      resolve();
    };
  });
  const relayed = new URL(url);
  relayed.port = String(relay.port);
  const server = await runServer(t, { PORT: '0', DATABASE_URL: relayed.href });
  await isConnecting;
  relay.onSent = () => {};
  server.child.kill('SIGTERM');
  await relay.heal();
  assert.deepEqual(await server.exit, [0, null]);
});

test('after an uncaught error it prints it, completes requests and exits with status 1', async (t) => {
  const fault = "process.on('SIGWINCH', () => { throw new Error('a fault for the test'); })";
  const preload = `--import=data:text/javascript,${encodeURIComponent(fault)}`;
  const server = await runServer(t, { PORT: '0', NODE_OPTIONS: preload });
  const address = await addressOf(server);
  const body = JSON.stringify({ query: '{ __typename }' });
  const unfinished = await beginRequest(address, body.length);
  server.child.kill('SIGWINCH');
  await waitUntil('it accepts no more connections', () => isRefused(address));
  unfinished.end(body);
  const [response] = await once(unfinished, 'response');
  assert.equal(response.statusCode, 200);
  response.resume();
  assert.deepEqual(await server.exit, [1, null]);
  assert.match(server.errors(), /a fault for the test/);
});

test('all invalid settings are reported, and nothing starts', async (t) => {
  const server = await runServer(t, { PORT: 'high', INGEST_LANES: '0' });
  assert.deepEqual(await server.exit, [1, null]);
  assert.match(server.errors(), /PORT.*INGEST_LANES/s);
  assert.doesNotMatch(server.errors(), /\n\s+at /);
});

test('if the port is in use, it says so, closes what it has opened and exits', async (t) => {
  const other = await startTestServer(t);
  const server = await runServer(t, { PORT: String(other.port) });
  assert.deepEqual(await server.exit, [1, null]);
  assert.match(server.errors(), /^The port \d+ is in use\. Stop what uses it/);
});

test('on an address that others reach, it does not start without access', async (t) => {
  const server = await runServer(t, { PORT: '0', HOST: '0.0.0.0' });
  assert.deepEqual(await server.exit, [1, null]);
  assert.match(
    server.errors(),
    /^On 0\.0\.0\.0, others can reach this server, and no access is configured\./,
  );
});

async function addressOf(server: Running): Promise<string> {
  await waitUntil('it prints its address', () => server.address() !== undefined, 20_000);
  return server.address() ?? '';
}

/** A POST request whose server waits for its body. */
async function beginRequest(address: string, length: number): Promise<ClientRequest> {
  const headers = { 'content-type': 'application/json', 'content-length': length, expect: '100-continue' };
  const unfinished = request(`${address}/graphql`, { method: 'POST', headers });
  unfinished.on('error', () => {}).flushHeaders();
  await once(unfinished, 'continue');
  return unfinished;
}

function isRefused(address: string): Promise<boolean> {
  return fetch(address).then(
    () => false,
    () => true,
  );
}

interface Running {
  child: ChildProcessWithoutNullStreams;
  /** Exit code and signal. */
  exit: Promise<unknown[]>;
  address(): string | undefined;
  output(): string;
  errors(): string;
}

async function runServer(t: TestContext, env: Record<string, string>): Promise<Running> {
  const { url } = await createTestDatabase(t);
  const dataDir = await createTemporaryFolder(t);
  const child = spawn(process.execPath, ['src/main.ts'], {
    env: { DATABASE_URL: url, DATA_DIR: dataDir, LOG_LEVEL: 'warn', ...env },
  });
  const exit = once(child, 'close');
  releaseAfter(t, async () => {
    child.kill('SIGKILL');
    await exit;
  });
  let output = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    errors += text;
  });
  return {
    child,
    exit,
    address: () => /http:\/\/[\w.:]+/.exec(output)?.[0],
    output: () => output,
    errors: () => errors,
  };
}
