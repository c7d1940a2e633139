// How the content of a source is read: by the options of the source and its profile, or else by what its server declares.

import type { DataSourceRecord } from '../../db/sources/source-rows.ts';
import type { ImportWarning } from '../../db/tables.ts';
import { dialectOf } from '../../ingest/read/dialect.ts';
import { isKnownEncoding } from '../../ingest/read/text/decode-text.ts';
import { charsetUsedWarning, unknownCharsetWarning } from '../../ingest/read/warnings.ts';
import type { ImportOptions } from '../../ingest/receiving/upload-receiver.ts';

/** Without the defaults, in place of which a profile may say something. */
export function optionsOfSource(source: DataSourceRecord): ImportOptions {
  const { quoting, skipInitialSpace, ...dialect } = dialectOf(source);
  const { mapping, defaults, keepColumns, onDuplicate, maxRejectedRows } = source;
  return {
    ...dialect,
    ...(quoting !== 'STANDARD' && { quoting }),
    ...(skipInitialSpace && { skipInitialSpace }),
    ...(mapping && { mapping }),
    ...(defaults && { defaults }),
    ...(keepColumns !== null && { keepColumns }),
    ...(onDuplicate && { onDuplicate }),
    ...(maxRejectedRows !== null && { maxRejectedRows }),
  };
}

/** @param charset of the Content-Type header */
export function encodingOfContent(
  encoding: string | undefined,
  charset: string | undefined,
): { encoding: string | undefined; warnings: ImportWarning[] } {
  if (encoding !== undefined || charset === undefined) return { encoding, warnings: [] };
  if (!isKnownEncoding(charset)) return { encoding, warnings: [unknownCharsetWarning(charset)] };
  return { encoding: charset, warnings: [charsetUsedWarning(charset)] };
}
