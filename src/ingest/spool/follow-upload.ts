// Reads an upload's file, while it grows or once it is complete.

import { type FileHandle, open } from 'node:fs/promises';
import { LoadstoneError } from '../../errors.ts';
import { isOutOfFileDescriptors, openWithRetry } from '../../file-descriptors.ts';
import { diskFault, hasCode } from './disk-faults.ts';
import type { ReadAhead } from './read-ahead.ts';
import type { ReadBuffers } from './read-buffers.ts';
import type { UploadProgress } from './upload-progress.ts';

/** How long to wait for a free file descriptor, in milliseconds. */
const DESCRIPTOR_WAIT_MS = 10_000;

/**
 * Reads a file from its beginning, and ends when it is complete and read.
 *
 * @param progress of its writer; undefined if it is complete
 * @throws LoadstoneError UPLOAD_INTERRUPTED if it never becomes complete; the signal's reason
 */
export async function* followUpload(
  file: FileHandle,
  progress: UploadProgress | undefined,
  readAhead: ReadAhead,
  buffers: ReadBuffers,
  signal: AbortSignal | undefined,
): AsyncGenerator<Buffer, void, undefined> {
  for (let at = 0; ; ) {
    signal?.throwIfAborted();
    // The beginning is read at once, so that a file which cannot be imported fails soon.
    await progress?.reaches(at + (at === 0 ? 1 : readAhead.minBytes), signal);
    // The state from before the read: if the file is complete by then, the read finds all there is.
    const state = progress?.state ?? 'complete';
    const buffer = buffers.take();
    const available = progress ? progress.bytes - at : buffer.length;
    const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, available), at);
    if (bytesRead > 0) {
      at += bytesRead;
      yield buffer.subarray(0, bytesRead);
    } else if (state === 'failed') throw uploadInterrupted();
    else return;
  }
}

/** @returns undefined if there is no such file */
export async function openIfExists(
  path: string,
  signal: AbortSignal | undefined,
): Promise<FileHandle | undefined> {
  try {
    return await openWithRetry(() => open(path, 'r'), { withinMs: DESCRIPTOR_WAIT_MS, signal });
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    // Not a fault of the disk: the reader may wait longer, or try again.
    if (isOutOfFileDescriptors(error)) throw error;
    throw diskFault(error) ?? error;
  }
}

export function uploadInterrupted(): LoadstoneError {
  return new LoadstoneError(
    'UPLOAD_INTERRUPTED',
    'The upload was interrupted before the file was complete. Send the file again.',
  );
}
