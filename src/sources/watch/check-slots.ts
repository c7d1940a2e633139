// Limits how many sources are checked at once, in total and per host.

import { Semaphore } from '../../ingest/semaphore.ts';

/** Per host, so that a slow host with many sources does not delay others. */
const CHECKS_PER_HOST = 8;

interface Host {
  slots: Semaphore;
  /** Checks that have or want a slot. */
  users: number;
}

export class CheckSlots {
  readonly #all: Semaphore;
  readonly #hosts = new Map<string, Host>();

  /** @param count maximum number of concurrent checks, across all hosts */
  constructor(count: number) {
    this.#all = new Semaphore(count);
  }

  /**
   * Waits for a slot. Dispose of the result to release it.
   *
   * @throws the signal's reason if it aborts before
   */
  async take(name: string, signal: AbortSignal): Promise<Disposable> {
    const host = this.#hosts.get(name) ?? { slots: new Semaphore(CHECKS_PER_HOST), users: 0 };
    this.#hosts.set(name, host);
    using taken = new DisposableStack();
    host.users++;
    taken.defer(() => {
      if (--host.users === 0) this.#hosts.delete(name);
    });
    // The host's slot first: a check that waits for its host must not occupy one of the others.
    taken.use(await host.slots.acquire(() => {}, signal));
    taken.use(await this.#all.acquire(() => {}, signal));
    return taken.move();
  }
}
