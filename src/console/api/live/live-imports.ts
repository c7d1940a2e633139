// The latest states of all running imports, whoever started them, and of those that ended while this tab was open.

import type { Client } from 'urql';
import { hasEnded, ImportById, ImportProgress, type ImportState, isRunning } from './import-state.ts';
import type { LiveConnection } from './live-connection.ts';

/** An import without updates for this long is refetched, as its last update may have been missed. */
const STALE_MS = 4000;
/** How many ended imports are kept. */
const MAX_ENDED = 50;

export class LiveImports {
  readonly #client: Client;
  readonly #connection: LiveConnection;
  readonly #states = new Map<string, ImportState>();
  readonly #receivedAt = new Map<string, number>();
  readonly #listeners = new Set<() => void>();
  #all: readonly ImportState[] = [];

  constructor(client: Client, connection: LiveConnection) {
    this.#client = client;
    this.#connection = connection;
  }

  /** Call once. Updates continue for as long as the page is open. */
  start(): void {
    this.#connection.subscribe(ImportProgress, {}, ({ importProgress }) => this.update(importProgress));
    let connectionCount = 0;
    this.#connection.listen(() => {
      if (this.#connection.connectionCount === connectionCount) return;
      connectionCount = this.#connection.connectionCount;
      this.#refetchStale(0);
    });
    setInterval(() => this.#refetchStale(STALE_MS), STALE_MS);
  }

  /** Newest first. Stays the same array until something changes. */
  get all(): readonly ImportState[] {
    return this.#all;
  }

  get(id: string): ImportState | undefined {
    return this.#states.get(id);
  }

  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Stores a state from any origin, unless a newer one is known. */
  update(state: ImportState): void {
    this.#receivedAt.set(state.id, Date.now());
    const known = this.#states.get(state.id);
    if (known && (isFinal(known) || known.revision > state.revision)) return;
    this.#states.set(state.id, state);
    this.#removeOldest();
    this.#notify();
  }

  /** Forgets an import that the server no longer has. */
  remove(id: string): void {
    this.#states.delete(id);
    this.#notify();
  }

  /** Fetches imports that this tab started before it was reloaded. @param onGone told of those that never reached the server */
  async restore(ids: readonly string[], onGone: (id: string) => void): Promise<void> {
    for (const id of ids) {
      const { data } = await this.#client
        .query(ImportById, { id }, { requestPolicy: 'network-only' })
        .toPromise();
      if (data?.import) this.update(data.import);
      else if (data) onGone(id);
    }
  }

  async #refetchStale(staleMs: number): Promise<void> {
    const staleBefore = Date.now() - staleMs;
    for (const state of this.#all) {
      if (staleMs > 0 ? !isRunning(state) : hasEnded(state)) continue;
      if ((this.#receivedAt.get(state.id) ?? 0) > staleBefore) continue;
      const { data } = await this.#client
        .query(ImportById, { id: state.id }, { requestPolicy: 'network-only' })
        .toPromise();
      if (data?.import) this.update(data.import);
      else if (data) this.remove(state.id);
    }
  }

  #removeOldest(): void {
    const ended = [...this.#states.values()].filter(hasEnded).sort(newestFirst);
    for (const { id } of ended.slice(MAX_ENDED)) this.#states.delete(id);
  }

  #notify(): void {
    this.#all = [...this.#states.values()].sort(newestFirst);
    for (const listener of this.#listeners) listener();
  }
}

/** Whether the state is final. A failed import is not, as it may be retried. */
function isFinal({ status }: ImportState): boolean {
  return status === 'COMPLETED' || status === 'CANCELLED';
}

function newestFirst(a: ImportState, b: ImportState): number {
  return b.createdAt.localeCompare(a.createdAt) || b.id.localeCompare(a.id);
}
