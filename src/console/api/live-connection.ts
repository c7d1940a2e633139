// Subscriptions, all over one WebSocket a tab. It is opened anew for as long as the page is open, and each
// subscription with it: the server then sends the present state first.

import { type Client, createClient } from 'graphql-ws';
import { stringifyDocument, type TypedDocumentNode } from 'urql';
import { GRAPHQL_PATH } from './client.ts';

/** `connecting` until the first connection stands; `reconnecting` while one that was lost is sought again. */
export type ConnectionState = 'connecting' | 'connected' | 'reconnecting';

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 4000;
/** A subscription that the server refused, as it cannot serve it at present, begins again after this. */
const RESUBSCRIBE_MS = 500;
/** How often an idle connection is asked for a sign of life, and how long it may take to give one. */
const KEEP_ALIVE_MS = 10_000;
const PONG_WITHIN_MS = 5000;

export class LiveConnection {
  readonly #client: Client;
  readonly #listeners = new Set<() => void>();
  #state: ConnectionState = 'connecting';
  #connections = 0;
  #pongDue: ReturnType<typeof setTimeout> | undefined;

  constructor(origin = location.origin) {
    this.#client = createClient({
      url: `${origin.replace(/^http/, 'ws')}${GRAPHQL_PATH}`,
      retryAttempts: Number.POSITIVE_INFINITY,
      shouldRetry: () => true,
      retryWait: (retries) => pauseBefore(retries),
      keepAlive: KEEP_ALIVE_MS,
      on: {
        connected: () => this.#onConnected(),
        closed: () => this.#onClosed(),
        ping: (received) => {
          if (received) return;
          this.#pongDue = setTimeout(() => this.#client.terminate(), PONG_WITHIN_MS);
        },
        pong: (received) => {
          if (received) clearTimeout(this.#pongDue);
        },
      },
    });
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** How often a connection was made. Whoever sees it grow may have missed something, and asks anew. */
  get connections(): number {
    return this.#connections;
  }

  /** @returns how to stop listening to changes of `state` and `connections` */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Follows a subscription until it is told to stop, through lost connections and restarts of the server.
   *
   * @returns how to stop
   */
  follow<Data, Variables extends Record<string, unknown>>(
    document: TypedDocumentNode<Data, Variables>,
    variables: Variables,
    onData: (data: Data) => void,
  ): () => void {
    const query = stringifyDocument(document);
    let unsubscribe = () => {};
    let again: ReturnType<typeof setTimeout> | undefined;
    let stopped = false;
    const resubscribe = () => {
      if (!stopped) again = setTimeout(subscribe, RESUBSCRIBE_MS);
    };
    const subscribe = () => {
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
    subscribe();
    return () => {
      stopped = true;
      clearTimeout(again);
      unsubscribe();
    };
  }

  #onConnected(): void {
    this.#state = 'connected';
    this.#connections += 1;
    this.#tell();
  }

  #onClosed(): void {
    clearTimeout(this.#pongDue);
    if (this.#connections > 0) this.#state = 'reconnecting';
    this.#tell();
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

/** Longer from time to time, and by chance unequal, so that the tabs of a restarted server do not come all at once. */
async function pauseBefore(retries: number): Promise<void> {
  const longest = Math.min(FIRST_WAIT_MS * 2 ** retries, LONGEST_WAIT_MS);
  await new Promise((resolve) => setTimeout(resolve, longest * (0.5 + Math.random() / 2)));
}
