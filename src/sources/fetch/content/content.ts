// The content of a response: its bytes as they are in the file, within the limits.

import { ByteStream } from '../../../ingest/read/byte-stream.ts';
import type { Download } from '../download/download.ts';
import { limitBytes, tooLarge } from '../download/transfer-limits.ts';
import type { HttpResponse } from '../http/http-response.ts';
import { charsetOf } from './charset.ts';
import { decode, readCodings } from './content-coding.ts';
import { fileNameOf } from './file-name.ts';
import { rejectNonCsv } from './reject-non-csv.ts';

export class Content {
  readonly fileName: string;
  /** The charset that the server names; undefined if it names none, or UTF-8. */
  readonly charset: string | undefined;
  /** The size, if it is known. */
  readonly sizeHint: number | undefined;
  readonly #response: HttpResponse;
  readonly #bytes: ByteStream;
  readonly #onClose: () => void;
  #closed = false;

  /**
   * @param onClose ends the requests for it
   * @throws SourceError SOURCE_NOT_DATA, FILE_TOO_LARGE
   */
  constructor(response: HttpResponse, download: Download, maxBytes: number, onClose: () => void) {
    const { url, contentLength } = response;
    const codings = readCodings(response.header('content-encoding'), url);
    if ((contentLength ?? 0) > maxBytes) throw tooLarge(maxBytes, url);
    this.fileName = fileNameOf(url, response.header('content-disposition'));
    this.charset = charsetOf(response.header('content-type'));
    this.sizeHint = codings.length === 0 ? contentLength : undefined;
    this.#response = response;
    // The limit holds for the compressed and for the uncompressed bytes.
    const received = limitBytes(maxBytes, download.chunks(), url);
    this.#bytes = new ByteStream(
      codings.length === 0 ? received : limitBytes(maxBytes, decode(received, codings, url), url),
    );
    this.#onClose = onClose;
  }

  /** @throws SourceError SOURCE_NOT_DATA; what reading throws */
  async rejectNonCsv(): Promise<void> {
    await rejectNonCsv(this.#bytes, this.#response.header('content-type'), this.#response.url);
  }

  /** @throws SourceError, FILE_TOO_LARGE */
  chunks(): AsyncGenerator<Buffer, void, undefined> {
    return this.#bytes[Symbol.asyncIterator]();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#onClose();
    // Reads under way fail now, as they should.
    void this.#bytes[Symbol.asyncDispose]().catch(() => {});
  }
}
