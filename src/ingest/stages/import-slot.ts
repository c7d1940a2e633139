// One import's share of MAX_ACTIVE_IMPORTS: held while there is work to do for it, released while it waits for its client.

import type { Semaphore } from '../semaphore.ts';

export class ImportSlot implements Disposable {
  readonly #semaphore: Semaphore;
  readonly #onWait: (isWaiting: boolean) => void;
  #permit: Disposable | undefined;

  /** @param onWait called when it begins and when it ends to wait for a slot */
  constructor(semaphore: Semaphore, onWait: (isWaiting: boolean) => void) {
    this.#semaphore = semaphore;
    this.#onWait = onWait;
  }

  /** Whether other imports are waiting for a slot. */
  get hasWaiters(): boolean {
    return this.#semaphore.waiting > 0;
  }

  /**
   * Waits for a slot, unless it is held already.
   *
   * @throws the signal's reason if it aborts before
   */
  async acquire(signal: AbortSignal): Promise<void> {
    if (this.#permit) return;
    let hasWaited = false;
    this.#permit = await this.#semaphore.acquire(() => {
      hasWaited = true;
      this.#onWait(true);
    }, signal);
    if (hasWaited) this.#onWait(false);
  }

  release(): void {
    this.#permit?.[Symbol.dispose]();
    this.#permit = undefined;
  }

  [Symbol.dispose](): void {
    this.release();
  }
}
