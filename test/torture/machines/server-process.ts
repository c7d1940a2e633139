// A server process as in production, with a TCP relay of its own between it and Postgres.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { TcpRelay } from '../../support/database/tcp-relay.ts';
import { withTimeout } from '../eventually.ts';

const MAIN = join(import.meta.dirname, '../../../src/main.ts');
const READY_WITHIN_MS = 60_000;
/** Much longer than the limit that verify-round.ts checks. */
const ENDS_WITHIN_MS = 60_000;
/** Characters of the log's end that are kept for a failure message. */
const LOG_KEPT = 6_000;

export interface Exit {
  code: number | null;
  milliseconds: number;
}

export class ServerProcess implements AsyncDisposable {
  readonly url: string;
  readonly relay: TcpRelay;
  readonly #child: ChildProcess;
  readonly #output: Output;
  readonly #killOnExit = () => void this.#child.kill('SIGKILL');
  #isExitExpected = false;

  private constructor(url: string, relay: TcpRelay, child: ChildProcess, output: Output) {
    this.url = url;
    this.relay = relay;
    this.#child = child;
    this.#output = output;
    process.once('exit', this.#killOnExit);
  }

  /** @param databaseUrl returns the URL of the database through a port */
  static async start(options: {
    postgresPort: number;
    databaseUrl: (port: number) => string;
    dataDir: string;
    /** Folder for Node's compile cache. */
    codeDir: string;
    settings: Record<string, string>;
  }): Promise<ServerProcess> {
    const relay = await TcpRelay.start(options.postgresPort);
    const child = spawn(process.execPath, [MAIN], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env['PATH'],
        DATABASE_URL: options.databaseUrl(relay.port),
        DATA_DIR: options.dataDir,
        PORT: '0',
        LOG_LEVEL: 'warn',
        NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? options.codeDir,
        NODE_OPTIONS: process.env['NODE_OPTIONS'],
        ...options.settings,
      },
    });
    const output = new Output(child);
    try {
      const url = await Promise.race([output.address, delay(READY_WITHIN_MS, undefined, { ref: false })]);
      if (!url) throw new Error(`the server did not start:\n${output.text}`);
      return new ServerProcess(url, relay, child, output);
    } catch (error) {
      child.kill('SIGKILL');
      await relay[Symbol.asyncDispose]();
      throw error;
    }
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** A message if the process has exited without being asked to. */
  get unexpectedExit(): string | undefined {
    if (!this.hasEnded || this.#isExitExpected) return undefined;
    return `a server exited unexpectedly (${this.#child.exitCode ?? this.#child.signalCode})`;
  }

  /** The end of its log. */
  get log(): string {
    return this.#output.text;
  }

  /** Resident memory in MB; undefined without /proc. */
  async memory(): Promise<number | undefined> {
    const status = await readFile(`/proc/${this.#child.pid}/status`, 'utf8').catch(() => '');
    const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) / 1024;
  }

  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  async stop(): Promise<Exit> {
    const begun = performance.now();
    await this.#end('SIGTERM');
    return { code: this.#child.exitCode, milliseconds: performance.now() - begun };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    process.off('exit', this.#killOnExit);
    await this.relay[Symbol.asyncDispose]();
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    this.#isExitExpected = true;
    if (this.hasEnded) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill(signal);
    await withTimeout(`a server exits after ${signal}`, gone, ENDS_WITHIN_MS);
  }
}

/** The output of a server: its address on stdout, its log on stderr. */
class Output {
  text = '';
  readonly #address = Promise.withResolvers<string | undefined>();

  constructor({ stdout, stderr }: ChildProcess) {
    let printed = '';
    stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      printed += chunk;
      const url = /http:\/\/[\d.]+:\d+/.exec(printed)?.[0];
      if (url) this.#address.resolve(url);
    });
    stdout?.once('close', () => this.#address.resolve(undefined));
    stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      this.text = (this.text + chunk).slice(-LOG_KEPT);
    });
  }

  /** Undefined if the server exits before it prints one. */
  get address(): Promise<string | undefined> {
    return this.#address.promise;
  }
}
