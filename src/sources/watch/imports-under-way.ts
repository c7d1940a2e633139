// The imports of what sources had: looks for those that have ended, whichever server process worked on them.

import type { EndedImport, SourceWatchStore } from '../../db/sources/source-watch-store.ts';

const LOOK_EVERY_MS = 250;

export class ImportsUnderWay {
  readonly #store: SourceWatchStore;
  readonly #settle: (ended: EndedImport) => Promise<void>;
  readonly #track: (work: Promise<void>) => void;
  readonly #sourceOf = new Map<string, string>();
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  /**
   * @param settle is called until it does not fail
   * @param track is given each look, to be waited for at the end
   */
  constructor(
    store: SourceWatchStore,
    settle: (ended: EndedImport) => Promise<void>,
    track: (work: Promise<void>) => void,
  ) {
    this.#store = store;
    this.#settle = settle;
    this.#track = track;
  }

  add(importId: string, sourceId: string): void {
    this.#sourceOf.set(importId, sourceId);
    this.#lookSoon();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  #lookSoon(): void {
    if (this.#isClosed || this.#sourceOf.size === 0) return;
    this.#timer ??= setTimeout(() => {
      const again = () => {
        this.#timer = undefined;
        this.#lookSoon();
      };
      this.#track(this.#look().finally(again));
    }, LOOK_EVERY_MS);
  }

  async #look(): Promise<void> {
    const waiting = [...this.#sourceOf].map(([importId, sourceId]) => ({ importId, sourceId }));
    for (const ended of await this.#store.ended(waiting)) {
      await this.#settle(ended);
      this.#sourceOf.delete(ended.importId);
    }
  }
}
