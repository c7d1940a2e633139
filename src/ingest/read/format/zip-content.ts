// The content of a file in a zip, decompressed and checked.

import type { FileHandle } from 'node:fs/promises';
import { crc32, createInflateRaw } from 'node:zlib';
import type { Entry, ZipFile } from 'yauzl';
import { freeChunk } from '../../../memory/free-chunk.ts';
import type { UnpackMeter } from './bound-unpacked.ts';
import { corruptArchive, Decompressor } from './decompressor.ts';
import { orCorruptArchive, requireReadable, STORED } from './zip-entries.ts';

const READ_BYTES = 512 * 1024;

export interface OpenZip {
  zip: ZipFile;
  file: FileHandle;
  /** Where the zip starts in the file. */
  start: number;
  /** Told how many bytes were read, and how far into the file that was. */
  onRead(bytes: number, position: number): void;
  /** Of all that is unpacked. */
  meter: UnpackMeter;
}

/** @throws LoadstoneError CORRUPT_ARCHIVE, also at the end; NOT_A_CSV, UNPACKED_TOO_LARGE */
export async function* zipContent(
  { zip, file, start, onRead, meter }: OpenZip,
  entry: Entry,
): AsyncGenerator<Buffer, void, undefined> {
  requireReadable(entry);
  const { fileDataStart } = await orCorruptArchive(zip.readLocalFileHeaderPromise(entry, { minimal: true }));
  const from = start + fileDataStart;
  const packed = readRange(file, from, from + entry.compressedSize, onRead);
  const content = entry.compressionMethod === STORED ? packed : inflate(packed);
  let size = 0;
  let checksum = 0;
  for await (const chunk of meter.measure(content)) {
    size += chunk.length;
    if (size > entry.uncompressedSize) break;
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
  onRead: OpenZip['onRead'],
): AsyncGenerator<Buffer, void, undefined> {
  for (let at = start; at < end; ) {
    const buffer = Buffer.allocUnsafeSlow(Math.min(READ_BYTES, end - at));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, at);
    if (bytesRead === 0) throw corruptArchive('zip', new Error('the file ends early'));
    at += bytesRead;
    onRead(bytesRead, at);
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
      freeChunk(chunk);
    }
    yield* decompressor.end();
  } finally {
    decompressor.close();
  }
}
