// How csv-parse is asked: strictly, and byte for byte.

import type { Options } from 'csv-parse';
import type { ByteDialect } from './dialect.ts';

/**
 * `latin1` maps each byte to one character and back, so that values survive whatever their encoding is, and offsets
 * are bytes. Strict quotes: on polluted files, relaxed ones return wrong rows.
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
