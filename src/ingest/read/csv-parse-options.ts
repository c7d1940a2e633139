// Options for csv-parse: strict, and exact to the byte.

import type { Options } from 'csv-parse';
import type { ByteDialect } from './dialect.ts';

/**
 * `latin1` maps each byte to one character and back, so that values are preserved in any encoding and offsets are in bytes.
 * `relax_quotes` is off, as it yields wrong rows for malformed files.
 */
export function csvParseOptions({ delimiter, quoting }: ByteDialect): Options {
  return {
    delimiter: String.fromCharCode(delimiter),
    encoding: 'latin1',
    ...(quoting === 'NONE' && { quote: false, escape: null }),
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_column_count: true,
    skip_empty_lines: true,
  };
}
