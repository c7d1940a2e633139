// Watches that a fetch gets on: how fast the bytes come, how many there are, how long all of it takes.
//
// Nothing here has a timer of its own. A connection that is silent fails by itself, so there is always a next moment
// at which to look.

import { LoadstoneError } from '../../errors.ts';
import { SourceError, shown } from './source-error.ts';
import type { FetchLimits } from './types.ts';

export class Pace {
  readonly #url: URL;
  readonly #limits: FetchLimits;
  readonly #end: number;
  /** Time spent waiting for the source, and what came in it, since the rate was last judged. */
  #waitedMs = 0;
  #bytes = 0;

  /** The time runs from now on. */
  constructor(url: URL, limits: FetchLimits) {
    this.#url = url;
    this.#limits = limits;
    this.#end = performance.now() + limits.totalMs;
  }

  /** @throws SourceError SOURCE_TIMEOUT */
  checkEnd(): void {
    if (performance.now() <= this.#end) return;
    throw new SourceError(
      'SOURCE_TIMEOUT',
      `${shown(this.#url)} takes longer than ${this.#limits.totalMs / 1000} s. Raise SOURCE_FETCH_SECONDS, or have that server send it compressed.`,
    );
  }

  /** Passes the chunks on. How long their reader takes for them does not count against the source. */
  async *watch(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
    let askedAt = performance.now();
    for await (const chunk of chunks) {
      this.checkEnd();
      this.#checkRate(performance.now() - askedAt, chunk.length);
      yield chunk;
      askedAt = performance.now();
    }
  }

  #checkRate(waitedMs: number, bytes: number): void {
    this.#waitedMs += waitedMs;
    this.#bytes += bytes;
    const { silenceMs, minBytesPerSecond } = this.#limits;
    if (this.#waitedMs < silenceMs) return;
    const rate = (this.#bytes * 1000) / this.#waitedMs;
    if (rate < minBytesPerSecond)
      throw new SourceError(
        'SOURCE_TIMEOUT',
        `${shown(this.#url)} sends only ${Math.round(rate)} bytes a second. It is fetched anew at the next check; to put up with it, lower SOURCE_MIN_BYTES_PER_SECOND.`,
      );
    this.#waitedMs = 0;
    this.#bytes = 0;
  }
}

/**
 * Passes the chunks on as long as there are not too many bytes.
 *
 * @throws LoadstoneError FILE_TOO_LARGE
 */
export async function* atMost(
  maxBytes: number,
  chunks: AsyncIterable<Buffer>,
  url: URL,
): AsyncGenerator<Buffer, void, undefined> {
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw tooLarge(maxBytes, url);
    yield chunk;
  }
}

export function tooLarge(maxBytes: number, url: URL): LoadstoneError {
  return new LoadstoneError(
    'FILE_TOO_LARGE',
    `${shown(url)} has more than ${maxBytes} bytes, the most this server takes. Split it, or raise MAX_UPLOAD_BYTES.`,
  );
}
