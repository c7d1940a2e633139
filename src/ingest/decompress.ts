// From the bytes of an upload to the bytes of the CSV file in it: plain, gzip, zstd or zip.
//
// Damage may show only at the very end, after much came out: nothing counts before the stream has ended well.

import { createGunzip, createZstdDecompress } from 'node:zlib';
import { Decompressor, type Engine } from './decompressor.ts';
import type { Format } from './detect-format.ts';
import { unzip } from './unzip.ts';
import type { Upload } from './upload.ts';

/**
 * @returns the CSV file in chunks, as fast as they are taken
 * @throws LoadstoneError CORRUPT_ARCHIVE, ARCHIVE_NOT_ONE_FILE, NOT_A_CSV
 */
export function decompress(upload: Upload, format: Format): AsyncIterable<Buffer> {
  switch (format) {
    case 'plain':
      return upload.stream;
    case 'gzip':
      return unpack(upload.stream, 'gzip', (options) => createGunzip(options), GZIP_PADDING);
    case 'zstd':
      return unpack(upload.stream, 'zstd', (options) => createZstdDecompress(options));
    case 'zip':
      return unzip(upload);
  }
}

/** Archivers fill the end of a gzip file with zeros. */
const GZIP_PADDING = 0;

/** Unpacks all members of a gzip file, all frames of a zstd file: an engine may stop after the first. */
async function* unpack(
  chunks: AsyncIterable<Buffer>,
  format: Format,
  createEngine: (options: { chunkSize: number }) => Engine,
  padding?: number,
): AsyncGenerator<Buffer, void, undefined> {
  let decompressor: Decompressor | undefined;
  try {
    for await (const chunk of chunks) {
      let rest = chunk;
      while (rest.length > 0) {
        if (!decompressor) {
          rest = rest.subarray(countLeading(rest, padding));
          if (rest.length === 0) break;
          decompressor = new Decompressor(format, createEngine);
        }
        const used: number = yield* decompressor.write(rest);
        if (used < rest.length) {
          decompressor.close();
          decompressor = undefined;
        }
        rest = rest.subarray(used);
      }
    }
    if (decompressor) yield* decompressor.end();
  } finally {
    decompressor?.close();
  }
}

function countLeading(bytes: Buffer, value: number | undefined): number {
  let count = 0;
  while (count < bytes.length && bytes[count] === value) count++;
  return count;
}
