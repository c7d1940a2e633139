// A file on its way to a server: it may be held back half way, sent without its length, or given up.

import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import type { ImportState } from '../../src/cli/client/loadstone-client.ts';
import { type Answer, upload } from '../support/graphql-client.ts';
import { within } from './patiently.ts';
import type { ProductFile } from './product-file.ts';

/** How an import may end: completed, failed with a code, or with no trace at all. */
export type Ending = 'COMPLETED' | 'REFUSED' | (string & {});

export interface SubmissionOptions {
  id?: string;
  /** What is sent before the gate is opened, from 0 to 1; all of it unless told. */
  share?: number;
  /** Whether the request tells its length. */
  sized?: boolean;
}

export type Reply =
  | { state: ImportState; code?: undefined }
  /** The code of a GraphQL error; that of the socket, or its message, when no answer came. */
  | { state?: undefined; code: string };

const CHUNK_BYTES = 64 * 1024;
/** From when nothing is in the way any more. */
const REPLIES_WITHIN_MS = 90_000;

export class Submission {
  readonly id: string;
  readonly file: ProductFile;
  /** Settles when all bytes were handed to the connection, or are not wanted any more. */
  readonly sent: Promise<void>;
  /** Never rejects. */
  readonly reply: Promise<Reply>;
  /** The endings that the promises to clients allow. */
  endings: readonly Ending[] = ['COMPLETED'];
  readonly #gate = Promise.withResolvers<void>();
  readonly #sent = Promise.withResolvers<void>();
  readonly #giveUp = new AbortController();

  constructor(url: string, file: ProductFile, { id, share = 1, sized = true }: SubmissionOptions = {}) {
    this.id = id ?? randomUUID();
    this.file = file;
    const stream = Readable.from(this.#chunks(share), { objectMode: false, highWaterMark: CHUNK_BYTES });
    const content = sized ? { stream, size: file.bytes.length } : stream;
    this.reply = upload(url, file.name, content, { id: this.id }, this.#giveUp.signal).then(
      readReply,
      (error) => ({
        code: String(error.code ?? error.message),
      }),
    );
    this.sent = Promise.race([this.#sent.promise, this.reply.then(() => {})]);
  }

  /** The reply, which must come. */
  async replied(): Promise<Reply> {
    return within('a client has its answer', this.reply, REPLIES_WITHIN_MS);
  }

  openGate(): void {
    this.#gate.resolve();
  }

  /** The client goes away. */
  giveUp(): void {
    this.#giveUp.abort();
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
  return data ? { state: data.importProducts } : { code: 'the answer is empty' };
}
