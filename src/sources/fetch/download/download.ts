// Downloads the bytes of a file as they are sent, and resumes where the connection broke.

import { setTimeout as pause } from 'node:timers/promises';
import { LoadstoneError } from '../../../errors.ts';
import type { HttpResponse } from '../http/http-response.ts';
import { asInterrupted, isBroken, wrongLength } from '../http/network-failure.ts';
import { displayUrl, SourceError } from '../source-error.ts';
import { rangeValidator } from '../validators.ts';
import type { TransferLimits } from './transfer-limits.ts';

/** Gives up after so many attempts in a row that each bring less than a good one. */
const MAX_POOR_ATTEMPTS = 5;
const GOOD_ATTEMPT_BYTES = 1024 * 1024;
const FIRST_BACKOFF_MS = 250;
/** Failures that may be over at the next attempt. */
const TRANSIENT = ['SOURCE_UNREACHABLE', 'SOURCE_TIMEOUT', 'SOURCE_STATUS'];

export interface DownloadOptions {
  /** Requests the same file with additional headers; the response has the status 200 or 206. */
  request: (headers: Record<string, string>) => Promise<HttpResponse>;
  limits: TransferLimits;
  silenceMs: number;
  signal: AbortSignal;
}

export class Download {
  readonly #first: HttpResponse;
  readonly #options: DownloadOptions;
  /** For If-Range; undefined if the server does not offer parts. */
  readonly #validator: string | undefined;
  #current: HttpResponse;
  #received = 0;
  #poorAttempts = 0;

  constructor(first: HttpResponse, options: DownloadOptions) {
    this.#first = first;
    this.#current = first;
    this.#options = options;
    this.#validator = first.header('accept-ranges') === 'bytes' ? rangeValidator(first) : undefined;
  }

  /** @throws SourceError SOURCE_INTERRUPTED, SOURCE_TIMEOUT, SOURCE_STATUS …; the signal's reason */
  async *chunks(): AsyncGenerator<Buffer, void, undefined> {
    for (;;) {
      const before = this.#received;
      try {
        yield* this.#read(this.#current);
        return;
      } catch (error) {
        const { signal, silenceMs } = this.#options;
        signal.throwIfAborted();
        const fault = asInterrupted(error, this.#first.url, silenceMs);
        if (!this.#validator || !isBroken(error)) throw fault;
        if (this.#received - before >= GOOD_ATTEMPT_BYTES) this.#poorAttempts = 0;
        this.#current = await this.#resume(fault);
      }
    }
  }

  /** Closes its connection at once. */
  abort(): void {
    this.#current.abort();
  }

  /** Reads a response with the whole file, or with the rest of it. */
  async *#read(response: HttpResponse): AsyncGenerator<Buffer, void, undefined> {
    // A server may send the whole file when asked for a part: skip what was passed on already.
    let known = response.status === 206 ? 0 : this.#received;
    for await (const chunk of this.#options.limits.enforce(response.chunks())) {
      const skipped = Math.min(known, chunk.length);
      known -= skipped;
      if (skipped === chunk.length) continue;
      this.#received += chunk.length - skipped;
      yield chunk.subarray(skipped);
    }
    const { contentLength } = this.#first;
    if (contentLength !== undefined && contentLength !== this.#received) throw wrongLength(response.url);
  }

  /**
   * Requests the rest until there is a response, or too many attempts have failed.
   *
   * @param fault what broke the last attempt
   */
  async #resume(fault: Error): Promise<HttpResponse> {
    const { signal, request, limits } = this.#options;
    for (;;) {
      if (++this.#poorAttempts > MAX_POOR_ATTEMPTS) throw fault;
      await pause(FIRST_BACKOFF_MS * 2 ** (this.#poorAttempts - 1), undefined, { signal });
      limits.checkDeadline();
      const headers = { range: `bytes=${this.#received}-`, 'if-range': this.#validator ?? '' };
      let response: HttpResponse;
      try {
        response = await request(headers);
      } catch (error) {
        if (!(error instanceof LoadstoneError && TRANSIENT.includes(error.code))) throw error;
        continue;
      }
      const wrong = this.#faultOf(response);
      if (!wrong) return response;
      response.abort();
      throw wrong;
    }
  }

  /** @returns what is wrong with a response that should continue the first one */
  #faultOf(response: HttpResponse): SourceError | undefined {
    const same =
      rangeValidator(response) === this.#validator &&
      response.header('content-encoding') === this.#first.header('content-encoding');
    if (!same)
      return new SourceError(
        'SOURCE_INTERRUPTED',
        `${displayUrl(response.url)} changed while it was read. Nothing of it was imported; it is fetched again at the next check.`,
      );
    if (response.status === 206 && !this.#fits(response.header('content-range')))
      return new SourceError(
        'SOURCE_INTERRUPTED',
        `${displayUrl(response.url)} was asked for the rest of a file after the connection broke, but sent another part. Correct that server, or have it send no Accept-Ranges.`,
      );
    return undefined;
  }

  #fits(contentRange: string | undefined): boolean {
    const [, start, end, total] = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(contentRange ?? '') ?? [];
    if (Number(start) !== this.#received) return false;
    const whole = this.#first.contentLength ?? Number(total);
    return Number(total) === whole && Number(end) === whole - 1;
  }
}
