// An upload: it may be paused half way, sent without its length, or aborted.

import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import type { ImportState } from '../../../src/cli/client/loadstone-client.ts';
import { type Answer, upload } from '../../support/server/graphql-client.ts';
import { withTimeout } from '../eventually.ts';
import type { ProductFile } from './product-file.ts';

/** How an import may end: completed, failed with an error code, or refused without a record. */
export type ImportOutcome = 'COMPLETED' | 'REFUSED' | (string & {});

export interface SubmissionOptions {
  id?: string;
  /** The share of the file, from 0 to 1, that is sent before `openGate`. Default: 1. */
  share?: number;
  /** Whether the request has a Content-Length. */
  sized?: boolean;
  /** Whether the import stops at READY. */
  preview?: boolean;
}

export type Reply =
  | { state: ImportState; code?: undefined }
  /** The code of the GraphQL error; without a response, the code or message of the socket's error. */
  | { state?: undefined; code: string };

const CHUNK_BYTES = 64 * 1024;
/** Counted from the end of the fault. */
const REPLY_TIMEOUT_MS = 90_000;

export class Submission {
  readonly id: string;
  readonly file: ProductFile;
  readonly preview: boolean;
  /** Settles when all bytes have been written to the connection, or the response has arrived. */
  readonly sent: Promise<void>;
  /** Never rejects. */
  readonly reply: Promise<Reply>;
  /** Outcomes that the documented guarantees allow. */
  allowedOutcomes: readonly ImportOutcome[] = ['COMPLETED'];
  readonly #gate = Promise.withResolvers<void>();
  readonly #sent = Promise.withResolvers<void>();
  readonly #abort = new AbortController();

  constructor(
    url: string,
    file: ProductFile,
    { id, share = 1, sized = true, preview = false }: SubmissionOptions = {},
  ) {
    this.id = id ?? randomUUID();
    this.file = file;
    this.preview = preview;
    const stream = Readable.from(this.#chunks(share), { objectMode: false, highWaterMark: CHUNK_BYTES });
    const content = sized ? { stream, size: file.bytes.length } : stream;
    this.reply = upload(
      url,
      file.name,
      content,
      { id: this.id, mapping: file.mapping, keepColumns: file.keepColumns, preview },
      this.#abort.signal,
    ).then(readReply, (error) => ({
      code: String(error.code ?? error.message),
    }));
    this.sent = Promise.race([this.#sent.promise, this.reply.then(() => {})]);
  }

  /** @throws if no response arrives in time */
  async replied(): Promise<Reply> {
    return withTimeout('the client gets a response', this.reply, REPLY_TIMEOUT_MS);
  }

  openGate(): void {
    this.#gate.resolve();
  }

  /** Disconnects the client. */
  abort(): void {
    this.#abort.abort();
    this.openGate();
  }

  async *#chunks(share: number): AsyncGenerator<Buffer> {
    const { bytes } = this.file;
    const before = Math.floor(bytes.length * share);
    for (let at = 0; at < bytes.length; ) {
      if (at === before) await this.#gate.promise;
      const end = Math.min(at + CHUNK_BYTES, at < before ? before : bytes.length);
      yield bytes.subarray(at, end);
      at = end;
    }
    this.#sent.resolve();
  }
}

function readReply({ data, errors }: Answer<{ importProducts: ImportState }>): Reply {
  const [error] = errors ?? [];
  if (error) return { code: error.extensions?.code ?? error.message };
  return data?.importProducts ? { state: data.importProducts } : { code: 'the answer is empty' };
}
