// The limits of a fetch: its deadline, its minimum rate, and its size.
//
// There are no timers here. A silent connection fails by itself, so there is always a next chunk or a failure at which
// to check.

import { LoadstoneError } from '../../../errors.ts';
import { MinimumRate } from '../../../ingest/minimum-rate.ts';
import { displayUrl, SourceError } from '../source-error.ts';
import type { FetchLimits } from '../types.ts';

export class TransferLimits {
  readonly #url: URL;
  readonly #totalMs: number;
  readonly #deadline: number;
  readonly #rate: MinimumRate;

  /** The time runs from now on. */
  constructor(url: URL, { totalMs, minBytesPerSecond, silenceMs }: FetchLimits) {
    this.#url = url;
    this.#totalMs = totalMs;
    this.#deadline = performance.now() + totalMs;
    this.#rate = new MinimumRate(minBytesPerSecond, silenceMs);
  }

  /** @throws SourceError SOURCE_TIMEOUT */
  checkDeadline(): void {
    if (performance.now() <= this.#deadline) return;
    throw new SourceError(
      'SOURCE_TIMEOUT',
      `${displayUrl(this.#url)} takes longer than ${this.#totalMs / 1000} s. Raise SOURCE_FETCH_SECONDS, or have that server send it compressed.`,
    );
  }

  /**
   * Passes chunks on. The time that their consumer takes does not count against the source.
   *
   * @throws SourceError SOURCE_TIMEOUT
   */
  async *enforce(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
    let requestedAt = performance.now();
    for await (const chunk of chunks) {
      this.checkDeadline();
      const rate = this.#rate.add(chunk.length, performance.now() - requestedAt);
      if (rate !== undefined) throw tooSlow(this.#url, rate);
      yield chunk;
      requestedAt = performance.now();
    }
  }
}

/**
 * Passes chunks on as long as there are not too many bytes.
 *
 * @throws LoadstoneError FILE_TOO_LARGE
 */
export async function* limitBytes(
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
    `${displayUrl(url)} has more than ${maxBytes} bytes, the most this server accepts. Split it, or raise MAX_UPLOAD_BYTES.`,
  );
}

function tooSlow(url: URL, rate: number): SourceError {
  return new SourceError(
    'SOURCE_TIMEOUT',
    `${displayUrl(url)} sends only ${Math.round(rate)} bytes a second. It is fetched again at the next check; to accept that rate, lower SOURCE_MIN_BYTES_PER_SECOND.`,
  );
}
