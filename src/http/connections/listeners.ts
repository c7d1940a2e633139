// Listens with several sockets on one port. Node accepts one connection of each in a turn of the event loop, so with a single
// one, clients that connect while the server is busy wait for as many turns as there are connections before theirs.

import { once } from 'node:events';
import type { Server as HttpServer } from 'node:http';
import { type AddressInfo, createServer, type ListenOptions, type Server } from 'node:net';

/** Besides that of the HTTP server. */
const OTHERS = 7;
/** Elsewhere the system does not spread connections over sockets of the same port. */
const SHARES_PORTS = process.platform === 'linux';
/** Of a system that cannot do it after all. */
const CANNOT_SHARE = ['ENOTSUP', 'ENOPROTOOPT', 'EINVAL'];

export class Listeners {
  readonly #main: HttpServer;
  readonly #others: Server[] = [];
  readonly #closed: Promise<unknown>[] = [];

  constructor(main: HttpServer) {
    this.#main = main;
  }

  get address(): AddressInfo {
    return this.#main.address() as AddressInfo;
  }

  /**
   * @param port 0: any free one
   * @throws NodeJS.ErrnoException such as EADDRINUSE, also if only another server of this user has the port
   */
  async listen(port: number, host: string): Promise<void> {
    if (SHARES_PORTS && port !== 0) await requireFree(port, host);
    if (SHARES_PORTS && (await this.#share(port, host))) return;
    await this.#listen(this.#main, { port, host });
  }

  /** @returns whether the system can do it */
  async #share(port: number, host: string): Promise<boolean> {
    try {
      await this.#listen(this.#main, { port, host, reusePort: true });
    } catch (error) {
      if (CANNOT_SHARE.includes(String((error as NodeJS.ErrnoException).code))) return false;
      throw error;
    }
    for (let count = 0; count < OTHERS; count++) await this.#addSocket({ port: this.address.port, host });
    return true;
  }

  /** A server does without one that fails. */
  async #addSocket(address: { port: number; host: string }): Promise<void> {
    // As an HTTP server does itself.
    const other = createServer({ allowHalfOpen: true, noDelay: true });
    other.on('connection', (socket) => this.#main.emit('connection', socket));
    await this.#listen(other, { ...address, reusePort: true }).then(
      () => this.#others.push(other),
      () => other.close(),
    );
  }

  /** Accepts no more connections. Those that are open stay. */
  stop(): void {
    this.#main.close();
    for (const other of this.#others) other.close();
  }

  /** Resolves once it has been stopped and all connections have closed. */
  async closed(): Promise<void> {
    await Promise.all(this.#closed);
  }

  async #listen(server: Server, options: ListenOptions): Promise<void> {
    server.listen(options);
    await once(server, 'listening');
    this.#closed.push(once(server, 'close'));
  }
}

/** Servers of one user may share a port unnoticed, if they listen as above. */
async function requireFree(port: number, host: string): Promise<void> {
  // Who connects just now would be waited for.
  const only = createServer((socket) => socket.destroy()).listen(port, host);
  await once(only, 'listening');
  only.close();
  await once(only, 'close');
}
