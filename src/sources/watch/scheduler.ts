// Calls each source when it is due.

import { DueQueue } from './due-queue.ts';

/** Sources that are due at about the same time share a timer. */
const TICK_MS = 25;
/** Maximum duration of a timer, so that a changed clock or a suspended machine is noticed. */
const LONGEST_TIMER_MS = 30_000;

export class Scheduler {
  readonly #queue = new DueQueue();
  readonly #onDue: (id: string) => void;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(onDue: (id: string) => void) {
    this.#onDue = onDue;
  }

  /** Sets when a source is due, in milliseconds since 1970, replacing any earlier time. */
  set(id: string, at: number): void {
    this.#queue.set(id, at);
    this.#arm();
  }

  delete(id: string): void {
    this.#queue.delete(id);
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  #arm(): void {
    clearTimeout(this.#timer);
    const next = this.#queue.next();
    if (next === undefined || this.#isClosed) return;
    const wait = Math.min(Math.max(next - Date.now(), 0) + TICK_MS, LONGEST_TIMER_MS);
    this.#timer = setTimeout(() => this.#callDue(), wait);
  }

  #callDue(): void {
    const now = Date.now();
    for (let id = this.#queue.take(now); id !== undefined; id = this.#queue.take(now)) this.#onDue(id);
    this.#arm();
  }
}
