// Runs a server in a separate process, as in production.

import { type ChildProcess, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from './free-port.ts';

const ROOT = join(import.meta.dirname, '../..');
const START_TIMEOUT_MS = 60_000;
const POLL_INTERVAL_MS = 20;

export interface ServerOptions {
  dataDir: string;
  /** Default: the embedded Postgres, in the data folder. */
  databaseUrl?: string;
  /** Starts it with `npm start` instead of the same command line without npm. */
  withNpm?: boolean;
  /** Settings besides those of every server here. */
  settings?: Readonly<Record<string, string>>;
  /** A file descriptor for its log. Default: that of this process. */
  log?: number;
}

export class ServerProcess implements AsyncDisposable {
  readonly url: string;
  /** From starting the process to the first successful answer of /readyz. */
  secondsToReady = Number.NaN;
  readonly #child: ChildProcess;
  readonly #killOnExit = () => void signalGroup(this.#child, 'SIGKILL');

  private constructor(url: string, child: ChildProcess) {
    this.url = url;
    this.#child = child;
    process.once('exit', this.#killOnExit);
  }

  static async start({
    dataDir,
    databaseUrl = '',
    withNpm = false,
    settings = {},
    log,
  }: ServerOptions): Promise<ServerProcess> {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const [command, args] = withNpm
      ? ['npm', ['start', '--silent']]
      : [process.execPath, ['--import', join(ROOT, 'scripts/load-env.js'), join(ROOT, 'src/main.ts')]];
    const start = performance.now();
    const child = spawn(command, args, {
      stdio: ['ignore', 'ignore', log ?? 'inherit'],
      // A process group of its own: npm does not pass every signal on.
      detached: true,
      // npm needs the project's folder. Without npm, there is no .env in the folder of the process.
      cwd: withNpm ? ROOT : dataDir,
      env: {
        ...process.env,
        DATABASE_URL: databaseUrl,
        DATA_DIR: dataDir,
        HOST: '127.0.0.1',
        PORT: String(port),
        LOG_LEVEL: 'warn',
        ...settings,
      },
    });
    const server = new ServerProcess(url, child);
    try {
      await untilReady(url, child);
    } catch (error) {
      await server[Symbol.asyncDispose]();
      throw error;
    }
    server.secondsToReady = (performance.now() - start) / 1000;
    return server;
  }

  /** @returns peak resident memory in MB, including worker threads; undefined without /proc */
  async peakMemory(): Promise<number | undefined> {
    return this.#memory('VmHWM');
  }

  /** @returns resident memory in MB, including worker threads; undefined without /proc */
  async memory(): Promise<number | undefined> {
    return this.#memory('VmRSS');
  }

  async #memory(name: 'VmHWM' | 'VmRSS'): Promise<number | undefined> {
    const status = await readFile(`/proc/${this.#child.pid}/status`, 'utf8').catch(() => '');
    const kilobytes = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) / 1024;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await terminate(this.#child);
    process.off('exit', this.#killOnExit);
  }
}

async function untilReady(url: string, child: ChildProcess): Promise<void> {
  const deadline = performance.now() + START_TIMEOUT_MS;
  for (;;) {
    const response = await fetch(`${url}/readyz`).catch(() => undefined);
    await response?.arrayBuffer();
    if (response?.ok) return;
    if (child.exitCode !== null) throw new Error(`the server exited with status ${child.exitCode}`);
    if (performance.now() > deadline) throw new Error('the server was not ready in time');
    await pause(POLL_INTERVAL_MS);
  }
}

/** Returns once npm, the shell that it starts, and the server have exited. */
async function terminate(child: ChildProcess): Promise<void> {
  signalGroup(child, 'SIGTERM');
  while (signalGroup(child, 0)) await pause(POLL_INTERVAL_MS);
}

/** @returns whether there was a process to signal */
function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals | 0): boolean {
  if (pid === undefined) return false;
  try {
    return process.kill(-pid, signal);
  } catch {
    return false;
  }
}
