// Simulates the network between a server and Postgres: forwards bytes until it is cut, stalled or paused.

import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

const HOST = '127.0.0.1';
/** Another process may use the port for a moment, for an outgoing connection. */
const LISTEN_AGAIN_MS = 50;
const LISTEN_WITHIN_MS = 10_000;

export class TcpRelay implements AsyncDisposable {
  readonly port: number;
  readonly #target: number;
  readonly #links = new Set<Link>();
  /** Called with the bytes that the server sends to Postgres. */
  onSent: (bytes: Buffer) => void = () => {};
  #server: Server;
  #stalled = false;
  #paused = false;

  private constructor(target: number, server: Server) {
    this.#target = target;
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    server.on('connection', (socket) => this.#connect(socket));
  }

  /** @param target the port on this machine to which it forwards */
  static async start(target: number): Promise<TcpRelay> {
    return new TcpRelay(target, await listen(0));
  }

  /** Resets all connections, and refuses new ones. */
  async cut(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const link of this.#links) link.reset();
    await closed;
  }

  /** Drops every byte from now on, and the end of connections too: the other side merely appears to be slow. */
  stall(): void {
    this.#stalled = true;
    for (const link of this.#links) link.swallow();
  }

  /** Holds back every byte until `heal`, without losing any. */
  pause(): void {
    this.#paused = true;
    for (const link of this.#links) link.pause();
  }

  /** Works again. Connections that were stalled are reset, as they are when a router has forgotten them. */
  async heal(): Promise<void> {
    this.#stalled = false;
    this.#paused = false;
    for (const link of this.#links) link.heal();
    if (this.#server.listening) return;
    this.#server = await listen(this.port);
    this.#server.on('connection', (socket) => this.#connect(socket));
  }

  /**
   * Connections from before the stall that the server has not closed yet, by their client ports as Postgres sees
   * them.
   */
  get stalledPorts(): number[] {
    return [...this.#links].flatMap((link) => link.keptPort ?? []);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const link of this.#links) link.reset();
    if (!this.#server.listening) return;
    this.#server.close();
    for (const link of this.#links) link.reset();
    await once(this.#server, 'close');
  }

  #connect(near: Socket): void {
    near.on('data', (bytes: Buffer) => this.onSent(bytes));
    const link = new Link(near, this.#stalled ? undefined : this.#target);
    this.#links.add(link);
    link.onGone = () => this.#links.delete(link);
    if (this.#paused) link.pause();
  }
}

/** One connection: the near side leads to the server, the far side to Postgres. */
class Link {
  readonly #near: Socket;
  readonly #far: Socket | undefined;
  #swallows: boolean;
  #nearGone = false;
  onGone: () => void = () => {};

  /** @param target undefined for a connection made during a stall */
  constructor(near: Socket, target: number | undefined) {
    this.#near = near;
    this.#swallows = target === undefined;
    near.setNoDelay(true).on('error', () => this.#broken());
    near.once('end', () => {
      this.#nearGone = true;
    });
    near.once('close', () => {
      this.#nearGone = true;
      this.#closed();
    });
    if (target === undefined) {
      near.resume();
      return;
    }
    const far = connect({ port: target, host: HOST, noDelay: true });
    this.#far = far;
    far.on('error', () => this.#broken());
    far.once('close', () => this.#closed());
    near.pipe(far);
    far.pipe(near);
  }

  /** The local port of the far side, if it existed before the stall and the server has not closed it. */
  get keptPort(): number | undefined {
    return this.#swallows && !this.#nearGone ? this.#far?.localPort : undefined;
  }

  #broken(): void {
    if (!this.#swallows) this.reset();
  }

  /** The pipes end the other side of a gracefully ended one, once it has received all data. */
  #closed(): void {
    if (this.#near.closed && (this.#far?.closed ?? true)) this.onGone();
  }

  reset(): void {
    reset(this.#near);
    if (this.#far) reset(this.#far);
    this.onGone();
  }

  swallow(): void {
    this.#swallows = true;
    this.#near.unpipe();
    this.#far?.unpipe();
    this.#near.resume();
    this.#far?.resume();
  }

  pause(): void {
    this.#near.unpipe().pause();
    this.#far?.unpipe().pause();
  }

  heal(): void {
    if (this.#swallows) {
      this.reset();
    } else if (this.#far) {
      this.#near.pipe(this.#far);
      this.#far.pipe(this.#near);
    }
  }
}

/**
 * Resets the connection as a failing machine would: immediately, and discarding unsent data. Node's `resetAndDestroy`
 * first sends all data and ends the connection gracefully; if that is already in progress, the socket is never closed.
 */
function reset(socket: Socket): void {
  if (!socket.connecting && !socket.writableEnded) Object.assign(socket, { resetAndClosing: true });
  socket.destroy();
}

async function listen(port: number): Promise<Server> {
  for (const end = Date.now() + LISTEN_WITHIN_MS; ; await delay(LISTEN_AGAIN_MS)) {
    const server = createServer({ allowHalfOpen: false });
    try {
      server.listen(port, HOST);
      await once(server, 'listening');
      return server;
    } catch (error) {
      if (Date.now() > end) throw error;
    }
  }
}
