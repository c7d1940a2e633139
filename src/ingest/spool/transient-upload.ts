// An upload that is read as it arrives and then forgotten. It is written to disk only if it must be read in another order.

import type { FileHandle } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { freeChunk } from '../../memory/free-chunk.ts';
import { diskFault } from './disk-faults.ts';
import type { DiskSpace } from './disk-space.ts';
import { TemporarySpace } from './temporary-space.ts';
import { openUnlinked } from './unlinked-file.ts';

export interface TransientStorage {
  folder: string;
  space: DiskSpace;
}

/** Bytes from the beginning that are kept: readers look at no more before they decide to read in another order. */
const KEPT_BYTES = 4096;

export class TransientUpload {
  readonly #chunks: AsyncIterator<Buffer>;
  readonly #sizeHint: number;
  readonly #storage: TransientStorage;
  /** Copies, as readers free what they have read. */
  #kept: Buffer[] = [];
  #bytes = 0;

  /** @param sizeHint an upper bound of its size; 0 if there is none */
  constructor(stream: Readable, sizeHint: number, storage: TransientStorage) {
    this.#chunks = (stream as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
    this.#sizeHint = sizeHint;
    this.#storage = storage;
  }

  /** Bytes that have been read. */
  get bytes(): number {
    return this.#bytes;
  }

  async *follow(): AsyncGenerator<Buffer, void, undefined> {
    for (let next = await this.#next(); next; next = await this.#next()) yield next;
  }

  /**
   * Waits for the whole upload. Only before more than `KEPT_BYTES` have been read.
   *
   * @throws LoadstoneError SPOOL_FULL, SPOOL_UNAVAILABLE; the stream's error
   */
  async openComplete(): Promise<FileHandle> {
    const { folder, space } = this.#storage;
    const kept = this.#kept;
    const file = await openUnlinked(folder).catch((error: unknown) => {
      throw diskFault(error) ?? error;
    });
    try {
      using reserved = await TemporarySpace.reserve(space, this.#sizeHint);
      const write = async (chunk: Buffer) => {
        await reserved.require(chunk.length);
        await file.appendFile(chunk);
        freeChunk(chunk);
      };
      for (const chunk of kept) await write(chunk);
      for await (const chunk of this.follow()) await write(chunk);
      return file;
    } catch (error) {
      await file.close();
      throw diskFault(error) ?? error;
    }
  }

  async #next(): Promise<Buffer | undefined> {
    const { done, value } = await this.#chunks.next();
    if (done) return undefined;
    if (this.#bytes < KEPT_BYTES) this.#kept.push(Buffer.from(value));
    this.#bytes += value.length;
    return value;
  }
}
