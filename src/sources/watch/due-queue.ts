// When each source is due: one heap, so that one timer serves however many there are.

import TinyQueue from 'tinyqueue';

interface Entry {
  id: string;
  at: number;
}

/** Entries that no longer count are removed when there are so many more than others. */
const MAX_STALE = 64;

const earlierFirst = (one: Entry, other: Entry) => one.at - other.at;

export class DueQueue {
  /** An entry that is not in `#due` any more no longer counts, and is skipped when it comes up. */
  #heap = new TinyQueue<Entry>([], earlierFirst);
  readonly #due = new Map<string, Entry>();

  get size(): number {
    return this.#due.size;
  }

  /** Sets the time of a source, in place of the one it had. */
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

  /** @returns when the next source is due; undefined when there is none */
  next(): number | undefined {
    return this.#first()?.at;
  }

  /** Takes out the source that has been due for longest; undefined when none is. */
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
