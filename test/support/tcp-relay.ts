// The network between a server and Postgres: passes bytes on, until it is cut, stalls or pauses.

import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

const HOST = '127.0.0.1';
/** Another process may hold the port for a moment, by an outgoing connection. */
const LISTEN_AGAIN_MS = 50;
const LISTEN_WITHIN_MS = 10_000;

export class TcpRelay implements AsyncDisposable {
  readonly port: number;
  readonly #target: number;
  readonly #links = new Set<Link>();
  /** Called with what the server sends to Postgres. */
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

  /** @param target the port on this machine that it leads to */
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

  /** From now on every byte vanishes, an end too, and nothing closes: the other side seems only to be slow. */
  stall(): void {
    this.#stalled = true;
    for (const link of this.#links) link.swallow();
  }

  /** Holds every byte back until `heal`, and loses none. */
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
   * Of the connections that were there when it stalled, those that the server has not given up yet, by the ports under
   * which Postgres knows them.
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

/** One connection: its near side is the server's, its far side Postgres's. */
class Link {
  readonly #near: Socket;
  readonly #far: Socket | undefined;
  #swallows: boolean;
  #nearGone = false;
  onGone: () => void = () => {};

  /** @param target undefined for one that is made while the network stalls */
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

  /** Of the far side, if it was there before the stall and the server still takes it for alive. */
  get keptPort(): number | undefined {
    return this.#swallows && !this.#nearGone ? this.#far?.localPort : undefined;
  }

  #broken(): void {
    if (!this.#swallows) this.reset();
  }

  /** A side that ends in order ends the other, by the pipes, once it has all that was sent. */
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
 * As when a machine fails: at once, and with what was not sent yet. Node's own `resetAndDestroy` sends all of it and ends
 * the connection in order before; should that be under way already, the socket is never closed.
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
