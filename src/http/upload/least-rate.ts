// Tells a client that sends too slowly, however steadily: judged over a window of the time in which it was listened to.

export class LeastRate {
  readonly #bytesPerSecond: number;
  readonly #windowSeconds: number;
  #bytes = 0;
  #seconds = 0;

  /** @param bytesPerSecond 0 for no such limit */
  constructor(bytesPerSecond: number, windowSeconds: number) {
    this.#bytesPerSecond = bytesPerSecond;
    this.#windowSeconds = windowSeconds;
  }

  note(bytes: number): void {
    this.#bytes += bytes;
  }

  /**
   * Counts a second for which the client could send.
   *
   * @returns whether a window is over in which it sent something, and too little. One that sent nothing at all is silent,
   *   which is judged elsewhere.
   */
  tick(): boolean {
    this.#seconds++;
    if (this.#seconds < this.#windowSeconds) return false;
    const isTooSlow = this.#bytes > 0 && this.#bytes < this.#bytesPerSecond * this.#seconds;
    this.#bytes = 0;
    this.#seconds = 0;
    return isTooSlow;
  }
}
