// How many sources are checked at once: so many in all, and so many of one host.

import { Semaphore } from '../../ingest/semaphore.ts';

/** A slow host with many sources holds up no other. */
const CHECKS_PER_HOST = 8;

interface Host {
  slots: Semaphore;
  /** Checks that have or want a slot. */
  users: number;
}

export class CheckSlots {
  readonly #all: Semaphore;
  readonly #hosts = new Map<string, Host>();

  /** @param count checks at once, of all hosts */
  constructor(count: number) {
    this.#all = new Semaphore(count);
  }

  /**
   * Waits for a slot; it is free again when what is returned is disposed of.
   *
   * @throws the signal's reason when it comes before a slot does
   */
  async take(name: string, signal: AbortSignal): Promise<Disposable> {
    const host = this.#hosts.get(name) ?? { slots: new Semaphore(CHECKS_PER_HOST), users: 0 };
    this.#hosts.set(name, host);
    using taken = new DisposableStack();
    host.users++;
    taken.defer(() => {
      if (--host.users === 0) this.#hosts.delete(name);
    });
    // First that of the host: a check that waits for its host keeps no slot from others.
    taken.use(await host.slots.acquire(() => {}, signal));
    taken.use(await this.#all.acquire(() => {}, signal));
    return taken.move();
  }
}
