// How much of an upload this process has written. Readers of the file wait for more.

import type { Reservation } from './disk-space.ts';

export class UploadProgress implements Reservation {
  /** Bytes in the file; -1 before it is created. */
  bytes = -1;
  state: 'arriving' | 'complete' | 'failed' = 'arriving';
  isRemoved = false;
  reservedBytes = 0;
  #change = Promise.withResolvers<void>();

  get outstandingBytes(): number {
    return this.state === 'arriving' ? Math.max(0, this.reservedBytes - Math.max(0, this.bytes)) : 0;
  }

  /** Resolves when the file has this many bytes, or gets no more. Rejects with the signal's reason. */
  async reaches(bytes: number, signal: AbortSignal | undefined): Promise<void> {
    while (this.state === 'arriving' && this.bytes < bytes) await abortable(this.#change.promise, signal);
  }

  grow(bytes: number): void {
    this.bytes = bytes;
    this.#notify();
  }

  finish(state: 'complete' | 'failed'): void {
    this.state = state;
    this.#notify();
  }

  #notify(): void {
    const { resolve } = this.#change;
    this.#change = Promise.withResolvers<void>();
    resolve();
  }
}

async function abortable(promise: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (!signal) return promise;
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => aborted.reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
