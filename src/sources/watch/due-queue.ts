// The times at which sources are due, in one heap, so that a single timer serves all of them.

import TinyQueue from 'tinyqueue';

interface Entry {
  id: string;
  at: number;
}

/** Obsolete entries are removed when they outnumber the others by this factor. */
const MAX_STALE = 64;

const earlierFirst = (one: Entry, other: Entry) => one.at - other.at;

export class DueQueue {
  /** May contain obsolete entries, which are no longer in `#due`. They are skipped. */
  #heap = new TinyQueue<Entry>([], earlierFirst);
  readonly #due = new Map<string, Entry>();

  get size(): number {
    return this.#due.size;
  }

  /** Sets the time of a source, replacing any earlier one. */
  set(id: string, at: number): void {
    const entry = { id, at };
    this.#due.set(id, entry);
    this.#heap.push(entry);
    if (this.#heap.length > 2 * this.#due.size + MAX_STALE)
      this.#heap = new TinyQueue([...this.#due.values()], earlierFirst);
  }

  delete(id: string): void {
    this.#due.delete(id);
  }

  /** @returns when the next source is due; undefined if there is none */
  next(): number | undefined {
    return this.#first()?.at;
  }

  /** Removes the source that has been due for longest. @returns undefined if none is due */
  take(now: number): string | undefined {
    const first = this.#first();
    if (!first || first.at > now) return undefined;
    this.#heap.pop();
    this.#due.delete(first.id);
    return first.id;
  }

  #first(): Entry | undefined {
    for (let first = this.#heap.peek(); first; first = this.#heap.peek()) {
      if (this.#due.get(first.id) === first) return first;
      this.#heap.pop();
    }
    return undefined;
  }
}
