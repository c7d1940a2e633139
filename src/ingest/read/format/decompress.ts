// From the bytes of an upload to the bytes of the CSV file in it: plain, gzip, zstd or zip.
//
// Damage may show only at the very end, after much came out: nothing counts before the stream has ended well.

import { skippedBytesWarning } from '../warnings.ts';
import { decompressMembers } from './compressed-members.ts';
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
    case 'zstd':
      return decompressMembers(upload.stream, format, (bytes) =>
        upload.warn(skippedBytesWarning(format, bytes)),
      );
    case 'zip':
      return unzip(upload);
  }
}
