// Delimiters: those that are detected, and the one that a client chooses.

import { LoadstoneError } from '../../../errors.ts';

/** Bytes of the delimiters that are tried if the client chooses none. The first one wins a tie. */
export const USUAL_DELIMITERS = [',', ';', '\t', '|'].map((text) => text.charCodeAt(0));

/**
 * @param text the delimiter that the client chose
 * @returns its byte
 * @throws LoadstoneError BAD_USER_INPUT unless it is one ASCII character other than NUL, a quote, LF or CR
 */
export function parseDelimiter(text: string): number {
  if (/^[^\0"\n\r\u0080-\uffff]$/.test(text)) return text.charCodeAt(0);
  throw new LoadstoneError(
    'BAD_USER_INPUT',
    'The delimiter must be one ASCII character, such as a comma, semicolon, tab or |, and not a quote or a line break.',
  );
}
