// Which byte separates the fields: as the client says, or found in the header.

import { LoadstoneError } from '../../../errors.ts';

/** What is tried when the client names none; of equal candidates the first. */
export const USUAL_DELIMITERS = [',', ';', '\t', '|'].map((text) => text.charCodeAt(0));

/**
 * @param text the delimiter that the client chose
 * @returns its byte
 * @throws LoadstoneError BAD_USER_INPUT unless it is one ASCII character which cannot mean anything else
 */
export function parseDelimiter(text: string): number {
  // No NUL, quote, LF or CR.
  if (/^[^\0"\n\r\u0080-\uffff]$/.test(text)) return text.charCodeAt(0);
  throw new LoadstoneError(
    'BAD_USER_INPUT',
    'The delimiter must be one ASCII character, such as a comma, semicolon, tab or |; not a quote or a line break.',
  );
}

/**
 * The delimiter under which the header has all columns that are needed, else the one that makes the most fields.
 *
 * @param readings the header as each candidate splits it, at least one; no fields if it cannot be split so
 */
export function chooseReading<Reading extends { fields: string[] }>(
  readings: Reading[],
  isComplete: (fields: string[]) => boolean,
): Reading {
  const complete = readings.find(({ fields }) => isComplete(fields));
  return complete ?? readings.reduce((best, next) => (next.fields.length > best.fields.length ? next : best));
}
