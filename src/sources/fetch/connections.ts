// Connections to the servers of sources, kept open for the next request.
//
// Where a connection ends is judged each time one is made, by the very address it goes to: so neither a redirect nor a
// name that resolves to something else the next time leads into a private network.

import { isIP, type LookupFunction } from 'node:net';
import { buildConnector, Client } from 'undici';
import { shuttingDown } from './network-failure.ts';
import { addressRefused } from './source-address.ts';

export interface Network {
  /** Resolves names. */
  lookup: LookupFunction;
  /** Whether an address may be connected to. */
  isAllowed: (address: string) => boolean;
}

/** How many requests to a host wait for their answer at once. */
const AT_ONCE_PER_HOST = 4;
/** An idle connection is kept for so long, unless the server says otherwise: checks of a source are never far apart. */
const KEEP_MS = 60_000;

interface Host {
  asking: number;
  waiting: (() => void)[];
  idle: Connection[];
}

/** A connection, for one request at a time: what happens on it is then known to be that request's. */
export class Connection {
  readonly client: Client;
  /** Whether it has carried a request: the server may then have closed it meanwhile. */
  used = false;
  /** What it was closed with; undefined while it is open. */
  closedBy: Error | undefined;

  constructor(client: Client) {
    this.client = client;
    client.on('connect', () => {
      this.closedBy = undefined;
    });
    client.on('disconnect', (_origin, _targets, error) => {
      this.closedBy = error;
    });
  }
}

export class Connections {
  readonly #hosts = new Map<string, Host>();
  readonly #all = new Set<Connection>();
  readonly #silenceMs: number;
  readonly #connect: buildConnector.connector;
  #closed = false;

  constructor({ lookup, isAllowed }: Network, silenceMs: number) {
    this.#silenceMs = silenceMs;
    const connect = buildConnector({
      timeout: silenceMs,
      allowH2: false,
      lookup: checked(lookup, isAllowed),
    });
    this.#connect = (options, callback) => {
      // A literal address is not looked up.
      const host = options.hostname.replace(/^\[(.*)\]$/, '$1');
      if (isIP(host) && !isAllowed(host)) callback(addressRefused(options.hostname), null);
      else connect(options, callback);
    };
  }

  /** Runs `ask`, which sends a request and waits for its answer, when the host has no more than its share of them. */
  async inTurn<T>(origin: string, signal: AbortSignal, ask: () => Promise<T>): Promise<T> {
    const host = this.#host(origin);
    if (host.asking >= AT_ONCE_PER_HOST) {
      await new Promise<void>((resolve) => {
        host.waiting.push(resolve);
      });
    } else host.asking++;
    try {
      signal.throwIfAborted();
      return await ask();
    } finally {
      const next = host.waiting.shift();
      if (next) next();
      else host.asking--;
      this.#forget(origin, host);
    }
  }

  /** @param fresh leaves those aside that have been used before */
  take(origin: string, fresh = false): Connection {
    if (this.#closed) throw shuttingDown();
    const idle = fresh ? undefined : this.#host(origin).idle.pop();
    if (idle) return idle;
    const client = new Client(origin, {
      connect: this.#connect,
      headersTimeout: this.#silenceMs,
      bodyTimeout: this.#silenceMs,
      keepAliveTimeout: KEEP_MS,
    });
    const connection = new Connection(client);
    client.on('disconnect', () => this.#leave(origin, connection));
    this.#all.add(connection);
    return connection;
  }

  /** To be called when the answer has ended, however it did. */
  giveBack(origin: string, connection: Connection): void {
    connection.used = true;
    const host = this.#host(origin);
    if (connection.closedBy || host.idle.length >= AT_ONCE_PER_HOST) this.drop(connection);
    else host.idle.push(connection);
    this.#forget(origin, host);
  }

  drop(connection: Connection): void {
    this.#all.delete(connection);
    void connection.client.destroy();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#hosts.clear();
    await Promise.all([...this.#all].map(({ client }) => client.destroy()));
    this.#all.clear();
  }

  /** An idle connection was closed. */
  #leave(origin: string, connection: Connection): void {
    const host = this.#hosts.get(origin);
    const at = host?.idle.indexOf(connection) ?? -1;
    if (!host || at < 0) return;
    host.idle.splice(at, 1);
    this.drop(connection);
    this.#forget(origin, host);
  }

  #host(origin: string): Host {
    let host = this.#hosts.get(origin);
    if (!host) {
      host = { asking: 0, waiting: [], idle: [] };
      this.#hosts.set(origin, host);
    }
    return host;
  }

  /** Keeps nothing of a host that nobody asks. */
  #forget(origin: string, host: Host): void {
    if (host.asking === 0 && host.idle.length === 0) this.#hosts.delete(origin);
  }
}

/** A lookup that fails if any address of a name is not allowed. */
function checked(lookup: LookupFunction, isAllowed: (address: string) => boolean): LookupFunction {
  return (name, options, callback) => {
    lookup(name, { ...options, all: true }, (error, found) => {
      const addresses = Array.isArray(found) ? found : [];
      if (error) callback(error, []);
      else if (!addresses.every(({ address }) => isAllowed(address))) callback(addressRefused(name), []);
      else if (options.all) callback(null, addresses);
      else callback(null, addresses[0]?.address ?? '', addresses[0]?.family);
    });
  };
}
