// The imports at work, whoever started them, and those that ended while this page was open: always their newest state.

import type { Client } from 'urql';
import { hasEnded, ImportById, ImportProgress, type ImportState } from './import-state.ts';
import type { LiveConnection } from './live-connection.ts';

/** An import that is silent for so long is asked for: its end may have been told while nobody listened. */
const SILENT_MS = 4000;
/** How many imports that ended are remembered. */
const MAX_ENDED = 50;

export class LiveImports {
  readonly #client: Client;
  readonly #connection: LiveConnection;
  readonly #states = new Map<string, ImportState>();
  readonly #heardAt = new Map<string, number>();
  readonly #listeners = new Set<() => void>();
  #all: readonly ImportState[] = [];

  constructor(client: Client, connection: LiveConnection) {
    this.#client = client;
    this.#connection = connection;
  }

  /** To be called once. It goes on for as long as the page is open. */
  start(): void {
    this.#connection.follow(ImportProgress, {}, ({ importProgress }) => this.take(importProgress));
    let connections = 0;
    this.#connection.listen(() => {
      if (this.#connection.connections === connections) return;
      connections = this.#connection.connections;
      this.#askForSilent(0);
    });
    setInterval(() => this.#askForSilent(SILENT_MS), SILENT_MS);
  }

  /** The newest first. The same array until something changes. */
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

  /** Takes a state, wherever it comes from, unless a newer one is known. */
  take(state: ImportState): void {
    this.#heardAt.set(state.id, Date.now());
    const known = this.#states.get(state.id);
    if (known && (isSettled(known) || known.revision > state.revision)) return;
    this.#states.set(state.id, state);
    this.#forgetOldest();
    this.#tell();
  }

  async #askForSilent(silentMs: number): Promise<void> {
    const silentSince = Date.now() - silentMs;
    for (const state of this.#all) {
      if (hasEnded(state) || (this.#heardAt.get(state.id) ?? 0) > silentSince) continue;
      const { data } = await this.#client
        .query(ImportById, { id: state.id }, { requestPolicy: 'network-only' })
        .toPromise();
      if (data?.import) this.take(data.import);
      else if (data) this.#forget(state.id);
    }
  }

  #forgetOldest(): void {
    const ended = [...this.#states.values()].filter(hasEnded).sort(newestFirst);
    for (const { id } of ended.slice(MAX_ENDED)) this.#states.delete(id);
  }

  #forget(id: string): void {
    this.#states.delete(id);
    this.#tell();
  }

  #tell(): void {
    this.#all = [...this.#states.values()].sort(newestFirst);
    for (const listener of this.#listeners) listener();
  }
}

/** No state follows; a failed import may be taken up again. */
function isSettled({ status }: ImportState): boolean {
  return status === 'COMPLETED' || status === 'CANCELLED';
}

function newestFirst(a: ImportState, b: ImportState): number {
  return b.createdAt.localeCompare(a.createdAt) || b.id.localeCompare(a.id);
}
