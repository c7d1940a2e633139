// The content of a file in a zip, decompressed and checked.

import type { FileHandle } from 'node:fs/promises';
import { crc32, createInflateRaw } from 'node:zlib';
import type { Entry, ZipFile } from 'yauzl';
import { boundUnpacked, type UnpackLimits } from './bound-unpacked.ts';
import { corruptArchive, Decompressor } from './decompressor.ts';
import { orCorruptArchive, requireReadable, STORED } from './zip-entries.ts';

const READ_BYTES = 512 * 1024;

export interface OpenZip {
  zip: ZipFile;
  file: FileHandle;
  /** Where the zip starts in the file. */
  start: number;
  /** Told how far into the file reading got. */
  onPosition(bytes: number): void;
  unpackLimits: UnpackLimits;
}

/** @throws LoadstoneError CORRUPT_ARCHIVE, also at the end; NOT_A_CSV, UNPACKED_TOO_LARGE */
export async function* zipContent(
  { zip, file, start, onPosition, unpackLimits }: OpenZip,
  entry: Entry,
): AsyncGenerator<Buffer, void, undefined> {
  requireReadable(entry);
  const { fileDataStart } = await orCorruptArchive(zip.readLocalFileHeaderPromise(entry, { minimal: true }));
  const from = start + fileDataStart;
  const packed = readRange(file, from, from + entry.compressedSize, onPosition);
  const content =
    entry.compressionMethod === STORED
      ? packed
      : boundUnpacked(inflate(packed), () => entry.compressedSize, unpackLimits);
  let size = 0;
  let checksum = 0;
  for await (const chunk of content) {
    size += chunk.length;
    checksum = crc32(chunk, checksum);
    yield chunk;
  }
  if (size !== entry.uncompressedSize) throw corruptArchive('zip', new Error('wrong length'));
  if (checksum !== entry.crc32) throw corruptArchive('zip', new Error('wrong checksum'));
}

async function* readRange(
  file: FileHandle,
  start: number,
  end: number,
  onPosition: (bytes: number) => void,
): AsyncGenerator<Buffer, void, undefined> {
  for (let at = start; at < end; ) {
    const buffer = Buffer.allocUnsafeSlow(Math.min(READ_BYTES, end - at));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, at);
    if (bytesRead === 0) throw corruptArchive('zip', new Error('the file ends early'));
    at += bytesRead;
    onPosition(at);
    yield buffer.subarray(0, bytesRead);
  }
}

async function* inflate(packed: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  const decompressor = new Decompressor('zip', (options) => createInflateRaw(options));
  try {
    for await (const chunk of packed) {
      const used: number = yield* decompressor.write(chunk);
      if (used < chunk.length)
        throw corruptArchive('zip', new Error('there is data after the end of the file in it'));
    }
    yield* decompressor.end();
  } finally {
    decompressor.close();
  }
}
