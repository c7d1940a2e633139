// What an answer brings: its bytes as the file has them, within the limits.

import { ByteStream } from '../../ingest/read/byte-stream.ts';
import type { Answer } from './ask.ts';
import { charsetOf } from './charset.ts';
import { decode, readCodings } from './content-coding.ts';
import type { Download } from './download.ts';
import { fileNameOf } from './file-name.ts';
import { atMost, tooLarge } from './pace.ts';
import { refusePage } from './refuse-page.ts';

export class Content {
  readonly fileName: string;
  /** The encoding of the text, as the server names it; undefined where that says nothing new. */
  readonly charset: string | undefined;
  /** How many bytes there are at most; undefined if that is not known. */
  readonly sizeHint: number | undefined;
  readonly #answer: Answer;
  readonly #bytes: ByteStream;
  readonly #closing: () => void;
  #closed = false;

  /**
   * @param closing ends what is under way for it
   * @throws SourceError SOURCE_NOT_DATA, FILE_TOO_LARGE
   */
  constructor(answer: Answer, download: Download, maxBytes: number, closing: () => void) {
    const { url, contentLength } = answer;
    const codings = readCodings(answer.header('content-encoding'), url);
    if ((contentLength ?? 0) > maxBytes) throw tooLarge(maxBytes, url);
    this.fileName = fileNameOf(url, answer.header('content-disposition'));
    this.charset = charsetOf(answer.header('content-type'));
    this.sizeHint = codings.length === 0 ? contentLength : undefined;
    this.#answer = answer;
    // Packed or not: neither may be more than the limit.
    const received = atMost(maxBytes, download.chunks(), url);
    this.#bytes = new ByteStream(
      codings.length === 0 ? received : atMost(maxBytes, decode(received, codings, url), url),
    );
    this.#closing = closing;
  }

  /** @throws SourceError SOURCE_NOT_DATA; what reading throws */
  async refusePage(): Promise<void> {
    await refusePage(this.#bytes, this.#answer.header('content-type'), this.#answer.url);
  }

  /** @throws SourceError, FILE_TOO_LARGE */
  chunks(): AsyncGenerator<Buffer, void, undefined> {
    return this.#bytes[Symbol.asyncIterator]();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#closing();
    // What is under way fails by now; that it does is no news.
    void this.#bytes[Symbol.asyncDispose]().catch(() => {});
  }
}
