// Counts the records of a CSV file while it passes by: line ends outside of quotes.

const QUOTE = 0x22;
const LF = 0x0a;

export class RecordCounter {
  #records = 0;
  #isQuoted = false;

  /** Of the header too. */
  get records(): number {
    return this.#records;
  }

  add(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at];
      if (byte === QUOTE) this.#isQuoted = !this.#isQuoted;
      else if (byte === LF && !this.#isQuoted) this.#records++;
    }
  }
}
