// When each source is due: one heap for all of them, so that one timer serves however many there are.

interface Entry {
  id: string;
  at: number;
}

export class Schedule {
  /** A binary heap, the earliest first. An entry that is not in `#due` any more is passed over when it comes up. */
  readonly #heap: Entry[] = [];
  readonly #due = new Map<string, Entry>();

  get size(): number {
    return this.#due.size;
  }

  /** Puts a source at a time, in place of the one it had. */
  set(id: string, at: number): void {
    const entry = { id, at };
    this.#due.set(id, entry);
    this.#heap.push(entry);
    this.#rise(this.#heap.length - 1);
    if (this.#heap.length > 2 * this.#due.size + 64) this.#sweep();
  }

  delete(id: string): void {
    this.#due.delete(id);
  }

  /** @returns when the next source is due; undefined when there is none */
  next(): number | undefined {
    for (let first = this.#heap[0]; first; first = this.#heap[0]) {
      if (this.#due.get(first.id) === first) return first.at;
      this.#removeFirst();
    }
    return undefined;
  }

  /** Takes out the source that has been due for longest; undefined when none is. */
  take(now: number): string | undefined {
    const at = this.next();
    const first = this.#heap[0];
    if (at === undefined || at > now || !first) return undefined;
    this.#removeFirst();
    this.#due.delete(first.id);
    return first.id;
  }

  #removeFirst(): void {
    const last = this.#heap.pop();
    if (!last || this.#heap.length === 0) return;
    this.#heap[0] = last;
    this.#sink(0);
  }

  #sweep(): void {
    this.#heap.splice(0, this.#heap.length, ...this.#due.values());
    for (let i = (this.#heap.length >> 1) - 1; i >= 0; i--) this.#sink(i);
  }

  #rise(from: number): void {
    for (let i = from; i > 0; ) {
      const parent = (i - 1) >> 1;
      if (this.#at(parent) <= this.#at(i)) return;
      this.#swap(i, parent);
      i = parent;
    }
  }

  #sink(from: number): void {
    for (let i = from; ; ) {
      const left = 2 * i + 1;
      const least = this.#at(left + 1) < this.#at(left) ? left + 1 : left;
      if (this.#at(i) <= this.#at(least)) return;
      this.#swap(i, least);
      i = least;
    }
  }

  #at(index: number): number {
    return this.#heap[index]?.at ?? Number.POSITIVE_INFINITY;
  }

  #swap(one: number, other: number): void {
    const [first, second] = [this.#heap[one], this.#heap[other]];
    if (!first || !second) return;
    this.#heap[one] = second;
    this.#heap[other] = first;
  }
}
