// Servers on loopback from which sources are fetched, and a fetcher for them.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import { DiskSpace } from '../../../src/ingest/spool/disk-space.ts';
import type { Network } from '../../../src/sources/fetch/http/http-agent.ts';
import { SourceFetcher } from '../../../src/sources/fetch/source-fetcher.ts';
import type { Fetched, FetchLimits, FetchTarget, Validators } from '../../../src/sources/fetch/types.ts';
import { releaseAfter } from '../../support/release.ts';
import { createTemporaryFolder } from '../../support/temporary-folder.ts';

export interface Origin {
  url: string;
  /** All requests so far, in order. */
  requests: { path: string; headers: IncomingMessage['headers'] }[];
}

export const CSV = Buffer.from(`name,sku,description\r\n${'Ann,a-1,"one\nmore"\r\n'.repeat(20_000)}`);

export async function startOrigin(
  t: TestContext,
  answer: (request: IncomingMessage, response: ServerResponse) => unknown,
  host = '127.0.0.1',
): Promise<Origin> {
  const requests: Origin['requests'] = [];
  const server = createServer((request, response) => {
    requests.push({ path: request.url ?? '', headers: request.headers });
    response.on('error', () => {});
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  releaseAfter(t, () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return { url: `http://${host}:${(server.address() as AddressInfo).port}`, requests };
}

/** A server that answers every request with these bytes, which need not be HTTP. */
export async function startRaw(
  t: TestContext,
  answer: (socket: net.Socket, request: string) => unknown,
): Promise<string> {
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('data', (request) => answer(socket, String(request)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  releaseAfter(t, () => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

export class TestFetcher {
  readonly #fetcher: SourceFetcher;
  readonly tempDir: string;

  constructor(fetcher: SourceFetcher, tempDir: string) {
    this.#fetcher = fetcher;
    this.tempDir = tempDir;
  }

  fetch(
    url: string,
    target: Partial<FetchTarget> = {},
    signal = new AbortController().signal,
  ): Promise<Fetched> {
    const defaults = { kind: 'HTTP', headers: {}, validators: undefined, mustFetch: false } as const;
    return this.#fetcher.fetchIfChanged({ ...defaults, url, ...target }, { signal });
  }

  close(): Promise<void> {
    return this.#fetcher.close();
  }

  /** Fetches the whole content. Undefined if it is unchanged. */
  async read(
    url: string,
    target?: Partial<FetchTarget>,
  ): Promise<{ content: Buffer; validators: Validators; fileName: string } | undefined> {
    const fetched = await this.fetch(url, target);
    if (!fetched.changed) return undefined;
    const content = await buffer(fetched.stream);
    return { content, validators: fetched.validators(), fileName: fetched.fileName };
  }
}

export async function createFetcher(
  t: TestContext,
  limits: Partial<FetchLimits> = {},
  network: Partial<Network> = {},
): Promise<TestFetcher> {
  const tempDir = join(await createTemporaryFolder(t), 'fetch');
  const defaults = {
    allowPrivate: true,
    maxBytes: 1e9,
    silenceMs: 30_000,
    totalMs: 120_000,
    minBytesPerSecond: 0,
    storage: { folder: tempDir, space: new DiskSpace(tempDir, 0) },
  };
  const fetcher = new SourceFetcher({ ...defaults, ...limits }, network);
  releaseAfter(t, () => fetcher.close());
  return new TestFetcher(fetcher, tempDir);
}
