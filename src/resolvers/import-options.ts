// What a client may ask of an import, checked before the first byte of its file is taken.

import { isKnownEncoding } from '../ingest/decode-text.ts';
import type { ImportOptions } from '../ingest/import-service.ts';
import { badInput, checkId, withoutNulls } from './bad-input.ts';

export interface ImportOptionsInput {
  id?: string | null | undefined;
  delimiter?: string | null | undefined;
  encoding?: string | null | undefined;
  maxRejectedRows?: number | null | undefined;
}

/** One byte, and none that means something else in a CSV file. */
const DELIMITER = /^(?!")[\t\x20-\x7e]$/;

/** @throws LoadstoneError BAD_USER_INPUT that names the option at fault */
export function readImportOptions(input: ImportOptionsInput | null | undefined): ImportOptions {
  const options: ImportOptions = withoutNulls(input);
  const { id, delimiter, encoding, maxRejectedRows } = options;
  if (delimiter !== undefined && !DELIMITER.test(delimiter)) {
    throw badInput(
      '`delimiter` must be one ASCII character, such as ; or a tab, and not a quote or a line end.',
    );
  }
  if (encoding !== undefined && !isKnownEncoding(encoding)) {
    throw badInput(
      `\`encoding\` is not a known encoding: give a name such as utf-8, windows-1252 or shift_jis.`,
    );
  }
  if (maxRejectedRows !== undefined && maxRejectedRows < 0) {
    throw badInput('`maxRejectedRows` must be 0 or more.');
  }
  return id === undefined ? options : { ...options, id: checkId('id', id) };
}
