// What is wrong with the quotes of a record, as csv-parse would judge it: without a string for each of its fields,
// which may be millions.

import { closesQuote, opensQuote } from '../record-boundaries.ts';
import type { Rejection } from './row.ts';
import { reject } from './row-rules.ts';

const QUOTE = 0x22;

const FAULTS = {
  GOES_ON: 'A quoted field goes on after its closing quote. Double the quotes that belong to the text ("").',
  INSIDE:
    'A quote stands inside a field that does not start with one. Put the whole field in quotes and double the quote ("").',
  NOT_CLOSED:
    'A quoted field is never closed: everything from this line on was read as part of it. Close or double the quote.',
};

type QuoteFault = keyof typeof FAULTS;

/**
 * @param record one record without its line end
 * @returns how many fields it has, and the first fault of its quotes, if there is one
 */
export function inspectQuotes(
  record: Uint8Array,
  delimiter: number,
): { fields: number; fault: QuoteFault | undefined } {
  let fields = 1;
  let fault: QuoteFault | undefined;
  let quoted = false;
  for (let at = 0; at < record.length; at++) {
    const byte = record[at];
    if (byte === QUOTE) {
      if (!quoted) {
        quoted = at === 0 || opensQuote(record[at - 1] as number, delimiter);
        if (!quoted) fault ??= 'INSIDE';
      } else if (record[at + 1] === QUOTE) at++;
      else {
        quoted = !closesQuote(record[at + 1], delimiter);
        if (quoted) fault ??= 'GOES_ON';
      }
    } else if (!quoted && byte === delimiter) fields++;
  }
  if (quoted) fault ??= 'NOT_CLOSED';
  return { fields, fault };
}

/** @param record one record, whose quotes have a fault */
export function rejectQuotes(line: number, record: Uint8Array, delimiter: number): Rejection {
  const { fault } = inspectQuotes(record, delimiter);
  if (!fault) throw new Error('a record was refused for its quotes, and they have no fault');
  return reject(line, 'UNBALANCED_QUOTE', FAULTS[fault], record);
}
