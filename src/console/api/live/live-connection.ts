// One WebSocket per tab carries all subscriptions. It reconnects for as long as the page is open and then renews each
// subscription, to which the server first sends the current state.

import { type Client, CloseCode, createClient } from 'graphql-ws';
import { stringifyDocument, type TypedDocumentNode } from 'urql';
import { GRAPHQL_PATH } from '../client.ts';

/** `connecting` until the first connection is established; `reconnecting` after a connection was lost. */
export type ConnectionState = 'connecting' | 'connected' | 'reconnecting';

const MIN_BACKOFF_MS = 250;
const MAX_BACKOFF_MS = 4000;
/** How long to wait before renewing a subscription that the server rejected, for example because it is overloaded. */
const RESUBSCRIBE_MS = 500;
/** How often an idle connection is pinged, and how long the pong may take. */
const KEEP_ALIVE_MS = 10_000;
const PONG_TIMEOUT_MS = 5000;

export class LiveConnection {
  readonly #client: Client;
  readonly #listeners = new Set<() => void>();
  #state: ConnectionState = 'connecting';
  #connectionCount = 0;
  #pongTimeout: ReturnType<typeof setTimeout> | undefined;

  /** @param onRefused called when the server closes the connection for want of a valid token */
  constructor(onRefused: () => void, origin = location.origin) {
    this.#client = createClient({
      url: `${origin.replace(/^http/, 'ws')}${GRAPHQL_PATH}`,
      retryAttempts: Number.POSITIVE_INFINITY,
      shouldRetry: () => true,
      retryWait: (retries) => backOff(retries),
      keepAlive: KEEP_ALIVE_MS,
      on: {
        connected: () => this.#onConnected(),
        closed: (event) => {
          this.#onClosed();
          if ((event as CloseEvent).code === CloseCode.Forbidden) onRefused();
        },
        ping: (received) => {
          if (received) return;
          this.#pongTimeout = setTimeout(() => this.#client.terminate(), PONG_TIMEOUT_MS);
        },
        pong: (received) => {
          if (received) clearTimeout(this.#pongTimeout);
        },
      },
    });
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** How many times a connection was established. When it increases, updates may have been missed. */
  get connectionCount(): number {
    return this.#connectionCount;
  }

  /** Calls `listener` when `state` or `connectionCount` changes. @returns a function that removes the listener */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Keeps a subscription alive through lost connections and server restarts.
   *
   * @returns a function that unsubscribes
   */
  subscribe<Data, Variables extends Record<string, unknown>>(
    document: TypedDocumentNode<Data, Variables>,
    variables: Variables,
    onData: (data: Data) => void,
  ): () => void {
    const query = stringifyDocument(document);
    let unsubscribe = () => {};
    let timer: ReturnType<typeof setTimeout> | undefined;
    let stopped = false;
    const resubscribe = () => {
      if (!stopped) timer = setTimeout(start, RESUBSCRIBE_MS);
    };
    const start = () => {
      unsubscribe = this.#client.subscribe<Data>(
        { query, variables },
        {
          next: ({ data }) => {
            if (data && !stopped) onData(data);
          },
          error: resubscribe,
          complete() {},
        },
      );
    };
    start();
    return () => {
      stopped = true;
      clearTimeout(timer);
      unsubscribe();
    };
  }

  #onConnected(): void {
    this.#state = 'connected';
    this.#connectionCount += 1;
    this.#notify();
  }

  #onClosed(): void {
    clearTimeout(this.#pongTimeout);
    if (this.#connectionCount > 0) this.#state = 'reconnecting';
    this.#notify();
  }

  #notify(): void {
    for (const listener of this.#listeners) listener();
  }
}

/** Exponential backoff with jitter, so that not all tabs reconnect at once after a server restart. */
async function backOff(retries: number): Promise<void> {
  const longest = Math.min(MIN_BACKOFF_MS * 2 ** retries, MAX_BACKOFF_MS);
  await new Promise((resolve) => setTimeout(resolve, longest * (0.5 + Math.random() / 2)));
}
