// The access tokens as this process knows them: kept for seconds, and forgotten at once when one is revoked.

import { LRUCache } from 'lru-cache';
import { ACCESS_CHANNEL, type AccessToken, type AccessTokenStore } from '../db/access/access-token-store.ts';
import type { Database } from '../db/postgres/connection/database.ts';

/** Within this time, a token that was revoked has no more effect, even if nobody could tell this process. */
const KEEP_MS = 5000;
/** Bounds what made-up tokens can take. */
const MAX_KEPT = 10_000;

export class TokenDirectory {
  readonly #database: Database;
  readonly #store: Pick<AccessTokenStore, 'find' | 'noteUse'>;
  readonly #known = new LRUCache<string, Promise<AccessToken | undefined>>({ max: MAX_KEPT, ttl: KEEP_MS });
  readonly #listeners = new Set<() => void>();
  #unlisten: (() => Promise<void>) | undefined;

  constructor(database: Database, store: Pick<AccessTokenStore, 'find' | 'noteUse'>) {
    this.#database = database;
    this.#store = store;
  }

  async start(): Promise<void> {
    const onChange = () => {
      this.#known.clear();
      for (const listener of this.#listeners) listener();
    };
    // Also called after each reconnect, because notifications may have been missed.
    const listening = await this.#database.listen(ACCESS_CHANNEL, onChange, onChange);
    this.#unlisten = listening.unlisten;
  }

  async close(): Promise<void> {
    await this.#unlisten?.().catch(() => {});
  }

  /** @returns the token, valid or not; undefined if there is none */
  find(id: string): Promise<AccessToken | undefined> {
    const known = this.#known.get(id);
    if (known) return known;
    const found = this.#read(id);
    this.#known.set(id, found);
    found.catch(() => this.#known.delete(id));
    return found;
  }

  /** Those of these tokens that exist, read now. */
  async read(ids: string[]): Promise<AccessToken[]> {
    return this.#store.find(ids);
  }

  /** Calls the listener when a token was revoked, or may have been. */
  onChange(listener: () => void): void {
    this.#listeners.add(listener);
  }

  async #read(id: string): Promise<AccessToken | undefined> {
    const [token] = await this.#store.find([id]);
    // That its use is noted is worth no error.
    if (token) this.#store.noteUse(id).catch(() => {});
    return token;
  }
}

/** @returns why it is refused; undefined if it is valid */
export function faultOf(token: AccessToken): string | undefined {
  const { expiresAt } = token;
  const hasExpired = expiresAt !== null && expiresAt.getTime() <= Date.now();
  return revocationOf(token) ?? (hasExpired ? 'The token has expired.' : undefined);
}

export function revocationOf({ revokedAt }: AccessToken): string | undefined {
  return revokedAt ? 'The token was revoked.' : undefined;
}
