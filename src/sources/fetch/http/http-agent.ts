// Keep-alive connections to the servers of sources.
//
// Each new connection is checked by the very IP address that it goes to. So neither a redirect nor a name that resolves
// to another address the next time leads into a private network.

import { isIP, type LookupFunction } from 'node:net';
import type { buildConnector, Client } from 'undici';
import { Semaphore } from '../../../ingest/semaphore.ts';
import { shuttingDown } from './network-failure.ts';
import { addressRefused } from './source-address.ts';

export interface Network {
  /** Resolves names. */
  lookup: LookupFunction;
  /** Whether an address may be connected to. */
  isAllowed: (address: string) => boolean;
}

/** How many requests to an origin may wait for their response at once. */
const REQUESTS_PER_ORIGIN = 4;
/** How long an idle connection is kept, unless the server says otherwise. */
const KEEP_ALIVE_MS = 60_000;

interface Origin {
  requests: Semaphore;
  /** Requests that are under way, or wait. */
  pending: number;
  idle: HttpConnection[];
}

/** A connection that carries one request at a time, so that whatever happens to it concerns that request. */
export class HttpConnection {
  readonly client: Client;
  /** Whether it has carried a request: then the server may have closed it since. */
  used = false;
  /** Why it was closed; undefined while it is open. */
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

export class HttpAgent {
  readonly #origins = new Map<string, Origin>();
  readonly #all = new Set<HttpConnection>();
  readonly #network: Network;
  readonly #silenceMs: number;
  #connect: buildConnector.connector | undefined;
  #closed = false;

  constructor(network: Network, silenceMs: number) {
    this.#network = network;
    this.#silenceMs = silenceMs;
  }

  /** Sends a request once the origin has no more than its share of them. */
  async withPermit<T>(url: string, signal: AbortSignal, send: () => Promise<T>): Promise<T> {
    const origin = this.#origin(url);
    origin.pending++;
    try {
      using _permit = await origin.requests.acquire(() => {}, signal);
      return await send();
    } finally {
      origin.pending--;
      this.#forgetUnused(url, origin);
    }
  }

  /** @param isFresh only a connection that has not been used yet */
  async acquire(url: string, isFresh = false): Promise<HttpConnection> {
    // Loaded with the first connection: it is large, and many servers have no sources.
    const { buildConnector, Client } = await import('undici');
    if (this.#closed) throw shuttingDown();
    const idle = isFresh ? undefined : this.#origin(url).idle.pop();
    if (idle) return idle;
    this.#connect ??= checkedConnector(buildConnector, this.#network, this.#silenceMs);
    const client = new Client(url, {
      connect: this.#connect,
      headersTimeout: this.#silenceMs,
      bodyTimeout: this.#silenceMs,
      keepAliveTimeout: KEEP_ALIVE_MS,
    });
    const connection = new HttpConnection(client);
    client.on('disconnect', () => this.#onDisconnect(url, connection));
    this.#all.add(connection);
    return connection;
  }

  /** Call this when the response has ended, in whatever way. */
  release(url: string, connection: HttpConnection): void {
    connection.used = true;
    const origin = this.#origin(url);
    if (connection.closedBy || origin.idle.length >= REQUESTS_PER_ORIGIN) this.destroy(connection);
    else origin.idle.push(connection);
    this.#forgetUnused(url, origin);
  }

  destroy(connection: HttpConnection): void {
    this.#all.delete(connection);
    void connection.client.destroy();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#origins.clear();
    await Promise.all([...this.#all].map(({ client }) => client.destroy()));
    this.#all.clear();
  }

  #onDisconnect(url: string, connection: HttpConnection): void {
    const origin = this.#origins.get(url);
    const at = origin?.idle.indexOf(connection) ?? -1;
    if (!origin || at < 0) return;
    origin.idle.splice(at, 1);
    this.destroy(connection);
    this.#forgetUnused(url, origin);
  }

  #origin(url: string): Origin {
    let origin = this.#origins.get(url);
    if (!origin) {
      origin = { requests: new Semaphore(REQUESTS_PER_ORIGIN), pending: 0, idle: [] };
      this.#origins.set(url, origin);
    }
    return origin;
  }

  #forgetUnused(url: string, origin: Origin): void {
    if (origin.pending === 0 && origin.idle.length === 0) this.#origins.delete(url);
  }
}

/** Connects only to addresses that are allowed. */
function checkedConnector(
  build: typeof buildConnector,
  { lookup, isAllowed }: Network,
  timeout: number,
): buildConnector.connector {
  const connect = build({ timeout, allowH2: false, lookup: checkedLookup(lookup, isAllowed) });
  return (options, callback) => {
    // A literal address is not looked up.
    const host = options.hostname.replace(/^\[(.*)\]$/, '$1');
    if (isIP(host) && !isAllowed(host)) callback(addressRefused(options.hostname), null);
    else connect(options, callback);
  };
}

/** A lookup that fails if any address of a name is not allowed. */
function checkedLookup(lookup: LookupFunction, isAllowed: (address: string) => boolean): LookupFunction {
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
