// How the content of a source is read: by the options of the source, or else by what its server declares.

import type { ImportWarning } from '../../db/tables.ts';
import { type Dialect, dialectOf, type StoredDialect } from '../../ingest/read/dialect.ts';
import { isKnownEncoding } from '../../ingest/read/text/decode-text.ts';
import { charsetUsedWarning, unknownCharsetWarning } from '../../ingest/read/warnings.ts';

/** @param charset of the Content-Type header */
export function dialectOfContent(
  source: StoredDialect,
  charset: string | undefined,
): { dialect: Dialect; warnings: ImportWarning[] } {
  const dialect = dialectOf(source);
  if (dialect.encoding !== undefined || charset === undefined) return { dialect, warnings: [] };
  if (!isKnownEncoding(charset)) return { dialect, warnings: [unknownCharsetWarning(charset)] };
  return { dialect: { ...dialect, encoding: charset }, warnings: [charsetUsedWarning(charset)] };
}
