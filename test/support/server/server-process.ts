// A server in a separate process, with the database and the data folder of a test server.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { releaseAfter } from '../release.ts';
import type { TestServer } from './server.ts';

export interface ServerProcess {
  url: string;
  /** Sends SIGKILL and resolves when the process has exited. */
  kill(): Promise<void>;
  /** Sends SIGTERM and resolves to the exit code. */
  terminate(): Promise<number | null>;
}

/** @param environment in addition to the shared settings */
export async function startServerProcess(
  t: TestContext,
  { settings }: Pick<TestServer, 'settings'>,
  environment: Record<string, string> = {},
): Promise<ServerProcess> {
  const child = spawn(process.execPath, ['src/main.ts'], {
    env: {
      ...process.env,
      PORT: '0',
      DATA_DIR: settings.dataDir,
      DATABASE_URL: settings.databaseUrl,
      MIGRATE: settings.migrate,
      INGEST_LANES: String(settings.ingestLanes),
      LOG_LEVEL: 'silent',
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exit = once(child, 'exit');
  async function end(signal: NodeJS.Signals): Promise<number | null> {
    child.kill(signal);
    await exit;
    return child.exitCode;
  }
  async function kill(): Promise<void> {
    await end('SIGKILL');
  }
  releaseAfter(t, kill);
  let output = '';
  // The rest of the output is read too: a server that cannot write it might end.
  for await (const chunk of child.stdout.iterator({ destroyOnReturn: false })) {
    output += chunk;
    const url = /http:\/\/[\d.]+:\d+/.exec(output)?.[0];
    if (!url) continue;
    child.stdout.resume();
    return { url, kill, terminate: () => end('SIGTERM') };
  }
  assert.fail(`the server did not start:\n${output}`);
}
