// Extracts the CSV file from an upload: plain, gzip, zstd or zip.
//
// Corruption may only show at the very end, so nothing may be committed before the stream has ended without an error.

import { skippedBytesWarning } from '../warnings.ts';
import { UnpackMeter } from './bound-unpacked.ts';
import { decompressMembers } from './compressed-members.ts';
import type { Format } from './detect-format.ts';
import type { ReadableUpload } from './readable-upload.ts';
import { unzip } from './unzip.ts';

/**
 * @returns the CSV file in chunks, with backpressure
 * @throws LoadstoneError CORRUPT_ARCHIVE, ARCHIVE_NOT_ONE_FILE, NOT_A_CSV, UNPACKED_TOO_LARGE
 */
export function decompress(upload: ReadableUpload, format: Format): AsyncIterable<Buffer> {
  switch (format) {
    case 'plain':
      return upload.stream;
    case 'gzip':
    case 'zstd':
      return new UnpackMeter(upload.unpackLimits, upload.readBytes).measure(
        decompressMembers(upload.stream, format, (bytes) => upload.warn(skippedBytesWarning(format, bytes))),
      );
    case 'zip':
    case 'xlsx':
      return unzip(upload);
  }
}
