// Uploads on disk, from their first byte until their import has ended.
//
// A file that arrives is `<id>.part`; when all of it is safe on disk it is renamed to `<id>`. That name alone tells
// a later process that the upload is complete. A reader that opened it before keeps its handle across the renaming.
//
// An upload that the disk has no room for is refused before it is read: a disk that fills up would take the database
// on it along.

import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { access, type FileHandle, mkdir, open, readdir, rename, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { addAbortSignal, type Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { LoadstoneError } from '../../errors.ts';
import { isOutOfFileDescriptors, openWithRetry } from '../../file-descriptors.ts';
import { type ReadingPace, readingPace } from './reading-pace.ts';

export interface SpooledUpload {
  bytes: number;
  /** In hexadecimal. */
  sha256: string;
}

export interface WriteOptions {
  /** Told how many bytes are written so far. */
  onBytes?: (bytes: number) => void;
  maxBytes?: number;
  /** How many bytes will come, at most, as far as that is known: the disk must have room for them. */
  sizeHint?: number | undefined;
  signal?: AbortSignal;
}

const PART = '.part';
/** Read at once, at most. */
const READ_BYTES = 1024 * 1024;
/** How long there may be no file descriptor for an upload that arrives, in milliseconds: its client waits as long. */
const WRITERS_WAIT_MS = 60_000;
/** The same for one that is read. */
const READERS_WAIT_MS = 10_000;
/** Bytes that may wait to be written. */
const WAITING_BYTES = 1024 * 1024;
/** How much of an upload is written before the room on the disk is looked at again. */
const ROOM_CHECK_BYTES = 64 * 1024 * 1024;
const MIB = 1024 * 1024;
const PRIVATE_FOLDER = 0o700;
const PRIVATE_FILE = 0o600;

export class Spool {
  readonly #folder: string;
  readonly #reserveBytes: number;
  /** Uploads that this process writes or wrote, until they are removed. */
  readonly #arrivals = new Map<string, Arrival>();
  #admitting: Promise<void> = Promise.resolve();

  /**
   * @param folder made when it is first needed
   * @param reserveBytes of its disk that uploads leave free
   */
  constructor(folder: string, reserveBytes = 0) {
    this.#folder = folder;
    this.#reserveBytes = reserveBytes;
  }

  /**
   * Writes an upload to disk as it comes, and resolves when it is safe there. What is written stays, whatever
   * happens, until `remove`. An upload that is removed while it arrives is read to its end and leaves no file.
   *
   * @throws LoadstoneError SPOOL_FULL, before the source is read if it can be told by then; FILE_TOO_LARGE,
   *   SPOOL_UNAVAILABLE; IMPORT_ID_TAKEN if there is an upload with this id; the source's error if it fails; the
   *   signal's reason
   */
  async write(id: string, source: Readable, options: WriteOptions = {}): Promise<SpooledUpload> {
    if (this.#arrivals.has(id)) throw taken(id);
    const arrival = new Arrival();
    this.#arrivals.set(id, arrival);
    try {
      const upload = await this.#receive(id, arrival, source, options);
      arrival.finish('complete');
      return upload;
    } catch (error) {
      arrival.finish('failed');
      source.destroy();
      options.signal?.throwIfAborted();
      throw diskFault(error) ?? error;
    } finally {
      // It may have been removed before its file was made.
      if (arrival.removed) await rm(this.#path(id) + PART, { force: true });
    }
  }

  /**
   * Reads an upload while it arrives, or as it lies there; ends when it is complete and read.
   *
   * @throws LoadstoneError UPLOAD_INTERRUPTED if it never becomes complete; the signal's reason
   */
  async *follow(
    id: string,
    signal?: AbortSignal,
    pace: ReadingPace = readingPace(),
  ): AsyncGenerator<Buffer, void, undefined> {
    const { file, arrival } = await this.#openEither(id, signal);
    await using _ = file;
    for (let at = 0; ; ) {
      signal?.throwIfAborted();
      // The beginning is read at once, so that a file which cannot be imported is told soon.
      await arrival?.reaches(at + (at === 0 ? 1 : pace.worthReadingBytes), signal);
      // Asked before reading: when nothing more comes by then, the read finds all there is.
      const state = arrival?.state ?? 'complete';
      const available = arrival ? arrival.bytes - at : READ_BYTES;
      const buffer = Buffer.allocUnsafeSlow(Math.min(READ_BYTES, available));
      const { bytesRead } = await file.read(buffer, 0, buffer.length, at);
      if (bytesRead > 0) {
        at += bytesRead;
        yield buffer.subarray(0, bytesRead);
      } else if (state === 'failed') throw interrupted();
      else return;
    }
  }

  /**
   * Opens an upload for reading in any order, once it is complete.
   *
   * @throws LoadstoneError UPLOAD_INTERRUPTED if it never becomes complete; the signal's reason
   */
  async openComplete(id: string, signal?: AbortSignal): Promise<FileHandle> {
    await this.#arrivals.get(id)?.reaches(Number.POSITIVE_INFINITY, signal);
    const file = await openIfThere(this.#path(id), signal);
    if (!file) throw interrupted();
    return file;
  }

  /** Whether all of an upload is here. */
  async isComplete(id: string): Promise<boolean> {
    return exists(this.#path(id));
  }

  /** Reads a complete upload once more, for what its writer could not tell any more. */
  async inspect(id: string): Promise<SpooledUpload> {
    const hash = createHash('sha256');
    let bytes = 0;
    for await (const chunk of this.follow(id)) {
      hash.update(chunk);
      bytes += chunk.length;
    }
    return { bytes, sha256: hash.digest('hex') };
  }

  /** Removes an upload, complete or not; it is no error if there is none. Readers may go on. */
  async remove(id: string): Promise<void> {
    const arrival = this.#arrivals.get(id);
    if (arrival) arrival.removed = true;
    this.#arrivals.delete(id);
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

  async #receive(
    id: string,
    arrival: Arrival,
    source: Readable,
    { onBytes, maxBytes = Number.POSITIVE_INFINITY, sizeHint = 0, signal }: WriteOptions,
  ): Promise<SpooledUpload> {
    // It may fail before it is read, which would end the process if nobody listened; reading it tells the error.
    source.on('error', () => {});
    if (signal) addAbortSignal(signal, source);
    await mkdir(this.#folder, { recursive: true, mode: PRIVATE_FOLDER });
    const path = this.#path(id);
    if (await exists(path)) throw taken(id);
    await this.#admit(arrival, sizeHint);
    await using file = await create(path + PART, id, signal);
    arrival.grow(0);
    const hash = createHash('sha256');
    let bytes = 0;
    let checkedUpTo = ROOM_CHECK_BYTES;
    // What comes while a write is under way is written at once afterwards: few large writes instead of many small.
    const write = async (chunks: Buffer[]) => {
      const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
      if (bytes + length > maxBytes) throw tooLarge(maxBytes);
      if (bytes + length > checkedUpTo) {
        await this.#requireRoomFor(arrival);
        checkedUpTo = bytes + ROOM_CHECK_BYTES;
      }
      const writing = writeAll(file, chunks, length);
      for (const chunk of chunks) hash.update(chunk);
      await writing;
      bytes += length;
      arrival.grow(bytes);
      onBytes?.(bytes);
    };
    const sink = new Writable({
      highWaterMark: WAITING_BYTES,
      write: (chunk: Buffer, _encoding, done) => void write([chunk]).then(() => done(), done),
      writev: (waiting, done) => void write(waiting.map(({ chunk }) => chunk)).then(() => done(), done),
    });
    await pipeline(source, sink);
    await file.sync();
    if (!arrival.removed) {
      await rename(path + PART, path);
      await syncFolder(this.#folder);
    }
    return { bytes, sha256: hash.digest('hex') };
  }

  /** Promises an upload its room, one after the other: what one is promised, the next does not get. */
  async #admit(arrival: Arrival, bytes: number): Promise<void> {
    const admitted = this.#admitting.then(async () => {
      await this.#requireRoom(bytes, this.#promisedBytes());
      arrival.expected = bytes;
    });
    this.#admitting = admitted.catch(() => {});
    await admitted;
  }

  /** While it arrives. An upload that has all it was promised, which may be nothing, must not take from the others. */
  async #requireRoomFor(arrival: Arrival): Promise<void> {
    await this.#requireRoom(0, arrival.promised > 0 ? 0 : this.#promisedBytes());
  }

  #promisedBytes(): number {
    return [...this.#arrivals.values()].reduce((sum, { promised }) => sum + promised, 0);
  }

  async #requireRoom(bytes: number, promisedBytes: number): Promise<void> {
    const free = await freeBytes(this.#folder);
    if (bytes + promisedBytes + this.#reserveBytes > free) {
      throw noRoom(bytes, promisedBytes, this.#reserveBytes, free);
    }
  }

  /** Opens the upload under the name it has now, or will have as soon as its writer begins. */
  async #openEither(
    id: string,
    signal: AbortSignal | undefined,
  ): Promise<{ file: FileHandle; arrival?: Arrival }> {
    const complete = await openIfThere(this.#path(id), signal);
    if (complete) return { file: complete };
    // The writer may have been started just after the reader: it is known by now.
    const arrival = this.#arrivals.get(id);
    if (!arrival) throw interrupted();
    await arrival.reaches(0, signal);
    const path = this.#path(id);
    const file = (await openIfThere(path + PART, signal)) ?? (await openIfThere(path, signal));
    if (!file) throw interrupted();
    return { file, arrival };
  }

  #path(id: string): string {
    if (!/^[\w-]+$/.test(id)) throw new Error(`not an id of an upload: ${id}`);
    return join(this.#folder, id);
  }
}

/** An upload that this process writes: how far it is, and news of it for its readers. */
class Arrival {
  /** In the file; -1 before there is one. */
  bytes = -1;
  state: 'arriving' | 'complete' | 'failed' = 'arriving';
  removed = false;
  /** Bytes that it was promised room for. */
  expected = 0;
  #news = Promise.withResolvers<void>();

  /** Of the room it was promised, what it has not taken yet. */
  get promised(): number {
    return this.state === 'arriving' ? Math.max(0, this.expected - Math.max(0, this.bytes)) : 0;
  }

  /** Resolves when so many bytes are in the file, or no more will come. Rejects with the signal's reason. */
  async reaches(bytes: number, signal: AbortSignal | undefined): Promise<void> {
    while (this.state === 'arriving' && this.bytes < bytes) await abortable(this.#news.promise, signal);
  }

  /** There are so many bytes in the file now. */
  grow(bytes: number): void {
    this.bytes = bytes;
    this.#tell();
  }

  finish(state: 'complete' | 'failed'): void {
    this.state = state;
    this.#tell();
  }

  #tell(): void {
    const { resolve } = this.#news;
    this.#news = Promise.withResolvers<void>();
    resolve();
  }
}

async function writeAll(file: FileHandle, chunks: Buffer[], length: number): Promise<void> {
  const { bytesWritten } = await file.writev(chunks);
  // A disk that is nearly full takes a part; the rest tells why.
  if (bytesWritten < length) await file.appendFile(Buffer.concat(chunks).subarray(bytesWritten));
}

/** Of the disk, for processes without special rights; without end where the file system does not tell. */
async function freeBytes(folder: string): Promise<number> {
  const disk = await statfs(folder).catch(() => undefined);
  return disk && disk.blocks > 0 ? disk.bavail * disk.bsize : Number.POSITIVE_INFINITY;
}

async function create(path: string, id: string, signal: AbortSignal | undefined): Promise<FileHandle> {
  try {
    const limits = { withinMs: WRITERS_WAIT_MS, signal };
    return await openWithRetry(() => open(path, 'wx', PRIVATE_FILE), limits);
  } catch (error) {
    if (hasCode(error, 'EEXIST')) throw taken(id);
    throw error;
  }
}

/** Without a descriptor it fails as it is, for whoever reads may well wait longer, or come again. */
async function openIfThere(path: string, signal: AbortSignal | undefined): Promise<FileHandle | undefined> {
  try {
    return await openWithRetry(() => open(path, 'r'), { withinMs: READERS_WAIT_MS, signal });
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    if (isOutOfFileDescriptors(error)) throw error;
    throw diskFault(error) ?? error;
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path, constants.F_OK).then(
    () => true,
    () => false,
  );
}

/** Makes a renaming survive a power failure. */
async function syncFolder(folder: string): Promise<void> {
  await using handle = await openWithRetry(() => open(folder, 'r'), { withinMs: WRITERS_WAIT_MS });
  await handle.sync();
}

/** Waits for the promise, but not longer than the signal lets it. */
async function abortable(promise: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (!signal) return promise;
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => aborted.reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

const FULL = ['ENOSPC', 'EDQUOT'];

const DISK_FAULTS: Record<string, string> = {
  ENOSPC: 'its disk is full. Free some space, or set DATA_DIR to a larger disk, and send the file again',
  EDQUOT:
    'its disk quota is used up. Free some space, or set DATA_DIR to another disk, and send the file again',
  EACCES: 'it may not write to its data folder. Give it the right to, or set DATA_DIR to another folder',
  EPERM: 'it may not write to its data folder. Give it the right to, or set DATA_DIR to another folder',
  EROFS: 'its data folder is read-only. Set DATA_DIR to a folder that can be written',
  ENOTDIR: 'its data folder is no folder. Set DATA_DIR to a folder that can be written',
  EEXIST: 'its data folder is no folder. Set DATA_DIR to a folder that can be written',
  EIO: 'its disk reports an error. Check the disk, or set DATA_DIR to another one, and send the file again',
  EMFILE: 'it has too many open files. Raise the limit (ulimit -n), and send the file again',
  ENFILE: 'the system has too many open files. Send the file again later',
};

function diskFault(error: unknown): LoadstoneError | undefined {
  // A source's own error has a code too, but no system call of the file system.
  if (!(error instanceof Error && 'code' in error && 'syscall' in error)) return undefined;
  const fault = DISK_FAULTS[String(error.code)];
  if (!fault) return undefined;
  const code = FULL.includes(String(error.code)) ? 'SPOOL_FULL' : 'SPOOL_UNAVAILABLE';
  return new LoadstoneError(code, `The server cannot keep the upload: ${fault}.`, { cause: error });
}

function noRoom(bytes: number, promised: number, reserve: number, free: number): LoadstoneError {
  const needed = [
    [bytes, 'for this file'],
    [promised, 'that other uploads still expect'],
    [reserve, 'to be left free (SPOOL_RESERVE_BYTES)'],
  ] as const;
  const parts = needed.filter(([part]) => part > 0).map(([part, what]) => `${mebibytes(part)} ${what}`);
  const message =
    `The disk of the server has no room for the upload: it would need ${parts.join(' and ')}; ` +
    `${Math.floor(free / MIB)} MiB are free. Free some space, or set DATA_DIR to a larger disk, and send the file ` +
    'again.';
  return new LoadstoneError('SPOOL_FULL', message);
}

function mebibytes(bytes: number): string {
  return `${Math.ceil(bytes / MIB)} MiB`;
}

function taken(id: string): LoadstoneError {
  return new LoadstoneError(
    'IMPORT_ID_TAKEN',
    `There is an upload with the id ${id} already. Choose a new id.`,
  );
}

function tooLarge(maxBytes: number): LoadstoneError {
  const message = `The file has more than ${maxBytes} bytes, the most this server takes. Split it, or raise MAX_UPLOAD_BYTES.`;
  return new LoadstoneError('FILE_TOO_LARGE', message);
}

function interrupted(): LoadstoneError {
  return new LoadstoneError(
    'UPLOAD_INTERRUPTED',
    'The upload broke off before the file was complete. Send the file again.',
  );
}
