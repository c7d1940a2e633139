// Uploads on disk, from their first byte until their import has ended.
//
// While a file arrives its name is `<id>.part`; once it is safe on disk it is renamed to `<id>`. So the name alone tells a
// later process that the upload is complete. A reader that opened it before keeps its handle across the renaming.

import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { access, type FileHandle, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { openWithRetry } from '../../file-descriptors.ts';
import { diskFault } from './disk-faults.ts';
import { DiskSpace } from './disk-space.ts';
import { followUpload, openIfExists, uploadInterrupted } from './follow-upload.ts';
import { type ReadAhead, readAhead } from './read-ahead.ts';
import { ReadBuffers } from './read-buffers.ts';
import { UploadProgress } from './upload-progress.ts';
import {
  DESCRIPTOR_WAIT_MS,
  idTaken,
  type WriteOptions,
  type WrittenUpload,
  writeUpload,
} from './write-upload.ts';

const PART = '.part';
const PRIVATE_FOLDER = 0o700;

export class Spool {
  readonly #folder: string;
  /** The uploads that this process writes or wrote, until they are removed. */
  readonly #uploads = new Map<string, UploadProgress>();
  readonly #space: DiskSpace;

  /**
   * @param folder created when it is first needed
   * @param space of its disk
   */
  constructor(folder: string, space = new DiskSpace(folder, 0)) {
    this.#folder = folder;
    this.#space = space;
  }

  /**
   * Writes an upload to disk as it arrives, and resolves once it is safe there. The file stays, whatever happens, until
   * `remove`. If it is removed while it arrives, the source is read to its end and no file is left.
   *
   * @throws LoadstoneError SPOOL_FULL, if possible before the source is read; FILE_TOO_LARGE, SPOOL_UNAVAILABLE;
   *   IMPORT_ID_TAKEN if there is an upload with this id; the source's error; the signal's reason
   */
  async write(id: string, source: Readable, options: WriteOptions = {}): Promise<WrittenUpload> {
    if (this.#uploads.has(id)) throw idTaken(id);
    const progress = new UploadProgress();
    this.#uploads.set(id, progress);
    this.#space.add(progress);
    try {
      const upload = await this.#write(id, source, progress, options);
      progress.finish('complete');
      return upload;
    } catch (error) {
      progress.finish('failed');
      source.destroy();
      options.signal?.throwIfAborted();
      throw diskFault(error) ?? error;
    } finally {
      this.#space.remove(progress);
      // It may have been removed before its file was created.
      if (progress.isRemoved) await rm(this.#path(id) + PART, { force: true });
    }
  }

  /**
   * Reads an upload, from its beginning and while it arrives; ends when it is complete and read.
   *
   * @param buffers for chunks that are given back
   * @throws LoadstoneError UPLOAD_INTERRUPTED if it never becomes complete; the signal's reason
   */
  async *follow(
    id: string,
    signal?: AbortSignal,
    ahead: ReadAhead = readAhead(),
    buffers = new ReadBuffers(),
  ): AsyncGenerator<Buffer, void, undefined> {
    const { file, progress } = await this.#open(id, signal);
    await using _ = file;
    yield* followUpload(file, progress, ahead, buffers, signal);
  }

  /**
   * Waits until an upload is complete, and opens it for reading in any order.
   *
   * @throws LoadstoneError UPLOAD_INTERRUPTED if it never becomes complete; the signal's reason
   */
  async openComplete(id: string, signal?: AbortSignal): Promise<FileHandle> {
    await this.#uploads.get(id)?.reaches(Number.POSITIVE_INFINITY, signal);
    const file = await openIfExists(this.#path(id), signal);
    if (!file) throw uploadInterrupted();
    return file;
  }

  /** Bytes that further uploads may take; infinite if that is not known. */
  async room(): Promise<number> {
    await mkdir(this.#folder, { recursive: true, mode: PRIVATE_FOLDER });
    return this.#space.room();
  }

  /** Whether the whole upload is in this spool. */
  async isComplete(id: string): Promise<boolean> {
    return exists(this.#path(id));
  }

  /** Measures a complete upload whose writer died before it could record that. */
  async inspect(id: string): Promise<WrittenUpload> {
    const hash = createHash('sha256');
    let bytes = 0;
    for await (const chunk of this.follow(id)) {
      hash.update(chunk);
      bytes += chunk.length;
    }
    return { bytes, sha256: hash.digest('hex') };
  }

  /** Removes an upload, complete or not, if there is one. Readers may go on. */
  async remove(id: string): Promise<void> {
    const progress = this.#uploads.get(id);
    if (progress) progress.isRemoved = true;
    this.#uploads.delete(id);
    await rm(this.#path(id) + PART, { force: true });
    await rm(this.#path(id), { force: true });
  }

  /** @returns the ids of all uploads, complete or not */
  async list(): Promise<string[]> {
    const names = await readdir(this.#folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    });
    return [...new Set(names.map((name) => (name.endsWith(PART) ? name.slice(0, -PART.length) : name)))];
  }

  async #write(
    id: string,
    source: Readable,
    progress: UploadProgress,
    options: WriteOptions,
  ): Promise<WrittenUpload> {
    // An error before it is read must not end the process.
    source.on('error', () => {});
    await mkdir(this.#folder, { recursive: true, mode: PRIVATE_FOLDER });
    const path = this.#path(id);
    if (await exists(path)) throw idTaken(id);
    const parts = { progress, space: this.#space };
    const upload = await writeUpload(path + PART, id, source, parts, options);
    if (!progress.isRemoved) {
      await rename(path + PART, path);
      await syncFolder(this.#folder);
    }
    return upload;
  }

  /** Opens the upload under its present name, or the name that it has once its writer begins. */
  async #open(
    id: string,
    signal: AbortSignal | undefined,
  ): Promise<{ file: FileHandle; progress?: UploadProgress }> {
    const complete = await openIfExists(this.#path(id), signal);
    if (complete) return { file: complete };
    // The writer may have started just after the reader: it is known by now.
    const progress = this.#uploads.get(id);
    if (!progress) throw uploadInterrupted();
    await progress.reaches(0, signal);
    const path = this.#path(id);
    const file = (await openIfExists(path + PART, signal)) ?? (await openIfExists(path, signal));
    if (!file) throw uploadInterrupted();
    return { file, progress };
  }

  #path(id: string): string {
    if (!/^[\w-]+$/.test(id)) throw new Error(`not the id of an upload: ${id}`);
    return join(this.#folder, id);
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path, constants.F_OK).then(
    () => true,
    () => false,
  );
}

/** Makes the renaming survive a power failure. */
async function syncFolder(folder: string): Promise<void> {
  await using handle = await openWithRetry(() => open(folder, 'r'), { withinMs: DESCRIPTOR_WAIT_MS });
  await handle.sync();
}
