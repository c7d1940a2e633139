// Hosts many data sources in a separate process. Each reports that nothing has changed.

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export class SourceHost {
  readonly url: string;
  readonly #child: ChildProcess;

  private constructor(url: string, child: ChildProcess) {
    this.url = url;
    this.#child = child;
  }

  static async start(): Promise<SourceHost> {
    const child = fork(import.meta.filename);
    const [port] = await once(child, 'message');
    return new SourceHost(`http://127.0.0.1:${port}`, child);
  }

  /** The number of requests received. */
  async count(): Promise<number> {
    const response = once(this.#child, 'message');
    this.#child.send('count');
    const [count] = await response;
    return Number(count);
  }

  async close(): Promise<void> {
    const exited = once(this.#child, 'exit');
    this.#child.kill();
    await exited;
  }
}

/** The child process. It exits with its parent. */
function host(): void {
  let count = 0;
  const server = createServer((request, response) => {
    count++;
    if (request.url?.endsWith('/sense')) response.writeHead(200, { 'content-type': 'text/plain' }).end('0');
    else response.writeHead(304, { etag: request.headers['if-none-match'] ?? '"none"' }).end();
  });
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
  process.on('message', () => process.send?.(count));
  process.on('disconnect', () => process.exit());
}

if (process.send) host();
