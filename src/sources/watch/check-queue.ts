// Which source is checked when: each when it is due, so many at once, and so many of one host.

import { Schedule } from './schedule.ts';
import type { WatchedSource } from './watched-source.ts';

interface CheckQueueParts {
  /** Checks at once, of all sources. */
  checks: number;
  /** @returns undefined when the source is not to be checked now: whoever is at work on it sets its next time */
  find(id: string): WatchedSource | undefined;
  /** @param leave to be called when the source has answered: what follows is no check any more */
  check(source: WatchedSource, leave: () => void): Promise<void>;
}

/** Of one host, so that a slow one with many sources does not hold up all others. */
const CHECKS_PER_HOST = 8;
/** Sources that are due at about the same time share a timer. */
const TICK_MS = 25;
/** No timer runs longer: a clock that was set, or a machine that slept, is noticed. */
const LONGEST_TIMER_MS = 30_000;

export class CheckQueue {
  readonly #parts: CheckQueueParts;
  readonly #schedule = new Schedule();
  #checks = 0;
  readonly #checksOf = new Map<string, number>();
  /** Sources that are due, and whose host has as many checks as it may have. */
  readonly #parked = new Map<string, Set<string>>();
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(parts: CheckQueueParts) {
    this.#parts = parts;
  }

  /** Has a source checked at a time, in place of the one it had; at once by default. */
  set(id: string, at = Date.now()): void {
    this.#schedule.set(id, at);
    this.#arm();
  }

  delete(id: string): void {
    this.#schedule.delete(id);
  }

  /** Begins no check any more. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  /** Sets the timer for the source that is due next, if there is room for its check. */
  #arm(): void {
    clearTimeout(this.#timer);
    const next = this.#schedule.next();
    if (next === undefined || this.#isClosed || this.#checks >= this.#parts.checks) return;
    const wait = Math.min(Math.max(next - Date.now(), 0) + TICK_MS, LONGEST_TIMER_MS);
    this.#timer = setTimeout(() => this.#checkDue(), wait);
  }

  #checkDue(): void {
    const now = Date.now();
    while (this.#checks < this.#parts.checks) {
      const id = this.#schedule.take(now);
      if (id === undefined) break;
      this.#begin(id);
    }
    this.#arm();
  }

  /** @returns whether a check has begun */
  #begin(id: string): boolean {
    const source = this.#isClosed ? undefined : this.#parts.find(id);
    if (!source) return false;
    const { host } = source;
    const ofHost = this.#checksOf.get(host) ?? 0;
    if (ofHost >= CHECKS_PER_HOST) {
      const parked = this.#parked.get(host) ?? new Set();
      this.#parked.set(host, parked.add(id));
      return false;
    }
    this.#checksOf.set(host, ofHost + 1);
    this.#checks++;
    let isCheck = true;
    const leave = () => {
      if (!isCheck) return;
      isCheck = false;
      this.#checks--;
      this.#leaveHost(host);
      this.#arm();
    };
    this.#parts.check(source, leave).finally(leave);
    return true;
  }

  #leaveHost(host: string): void {
    const left = (this.#checksOf.get(host) ?? 1) - 1;
    if (left > 0) this.#checksOf.set(host, left);
    else this.#checksOf.delete(host);
    const parked = this.#parked.get(host);
    for (const next of parked ?? []) {
      parked?.delete(next);
      if (parked?.size === 0) this.#parked.delete(host);
      if (this.#begin(next)) return;
    }
  }
}
