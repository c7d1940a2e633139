// The bytes of a file as they come over the wire, gone on with where the connection broke.

import { setTimeout as pause } from 'node:timers/promises';
import { LoadstoneError } from '../../errors.ts';
import type { Answer } from './ask.ts';
import { asInterrupted, isBroken, wrongLength } from './network-failure.ts';
import type { Pace } from './pace.ts';
import { SourceError, shown } from './source-error.ts';
import { rangeValidator } from './validators.ts';

/** Breaks in a row that bring less than a good try are taken for a connection that will not hold. */
const MAX_POOR_TRIES = 5;
const GOOD_TRY_BYTES = 1024 * 1024;
const FIRST_PAUSE_MS = 250;
/** What may be over at the next try. */
const PASSING = ['SOURCE_UNREACHABLE', 'SOURCE_TIMEOUT', 'SOURCE_STATUS'];

export interface DownloadOptions {
  /** Asks for the same file with these headers besides; answers with the status 200 or 206. */
  askAgain: (headers: Record<string, string>) => Promise<Answer>;
  pace: Pace;
  silenceMs: number;
  signal: AbortSignal;
}

export class Download {
  readonly #first: Answer;
  readonly #options: DownloadOptions;
  /** By which a part is asked for; undefined if the server does not offer parts. */
  readonly #validator: string | undefined;
  #current: Answer;
  #received = 0;
  #poorTries = 0;

  constructor(first: Answer, options: DownloadOptions) {
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
        if (this.#received - before >= GOOD_TRY_BYTES) this.#poorTries = 0;
        this.#current = await this.#resume(fault);
      }
    }
  }

  /** Closes its connection, however far it is. */
  abort(): void {
    this.#current.abort();
  }

  /** Reads an answer with all of the file, or with what is left of it. */
  async *#read(answer: Answer): AsyncGenerator<Buffer, void, undefined> {
    // A server need not send a part when asked for one: what was passed on already is then passed over.
    let known = answer.status === 206 ? 0 : this.#received;
    for await (const chunk of this.#options.pace.watch(answer.chunks())) {
      const passedOver = Math.min(known, chunk.length);
      known -= passedOver;
      if (passedOver === chunk.length) continue;
      this.#received += chunk.length - passedOver;
      yield chunk.subarray(passedOver);
    }
    const { contentLength } = this.#first;
    if (contentLength !== undefined && contentLength !== this.#received) throw wrongLength(answer.url);
  }

  /**
   * Asks for what is left, until there is an answer or it is no use.
   *
   * @param fault what broke the last one
   */
  async #resume(fault: Error): Promise<Answer> {
    const { signal, askAgain, pace } = this.#options;
    for (;;) {
      if (++this.#poorTries > MAX_POOR_TRIES) throw fault;
      await pause(FIRST_PAUSE_MS * 2 ** (this.#poorTries - 1), undefined, { signal });
      pace.checkEnd();
      const headers = { range: `bytes=${this.#received}-`, 'if-range': this.#validator ?? '' };
      let answer: Answer;
      try {
        answer = await askAgain(headers);
      } catch (error) {
        if (!(error instanceof LoadstoneError && PASSING.includes(error.code))) throw error;
        continue;
      }
      const wrong = this.#judge(answer);
      if (!wrong) return answer;
      answer.abort();
      throw wrong;
    }
  }

  /** @returns what is wrong with an answer that should go on with the first one */
  #judge(answer: Answer): SourceError | undefined {
    const same =
      rangeValidator(answer) === this.#validator &&
      answer.header('content-encoding') === this.#first.header('content-encoding');
    if (!same)
      return new SourceError(
        'SOURCE_INTERRUPTED',
        `${shown(answer.url)} changed while it was read. Nothing of it was imported; it is fetched anew at the next check.`,
      );
    if (answer.status === 206 && !this.#fits(answer.header('content-range')))
      return new SourceError(
        'SOURCE_INTERRUPTED',
        `${shown(answer.url)} was asked for the rest of a file after the connection broke, and sends another part of it. Correct that server, or have it send no Accept-Ranges.`,
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
