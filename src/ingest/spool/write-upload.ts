// Writes an upload to its file as it arrives.

import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { addAbortSignal, type Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { LoadstoneError } from '../../errors.ts';
import { openWithRetry } from '../../file-descriptors.ts';
import { ChunkList } from '../../memory/chunk-list.ts';
import { freeChunk } from '../../memory/free-chunk.ts';
import { hasCode } from './disk-faults.ts';
import type { DiskSpace } from './disk-space.ts';
import type { UploadProgress } from './upload-progress.ts';

export interface WrittenUpload {
  bytes: number;
  /** In hexadecimal. */
  sha256: string;
}

export interface WriteOptions {
  /** Called with the number of bytes written so far. */
  onBytes?: (bytes: number) => void;
  maxBytes?: number;
  /** An upper bound of the file's size, if it is known: the disk must have space for it. */
  sizeHint?: number | undefined;
  /** Frees each chunk of the source once it is written: nobody else uses it. Default: leaves that to the garbage collector. */
  freesChunks?: boolean;
  signal?: AbortSignal;
}

/** How long to wait for a free file descriptor, in milliseconds: the client waits as long. */
export const DESCRIPTOR_WAIT_MS = 60_000;
const BUFFERED_BYTES = 1024 * 1024;
/** Bytes that are written between two checks of the free space. */
const SPACE_CHECK_BYTES = 64 * 1024 * 1024;
const PRIVATE_FILE = 0o600;

/**
 * Creates the file, writes the source to it and syncs it.
 *
 * @throws LoadstoneError SPOOL_FULL, FILE_TOO_LARGE; IMPORT_ID_TAKEN if the file exists; the source's error; the signal's
 *   reason; an error of the file system
 */
export async function writeUpload(
  path: string,
  id: string,
  source: Readable,
  { progress, space }: { progress: UploadProgress; space: DiskSpace },
  { onBytes, maxBytes = Number.POSITIVE_INFINITY, sizeHint = 0, freesChunks = false, signal }: WriteOptions,
): Promise<WrittenUpload> {
  if (signal) addAbortSignal(signal, source);
  await space.reserve(sizeHint, () => {
    progress.reservedBytes = sizeHint;
  });
  await using file = await create(path, id, signal);
  progress.grow(0);
  const hash = createHash('sha256');
  let bytes = 0;
  let nextCheck = SPACE_CHECK_BYTES;
  // Chunks that arrive during a write are written together afterwards: few large writes instead of many small ones.
  const write = async (chunks: Buffer[]) => {
    const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    if (bytes + length > maxBytes) throw tooLarge(maxBytes);
    if (bytes + length > nextCheck) {
      await space.recheck(progress);
      nextCheck = bytes + SPACE_CHECK_BYTES;
    }
    const writing = writeAll(file, chunks, length);
    for (const chunk of chunks) hash.update(chunk);
    await writing;
    if (freesChunks) for (const chunk of chunks) freeChunk(chunk);
    bytes += length;
    progress.grow(bytes);
    onBytes?.(bytes);
  };
  const arrived = new ChunkList();
  let writing: Promise<void> | undefined;
  const writeArrived = async () => {
    while (arrived.bytes > 0 && !sink.destroyed) await write(arrived.takeAll());
    writing = undefined;
  };
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      arrived.add(chunk);
      if (!writing) {
        writing = writeArrived();
        writing.catch((error) => sink.destroy(error));
      }
      if (arrived.bytes < BUFFERED_BYTES) done();
      else writing.then(() => done(), done);
    },
    final(done) {
      (writing ?? Promise.resolve()).then(() => done(), done);
    },
  });
  await pipeline(source, sink);
  await file.sync();
  return { bytes, sha256: hash.digest('hex') };
}

export function idTaken(id: string): LoadstoneError {
  return new LoadstoneError(
    'IMPORT_ID_TAKEN',
    `An upload with the id ${id} exists already. Choose a new id.`,
  );
}

async function create(path: string, id: string, signal: AbortSignal | undefined): Promise<FileHandle> {
  try {
    const limits = { withinMs: DESCRIPTOR_WAIT_MS, signal };
    return await openWithRetry(() => open(path, 'wx', PRIVATE_FILE), limits);
  } catch (error) {
    if (hasCode(error, 'EEXIST')) throw idTaken(id);
    throw error;
  }
}

async function writeAll(file: FileHandle, chunks: Buffer[], length: number): Promise<void> {
  const { bytesWritten } = await file.writev(chunks);
  // A disk that is nearly full takes a part; writing the rest gives the error.
  if (bytesWritten < length) await file.appendFile(Buffer.concat(chunks).subarray(bytesWritten));
}

function tooLarge(maxBytes: number): LoadstoneError {
  const message = `The file has more than ${maxBytes} bytes, which is this server's limit. Split it, or raise MAX_UPLOAD_BYTES.`;
  return new LoadstoneError('FILE_TOO_LARGE', message);
}
