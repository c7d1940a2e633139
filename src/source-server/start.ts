// The data source server: serves the CSV files of a folder, and says whether they have changed.

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { acceptsGzip, type Exchange, sendBytes, sendText } from './answer.ts';
import { Changes } from './changes.ts';
import { ContentTags } from './content-tags.ts';
import { FileChanged, type FileState, Folder, type OpenFile } from './folder.ts';
import { FolderFault } from './folder-fault.ts';
import { sendIndex } from './index-page.ts';
import { joinFiles } from './join-files.ts';
import { sendFile } from './send-file.ts';

export interface SourceServerOptions {
  /** The folder, as an absolute path. */
  dir: string;
  host?: string;
  /** Default: any free port. */
  port?: number;
  /** Called with each line of the log. */
  log?: (line: string) => void;
}

export interface SourceServer {
  /** Without a trailing slash. */
  url: string;
  close(): Promise<void>;
}

/** How long a request waits for the hash of a large file before it is answered with 503. */
const TAG_WAIT_MS = 10_000;
const RETRY_AFTER_SECONDS = '5';
/** A connection without traffic for so long is closed. */
const IDLE_MS = 300_000;
const SCAN_EVERY_MS = 1000;
/** How long responses under way may still take when the server closes. */
const CLOSE_TIMEOUT_MS = 2000;

/** @throws what listening throws */
export async function startSourceServer(options: SourceServerOptions): Promise<SourceServer> {
  const { dir, host = '127.0.0.1', port = 0, log = () => {} } = options;
  const handler = new Handler(new Folder(dir), log);
  const server = createServer((request, response) => void handler.handle({ request, response }));
  server.setTimeout(IDLE_MS);
  await listen(server, port, host);
  void handler.scan();
  const scanning = setInterval(() => void handler.scan(), SCAN_EVERY_MS);
  const address = server.address() as AddressInfo;
  return {
    url: `http://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`,
    close: async () => {
      clearInterval(scanning);
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeIdleConnections();
      await Promise.race([closed, pause(CLOSE_TIMEOUT_MS, undefined, { ref: false })]);
      server.closeAllConnections();
      await closed;
    },
  };
}

class Handler {
  readonly #folder: Folder;
  readonly #log: (line: string) => void;
  readonly #tags: ContentTags;
  readonly #changes: Changes;
  #seen: FileState[] | undefined;
  #isScanning = false;

  constructor(folder: Folder, log: (line: string) => void) {
    this.#folder = folder;
    this.#log = log;
    this.#tags = new ContentTags(folder);
    this.#changes = new Changes(folder);
  }

  async handle(exchange: Exchange): Promise<void> {
    const { request, response } = exchange;
    response.on('error', () => {});
    try {
      await this.#route(exchange);
    } catch (error) {
      if (isAborted(error)) return;
      this.#log(`${request.method} ${request.url}: ${error instanceof Error ? error.message : error}`);
      if (response.headersSent) response.destroy();
      else this.#sendError(exchange, error);
    }
  }

  /** Logs what changed in the folder, and computes the hashes in advance. */
  async scan(): Promise<void> {
    if (this.#isScanning) return;
    this.#isScanning = true;
    try {
      const states = await this.#folder.list();
      this.#logChanges(states);
      this.#tags.keepOnly(states);
      // One after the other: there may be many.
      for (const state of states) await this.#tags.of(state).catch(() => {});
    } catch (error) {
      this.#log(`The folder cannot be read: ${(error as Error).message}`);
    } finally {
      this.#isScanning = false;
    }
  }

  #logChanges(states: FileState[]): void {
    const before = new Map(this.#seen?.map(({ name, version }) => [name, version]));
    for (const { name, version } of this.#seen ? states : []) {
      if (!before.has(name)) this.#log(`${name} is new`);
      else if (before.get(name) !== version) this.#log(`${name} changed`);
    }
    for (const { name } of states) before.delete(name);
    for (const name of before.keys()) this.#log(`${name} is gone`);
    this.#seen = states;
  }

  async #route(exchange: Exchange): Promise<void> {
    const { method, url = '/' } = exchange.request;
    if (method !== 'GET' && method !== 'HEAD') {
      exchange.response.setHeader('allow', 'GET, HEAD');
      return sendText(exchange, 405, 'Only GET and HEAD are supported.');
    }
    const [path = '/'] = url.split('?');
    if (path === '/') return sendIndex(exchange, await this.#folder.list());
    if (path === '/sense') return sendText(exchange, 200, (await this.#changes.hasUnread()) ? '1' : '0');
    if (path === '/read') return this.#read(exchange);
    if (path.startsWith('/files/')) return this.#file(exchange, decode(path.slice('/files/'.length)));
    return notFound(exchange);
  }

  async #file(exchange: Exchange, name: string): Promise<void> {
    const file = await this.#folder.open(name);
    if (!file) return notFound(exchange);
    try {
      const tag = await within(TAG_WAIT_MS, this.#tags.of(file.state));
      if (tag === undefined) return retryLater(exchange, `${name} is being hashed`);
      await sendFile(exchange, file, tag);
    } finally {
      await file.close();
    }
  }

  /** Sends all files as one. They count as read only once a client has received all of it. */
  async #read(exchange: Exchange): Promise<void> {
    await using opened = new AsyncDisposableStack();
    const files: OpenFile[] = [];
    for (const { name } of await this.#folder.list()) {
      const file = await this.#folder.open(name);
      if (!file) continue;
      opened.defer(() => file.close());
      files.push(file);
    }
    if (files.length === 0) return sendText(exchange, 404, 'There is no CSV file in the folder.');
    const bytes = await joinFiles(files);
    const { request, response } = exchange;
    response.setHeader('content-type', 'text/csv');
    response.setHeader('cache-control', 'no-store');
    response.setHeader('vary', 'accept-encoding');
    const isCompressed = acceptsGzip(exchange);
    if (isCompressed) response.setHeader('content-encoding', 'gzip');
    if (request.method === 'HEAD') {
      response.end();
      return;
    }
    response.flushHeaders();
    await sendBytes(exchange, bytes, isCompressed);
    this.#changes.markRead(files.map(({ state }) => state));
  }

  #sendError(exchange: Exchange, error: unknown): void {
    for (const name of exchange.response.getHeaderNames()) exchange.response.removeHeader(name);
    if (error instanceof FileChanged) retryLater(exchange, error.message);
    else if (error instanceof FolderFault) sendText(exchange, 409, error.message);
    else sendText(exchange, 500, 'The folder cannot be read. See the log of this server.');
  }
}

/** Whether the client closed the connection before the end. */
function isAborted(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE';
}

function retryLater(exchange: Exchange, why: string): void {
  exchange.response.setHeader('retry-after', RETRY_AFTER_SECONDS);
  sendText(exchange, 503, `${why}. Try again in ${RETRY_AFTER_SECONDS} seconds.`);
}

function notFound(exchange: Exchange): void {
  sendText(exchange, 404, 'Not found. The files are listed at /.');
}

async function within<T>(ms: number, promise: Promise<T>): Promise<T | undefined> {
  const done = new AbortController();
  try {
    return await Promise.race([promise, pause(ms, undefined, { signal: done.signal })]);
  } finally {
    done.abort();
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}

async function listen(server: Server, port: number, host: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
