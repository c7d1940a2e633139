// A file server on loopback for tests of data sources: by default it serves a file with its ETag, and it can be made to
// answer in any other way.

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { releaseAfter } from '../release.ts';

export class FileHost {
  readonly url: string;
  /** All requests, with the status of the response. */
  readonly requests: { url: string; method: string; headers: IncomingMessage['headers']; status: number }[] =
    [];
  readonly #answers = new Map<string, RequestListener>();

  constructor(url: string) {
    this.url = url;
  }

  /** Serves a file with a strong ETag. */
  serve(path: string, content: string | Buffer): void {
    const body = Buffer.from(content);
    const etag = `"${createHash('sha256').update(body).digest('hex').slice(0, 16)}"`;
    this.answer(path, (request, response) => {
      if (request.headers['if-none-match'] === etag) return void response.writeHead(304, { etag }).end();
      response.writeHead(200, { etag, 'content-type': 'text/csv', 'content-length': body.length }).end(body);
    });
  }

  /** Replaces the request handler from now on. */
  answer(path: string, listener: RequestListener): void {
    this.#answers.set(path, listener);
  }

  /** Number of requests for a path with this status. Default: any status. */
  count(path: string, status?: number): number {
    return this.requests.filter(
      (request) => request.url === path && (status ?? request.status) === request.status,
    ).length;
  }

  handle(request: IncomingMessage, response: ServerResponse): void {
    const { url = '', method = '', headers } = request;
    const entry = { url, method, headers, status: 0 };
    this.requests.push(entry);
    response.once('close', () => {
      entry.status = response.headersSent ? response.statusCode : 0;
    });
    const listener = this.#answers.get(url);
    if (listener) listener(request, response);
    else response.writeHead(404).end('nothing here');
  }
}

export async function startFileHost(t: TestContext): Promise<FileHost> {
  const { host, close } = await openFileHost();
  releaseAfter(t, close);
  return host;
}

export async function openFileHost(): Promise<{ host: FileHost; close(): Promise<void> }> {
  const server = createServer((request, response) => host.handle(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const host = new FileHost(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  return {
    host,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
