// Content that must be read completely before it is known whether it changed. It is kept in an unlinked file, so that
// nothing is left behind however the process ends.

import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { LoadstoneError } from '../../errors.ts';
import type { DiskSpace } from '../../ingest/spool/disk-space.ts';
import { TemporarySpace } from '../../ingest/spool/temporary-space.ts';
import { openUnlinked } from '../../ingest/spool/unlinked-file.ts';

const READ_BYTES = 1024 * 1024;
const FULL = ['ENOSPC', 'EDQUOT'];
const DISK_FAULTS = [...FULL, 'EACCES', 'EPERM', 'EROFS', 'EIO', 'ENOTDIR', 'EMFILE', 'ENFILE'];

export interface TemporaryStorage {
  folder: string;
  space: DiskSpace;
}

export class TemporaryContent {
  readonly sha256: string;
  readonly bytes: number;
  readonly #file: FileHandle;

  private constructor(file: FileHandle, sha256: string, bytes: number) {
    this.#file = file;
    this.sha256 = sha256;
    this.bytes = bytes;
  }

  /**
   * @param sizeHint an upper bound of its size; 0 if there is none
   * @throws LoadstoneError SPOOL_FULL, SPOOL_UNAVAILABLE; what reading the chunks throws
   */
  static async of(
    chunks: AsyncIterable<Buffer>,
    { folder, space }: TemporaryStorage,
    sizeHint: number,
  ): Promise<TemporaryContent> {
    const file = await openUnlinked(folder).catch((error: unknown) => {
      throw unavailable(error);
    });
    try {
      using reserved = await TemporarySpace.reserve(space, sizeHint);
      const hash = createHash('sha256');
      let bytes = 0;
      for await (const chunk of chunks) {
        hash.update(chunk);
        bytes += chunk.length;
        await reserved.require(chunk.length);
        await file.appendFile(chunk).catch((error: unknown) => {
          throw unavailable(error);
        });
      }
      return new TemporaryContent(file, hash.digest('hex'), bytes);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  async *chunks(): AsyncGenerator<Buffer, void, undefined> {
    for (let at = 0; ; ) {
      const buffer = Buffer.allocUnsafeSlow(READ_BYTES);
      const { bytesRead } = await this.#file.read(buffer, 0, READ_BYTES, at);
      if (bytesRead === 0) return;
      at += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

function unavailable(error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (!DISK_FAULTS.includes(code)) return error;
  return new LoadstoneError(
    FULL.includes(code) ? 'SPOOL_FULL' : 'SPOOL_UNAVAILABLE',
    `The server cannot store what it fetches (${code}). Make sure that its data folder is writable and has free space, or set DATA_DIR to another one.`,
    { cause: error },
  );
}
