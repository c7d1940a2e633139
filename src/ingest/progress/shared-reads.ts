// Lets those who ask for the same at the same time share a read.

import { setImmediate as nextTurn } from 'node:timers/promises';

export class SharedReads<Key, Value> {
  readonly #read: (key: Key) => Promise<Value>;
  /** Reads that have not begun yet. */
  readonly #next = new Map<Key, Promise<Value>>();

  constructor(read: (key: Key) => Promise<Value>) {
    this.#read = read;
  }

  /** The read begins after this call, so it sees whatever was committed before. */
  get(key: Key): Promise<Value> {
    const next = this.#next.get(key) ?? this.#begin(key);
    this.#next.set(key, next);
    return next;
  }

  async #begin(key: Key): Promise<Value> {
    await nextTurn();
    this.#next.delete(key);
    return this.#read(key);
  }
}
