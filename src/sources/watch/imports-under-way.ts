// The imports of what sources had: finds out which have ended, whichever server process works on them.

import type { EndedImport, SourceWatchStore } from '../../db/sources/source-watch-store.ts';

const LOOK_EVERY_MS = 250;

export class ImportsUnderWay {
  readonly #store: SourceWatchStore;
  readonly #onEnd: (ended: EndedImport) => void;
  readonly #track: (work: Promise<void>) => void;
  readonly #ids = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  /** @param track is given each look, to be waited for at the end */
  constructor(
    store: SourceWatchStore,
    onEnd: (ended: EndedImport) => void,
    track: (work: Promise<void>) => void,
  ) {
    this.#store = store;
    this.#onEnd = onEnd;
    this.#track = track;
  }

  add(importId: string, _sourceId: string): void {
    this.#ids.add(importId);
    this.#lookSoon();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  #lookSoon(): void {
    if (this.#isClosed || this.#ids.size === 0) return;
    this.#timer ??= setTimeout(() => {
      const again = () => {
        this.#timer = undefined;
        this.#lookSoon();
      };
      this.#track(
        this.#look()
          .catch(() => {})
          .finally(again),
      );
    }, LOOK_EVERY_MS);
  }

  async #look(): Promise<void> {
    for (const ended of await this.#store.ended([...this.#ids])) {
      this.#ids.delete(ended.importId);
      this.#onEnd(ended);
    }
  }
}
