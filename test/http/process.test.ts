// The server as a process: how it starts, how it ends, and how it says that it cannot start.

import assert from 'node:assert/strict';
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { createTestDatabase } from '../support/database.ts';
import { releaseAfter } from '../support/release.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';
import { startTestServer, until } from './support.ts';

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`it prints its address, answers there, and ends in order on ${signal}`, async (t) => {
    const server = await runServer(t, { PORT: '0' });
    await until('it prints its address', () => server.address() !== undefined, 20_000);
    const response = await fetch(`${server.address()}/readyz`);
    assert.equal(response.status, 200);
    server.child.kill(signal);
    assert.deepEqual(await server.exit, [0, null]);
    assert.equal(server.errors(), '');
  });
}

test('wrong settings are named, all of them, and nothing starts', async (t) => {
  const server = await runServer(t, { PORT: 'high', INGEST_LANES: '0' });
  assert.deepEqual(await server.exit, [1, null]);
  assert.match(server.errors(), /PORT.*INGEST_LANES/s);
  assert.doesNotMatch(server.errors(), /\n\s+at /);
});

test('when the port is taken it says so, closes what it had opened and ends', async (t) => {
  const other = await startTestServer(t);
  const server = await runServer(t, { PORT: String(other.port) });
  assert.deepEqual(await server.exit, [1, null]);
  assert.match(server.errors(), /^The port \d+ is in use\. Stop what uses it/);
});

interface Running {
  child: ChildProcessWithoutNullStreams;
  /** Exit code and signal. */
  exit: Promise<unknown[]>;
  address(): string | undefined;
  errors(): string;
}

async function runServer(t: TestContext, env: Record<string, string>): Promise<Running> {
  const { url } = await createTestDatabase(t);
  const dataDir = await createTemporaryFolder(t);
  const child = spawn(process.execPath, ['src/main.ts'], {
    env: { DATABASE_URL: url, DATA_DIR: dataDir, LOG_LEVEL: 'warn', ...env },
  });
  const exit = once(child, 'exit');
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
  return { child, exit, address: () => /http:\/\/[\w.:]+/.exec(output)?.[0], errors: () => errors };
}
