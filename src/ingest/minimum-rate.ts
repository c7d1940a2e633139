// Detects a sender that is too slow, however steady: measured over windows of the time in which it could send.

export class MinimumRate {
  readonly #bytesPerSecond: number;
  readonly #windowMs: number;
  #bytes = 0;
  #elapsedMs = 0;

  /** @param bytesPerSecond 0 for no minimum */
  constructor(bytesPerSecond: number, windowMs: number) {
    this.#bytesPerSecond = bytesPerSecond;
    this.#windowMs = windowMs;
  }

  /**
   * Counts bytes, and time in which the sender could send.
   *
   * @returns the rate in bytes per second, if a window has ended in which it was below the minimum. A window without any
   *   byte does not count: that is an idle sender, which is detected elsewhere.
   */
  add(bytes: number, elapsedMs: number): number | undefined {
    this.#bytes += bytes;
    this.#elapsedMs += elapsedMs;
    if (this.#elapsedMs < this.#windowMs) return undefined;
    const rate = (this.#bytes * 1000) / this.#elapsedMs;
    this.#bytes = 0;
    this.#elapsedMs = 0;
    return rate > 0 && rate < this.#bytesPerSecond ? rate : undefined;
  }
}
