// Listens with several sockets on one port. Node accepts one connection of each in a turn of the event loop, so with a single
// one, clients that connect while the server is busy wait for as many turns as there are connections before theirs.

import { once } from 'node:events';
import type { Server as HttpServer } from 'node:http';
import { type AddressInfo, createServer, type ListenOptions, type Server } from 'node:net';

/** Besides that of the HTTP server. */
const OTHERS = 7;
/** Elsewhere the system does not spread connections over sockets of the same port. */
const CAN_SHARE_PORT = process.platform === 'linux';

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
    if (!CAN_SHARE_PORT) return this.#listen(this.#main, { port, host });
    if (port !== 0) await requireFree(port, host);
    await this.#listen(this.#main, { port, host, reusePort: true });
    const shared = { port: this.address.port, host, reusePort: true };
    for (let count = 0; count < OTHERS; count++) {
      // As an HTTP server does itself.
      const other = createServer({ allowHalfOpen: true, noDelay: true });
      other.on('connection', (socket) => this.#main.emit('connection', socket));
      this.#others.push(other);
      await this.#listen(other, shared);
    }
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
  const only = createServer().listen(port, host);
  await once(only, 'listening');
  only.close();
  await once(only, 'close');
}
