// The running server: started or taken over, watched, started again when it dies, stopped in order.

import { once } from 'node:events';
import { open, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { SettingsError } from '../../errors.ts';
import type { Account } from './account.ts';
import { identifyProcess, isRunning } from './process-identity.ts';

/** What Postgres writes about itself to `postmaster.pid`. */
interface PidFile {
  pid: number;
  port: number;
  status: string;
}

interface PostmasterOptions {
  clusterDir: string;
  /** Gets what the server prints. */
  logFile: string;
  binary: string;
  settings: Record<string, string>;
  account: Account;
  log: Logger;
}

const POLL_MS = 25;
const WATCH_MS = 500;
const REPORT_MS = 5_000;
const LONGEST_PAUSE_MS = 30_000;
const PATIENCE_MS = 60_000;
const LARGEST_LOG = 50 * 2 ** 20;

export class Postmaster {
  readonly #options: PostmasterOptions;
  readonly #stopping = new AbortController();
  #pid: number | undefined;
  #watching: Promise<void> | undefined;

  constructor(options: PostmasterOptions) {
    this.#options = options;
  }

  /**
   * Returns the port on 127.0.0.1, once the server takes connections. After a crash that is when the log has
   * been replayed, however long it takes: stopping half way would only begin it again.
   */
  async start(): Promise<number> {
    const { log, logFile } = this.#options;
    const running = await this.#findRunning();
    if (!running) await truncateLarge(logFile);
    const port = running?.port ?? (await this.#launchOnFreePort());
    if (running) {
      log.warn({ postmaster: running.pid }, 'taking over the Postgres that an earlier process left running');
      this.#pid = running.pid;
      await this.#untilReady(running.pid);
    }
    log.info({ postmaster: this.#pid, port }, 'Postgres is ready');
    this.#watching = this.#watch(port);
    return port;
  }

  /** Ends all connections and waits until the server is gone. May be called again. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#watching;
    if (this.#pid === undefined) return;
    signal(this.#pid, 'SIGINT');
    await this.#untilGone(this.#pid);
    this.#pid = undefined;
  }

  /** The server that a killed process left, if it still lives. */
  async #findRunning(): Promise<PidFile | undefined> {
    const { clusterDir, log } = this.#options;
    const found = await findPostmaster(clusterDir);
    if (found?.status === 'stopping') {
      log.info('waiting for the Postgres of an earlier process to stop');
      await this.#untilGone(found.pid);
      return undefined;
    }
    return found;
  }

  /** Tries again while the port, or memory of a killed predecessor that is just ending, is in use. */
  async #launchOnFreePort(): Promise<number> {
    for (const end = Date.now() + PATIENCE_MS; ; await sleep(WATCH_MS)) {
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
    await disownPidFile(clusterDir);
    await using output = await open(logFile, 'a');
    const said = (await output.stat()).size;
    const all = { listen_addresses: '127.0.0.1', unix_socket_directories: '', ...settings };
    const flags = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    // Detached, so that a Ctrl-C in the terminal reaches us alone, and we stop it in order.
    const child = account.spawn(binary, ['-D', clusterDir, '-p', String(port), ...flags], {
      detached: true,
      stdio: ['ignore', output.fd, output.fd],
    });
    await once(child, 'spawn');
    child.unref();
    this.#pid = child.pid;
    if (child.pid !== undefined) await this.#untilReady(child.pid, said);
  }

  /** @param said the length of the log before the start: what follows explains a failure */
  async #untilReady(pid: number, said?: number): Promise<void> {
    const { clusterDir, logFile, log } = this.#options;
    const begun = Date.now();
    for (let reported = begun; ; ) {
      const found = await readPidFile(clusterDir);
      if (found?.pid === pid && found.status === 'ready') return;
      if (!(await isRunning(pid))) throw await didNotStart(logFile, said);
      if (Date.now() - reported >= REPORT_MS) {
        reported = Date.now();
        log.info({ seconds: Math.round((reported - begun) / 1000) }, 'Postgres is recovering from a crash');
      }
      await sleep(POLL_MS, undefined, { signal: this.#stopping.signal });
    }
  }

  async #untilGone(pid: number): Promise<void> {
    const { log } = this.#options;
    const begun = Date.now();
    for (let reported = begun; await isRunning(pid); ) {
      if (Date.now() - reported >= REPORT_MS) {
        reported = Date.now();
        log.info({ postmaster: pid }, 'Postgres is writing its memory to disk and stopping');
        if (reported - begun >= PATIENCE_MS) signal(pid, 'SIGQUIT');
      }
      await sleep(POLL_MS);
    }
  }

  async #watch(port: number): Promise<void> {
    while (await this.#pause(WATCH_MS)) {
      if (this.#pid !== undefined && (await isRunning(this.#pid))) continue;
      this.#options.log.error({ postmaster: this.#pid }, 'Postgres died; starting it again');
      await this.#relaunch(port);
    }
  }

  async #relaunch(port: number): Promise<void> {
    const { log } = this.#options;
    let pause = WATCH_MS;
    do {
      try {
        await this.#launch(port);
        log.info({ postmaster: this.#pid, port }, 'Postgres is ready again');
        return;
      } catch (err) {
        if (!this.#stopping.signal.aborted) log.error({ err, pause }, 'Postgres did not start again');
      }
      pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
    } while (await this.#pause(pause));
  }

  /** Keeps no process alive. False if the server is to stop. */
  async #pause(ms: number): Promise<boolean> {
    const { signal } = this.#stopping;
    return await sleep(ms, !signal.aborted, { signal, ref: false }).catch(() => false);
  }
}

/** The server that runs on the cluster, whoever started it. */
export async function findPostmaster(clusterDir: string): Promise<PidFile | undefined> {
  const found = await readPidFile(clusterDir);
  const running = found && (await identifyProcess(found.pid));
  // The number may have been given to another process since.
  return running?.command.includes(clusterDir) ? found : undefined;
}

function pidFile(clusterDir: string): string {
  return join(clusterDir, 'postmaster.pid');
}

async function readPidFile(clusterDir: string): Promise<PidFile | undefined> {
  const text = await readFile(pidFile(clusterDir), 'utf8').catch(() => '');
  const lines = text.split('\n').map((line) => line.trim());
  const pid = Number(lines[0]);
  if (!pid) return undefined;
  return { pid, port: Number(lines[3]), status: lines[7] ?? '' };
}

/**
 * Puts our number in the place of a dead predecessor's, which Postgres may take for alive: it was given to another
 * process, or nobody has collected the dead one. That of its parent it knows to be none. The rest of the file stays:
 * by it, Postgres finds children of the predecessor that still work on the data.
 */
async function disownPidFile(clusterDir: string): Promise<void> {
  const path = pidFile(clusterDir);
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text !== undefined) await writeFile(path, text.replace(/^\d+/, String(process.pid)));
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It is gone already.
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
  if (found && found.size > LARGEST_LOG) await truncate(path);
}

async function didNotStart(logFile: string, said = 0): Promise<SettingsError> {
  const printed = (await readFile(logFile)).subarray(said).toString().slice(-2_000);
  return new SettingsError(`The embedded Postgres did not start. It said:\n${printed}`);
}
