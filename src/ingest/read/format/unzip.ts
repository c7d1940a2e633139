// Extracts the one CSV file in a zip. The directory of a zip is at its end, so this needs the complete upload.

import type { FileHandle } from 'node:fs/promises';
import { crc32, createInflateRaw } from 'node:zlib';
import { fromRandomAccessReaderPromise, RandomAccessReader, type ZipFile } from 'yauzl';
import { LoadstoneError } from '../../../errors.ts';
import { skippedBytesWarning } from '../warnings.ts';
import { corruptArchive, Decompressor } from './decompressor.ts';
import { FORMAT_BYTES, isProgram } from './detect-format.ts';
import type { Upload } from './upload.ts';
import { findCsvEntry, orCorruptArchive, STORED } from './zip-entries.ts';
import { findZip, type ZipExtent } from './zip-extent.ts';

const READ_BYTES = 512 * 1024;

/** @throws LoadstoneError CORRUPT_ARCHIVE, ARCHIVE_NOT_ONE_FILE, NOT_A_CSV */
export async function* unzip({
  stream,
  openComplete,
  onPosition,
  warn,
}: Upload): AsyncGenerator<Buffer, void, undefined> {
  await using file = await openComplete();
  const extent = await findZip(file);
  if (!extent) {
    if (isProgram(await stream.peek(FORMAT_BYTES))) throw program();
    throw corruptArchive('zip', new Error('its directory is missing'));
  }
  const zip = await orCorruptArchive(openZip(file, extent));
  const entry = await findCsvEntry(zip, warn);
  const { fileDataStart } = await orCorruptArchive(zip.readLocalFileHeaderPromise(entry, { minimal: true }));
  const start = extent.start + fileDataStart;
  const packed = readRange(file, start, start + entry.compressedSize, onPosition);
  const content = entry.compressionMethod === STORED ? packed : inflate(packed);

  let size = 0;
  let checksum = 0;
  for await (const chunk of content) {
    size += chunk.length;
    checksum = crc32(chunk, checksum);
    yield chunk;
  }
  if (size !== entry.uncompressedSize) throw corruptArchive('zip', new Error('wrong length'));
  if (checksum !== entry.crc32) throw corruptArchive('zip', new Error('wrong checksum'));

  const skipped = extent.start + (await file.stat()).size - extent.end;
  if (skipped > 0) warn(skippedBytesWarning('zip', skipped));
}

function openZip(file: FileHandle, { start, end }: ZipExtent): Promise<ZipFile> {
  const options = { decodeStrings: false, autoClose: false };
  return fromRandomAccessReaderPromise(new FileRange(file, start), end - start, options);
}

/** The part of a file from `start`, for yauzl. */
class FileRange extends RandomAccessReader {
  readonly #file: FileHandle;
  readonly #start: number;

  constructor(file: FileHandle, start: number) {
    super();
    this.#file = file;
    this.#start = start;
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null, bytesRead?: number) => void,
  ): void {
    this.#file.read(buffer, offset, length, this.#start + position).then(
      ({ bytesRead }) => callback(null, bytesRead),
      (error: Error) => callback(error),
    );
  }
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

function program(): LoadstoneError {
  const message = 'The file is a program (binary), and not a self-extracting archive. Choose the CSV file.';
  return new LoadstoneError('NOT_A_CSV', message);
}
