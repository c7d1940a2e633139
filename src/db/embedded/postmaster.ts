// Runs the Postgres server: starts it or takes it over, restarts it when it dies, and shuts it down.

import { once } from 'node:events';
import { chmod, open, readFile, stat, truncate } from 'node:fs/promises';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { SettingsError } from '../../errors.ts';
import type { Account } from './account.ts';
import { findPostmaster, type PidFile, readPidFile, replacePid } from './postmaster-pid-file.ts';
import { isRunning } from './process-identity.ts';

interface PostmasterOptions {
  clusterDir: string;
  /** Receives the output of the server. */
  logFile: string;
  binary: string;
  settings: Record<string, string>;
  account: Account;
  log: Logger;
}

const POLL_MS = 25;
const SUPERVISE_MS = 500;
const LOG_EVERY_MS = 5_000;
const MAX_BACKOFF_MS = 30_000;
/** For a port or memory to become free, and for a shutdown before it is forced. */
const TIMEOUT_MS = 60_000;
/** Statements in it may have values of products. */
const PRIVATE_FILE = 0o600;
const MAX_LOG_BYTES = 50 * 2 ** 20;

export class Postmaster {
  readonly #options: PostmasterOptions;
  readonly #stopping = new AbortController();
  #pid: number | undefined;
  #supervising: Promise<void> | undefined;

  constructor(options: PostmasterOptions) {
    this.#options = options;
  }

  /**
   * Waits until the server accepts connections. There is no time limit: crash recovery may take long, and aborting it would
   * only make it start over.
   *
   * @returns the port on 127.0.0.1
   */
  async start(): Promise<number> {
    const { log, logFile } = this.#options;
    const running = await this.#findRunning();
    await chmod(logFile, PRIVATE_FILE).catch(() => {});
    if (!running) await truncateLarge(logFile);
    const port = running?.port ?? (await this.#launchOnFreePort());
    if (running) {
      log.warn({ postmaster: running.pid }, 'taking over the Postgres that an earlier process left running');
      this.#pid = running.pid;
      await this.#waitUntilReady(running.pid);
    }
    log.info({ postmaster: this.#pid, port }, 'Postgres is ready');
    this.#supervising = this.#supervise(port);
    return port;
  }

  /** Closes all connections and waits until the server has exited. Idempotent. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#supervising;
    if (this.#pid === undefined) return;
    signal(this.#pid, 'SIGINT');
    await this.#waitUntilExited(this.#pid);
    this.#pid = undefined;
  }

  /** @returns the server that a killed process left running */
  async #findRunning(): Promise<PidFile | undefined> {
    const { clusterDir, log } = this.#options;
    const found = await findPostmaster(clusterDir);
    if (found?.status === 'stopping') {
      log.info('waiting for the Postgres of an earlier process to stop');
      await this.#waitUntilExited(found.pid);
      return undefined;
    }
    return found;
  }

  /** Retries while the port is in use, or shared memory of a killed server that is still exiting. */
  async #launchOnFreePort(): Promise<number> {
    for (const end = Date.now() + TIMEOUT_MS; ; await sleep(SUPERVISE_MS)) {
      const port = await findFreePort();
      try {
        await this.#launch(port);
        return port;
      } catch (error) {
        const inUse = error instanceof Error && /(already|still) in use/.test(error.message);
        if (!inUse || Date.now() > end) throw error;
      }
    }
  }

  async #launch(port: number): Promise<void> {
    const { clusterDir, logFile, binary, settings, account } = this.#options;
    await replacePid(clusterDir);
    await using output = await open(logFile, 'a', PRIVATE_FILE);
    const logStart = (await output.stat()).size;
    const all = { listen_addresses: '127.0.0.1', unix_socket_directories: '', ...settings };
    const flags = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    // Detached, so that Ctrl-C in the terminal reaches only us, and we can shut it down gracefully.
    const child = account.spawn(binary, ['-D', clusterDir, '-p', String(port), ...flags], {
      detached: true,
      stdio: ['ignore', output.fd, output.fd],
    });
    await once(child, 'spawn');
    child.unref();
    this.#pid = child.pid;
    if (child.pid !== undefined) await this.#waitUntilReady(child.pid, logStart);
  }

  /** @param logStart offset in the log from which to quote if the start fails */
  async #waitUntilReady(pid: number, logStart?: number): Promise<void> {
    const { clusterDir, logFile, log } = this.#options;
    const start = Date.now();
    for (let reported = start; ; ) {
      const found = await readPidFile(clusterDir);
      if (found?.pid === pid && found.status === 'ready') return;
      if (!(await isRunning(pid))) throw await startFailure(logFile, logStart);
      if (Date.now() - reported >= LOG_EVERY_MS) {
        reported = Date.now();
        log.info({ seconds: Math.round((reported - start) / 1000) }, 'Postgres is recovering from a crash');
      }
      await sleep(POLL_MS, undefined, { signal: this.#stopping.signal });
    }
  }

  async #waitUntilExited(pid: number): Promise<void> {
    const { log } = this.#options;
    const start = Date.now();
    for (let reported = start; await isRunning(pid); ) {
      if (Date.now() - reported >= LOG_EVERY_MS) {
        reported = Date.now();
        log.info({ postmaster: pid }, 'Postgres is shutting down');
        if (reported - start >= TIMEOUT_MS) signal(pid, 'SIGQUIT');
      }
      await sleep(POLL_MS);
    }
  }

  async #supervise(port: number): Promise<void> {
    while (await this.#pause(SUPERVISE_MS)) {
      if (this.#pid !== undefined && (await isRunning(this.#pid))) continue;
      this.#options.log.error({ postmaster: this.#pid }, 'Postgres died, restarting it');
      await this.#restart(port);
    }
  }

  async #restart(port: number): Promise<void> {
    const { log } = this.#options;
    let pause = SUPERVISE_MS;
    do {
      try {
        await this.#launch(port);
        log.info({ postmaster: this.#pid, port }, 'Postgres is ready again');
        return;
      } catch (err) {
        if (!this.#stopping.signal.aborted) log.error({ err, pause }, 'Postgres failed to restart');
      }
      pause = Math.min(pause * 2, MAX_BACKOFF_MS);
    } while (await this.#pause(pause));
  }

  /** Does not keep the process alive. @returns false if the server is stopping */
  async #pause(ms: number): Promise<boolean> {
    const { signal } = this.#stopping;
    return await sleep(ms, !signal.aborted, { signal, ref: false }).catch(() => false);
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has exited already.
  }
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}

async function truncateLarge(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found && found.size > MAX_LOG_BYTES) await truncate(path);
}

async function startFailure(logFile: string, logStart = 0): Promise<SettingsError> {
  const printed = (await readFile(logFile)).subarray(logStart).toString().slice(-2_000);
  return new SettingsError(`The embedded Postgres did not start. Its log:\n${printed}`);
}
