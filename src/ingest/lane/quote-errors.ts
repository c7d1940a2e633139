// What is wrong with the quotes of a record, in csv-parse's judgement.

import { CsvError, parse } from 'csv-parse/sync';
import { csvParseOptions } from './csv-parse-options.ts';
import type { Rejection } from './row.ts';
import { reject } from './row-rules.ts';

const MESSAGES: Record<string, string> = {
  CSV_INVALID_CLOSING_QUOTE:
    'A quoted field goes on after its closing quote. Double the quotes that belong to the text ("").',
  INVALID_OPENING_QUOTE:
    'A quote stands inside a field that does not start with one. Put the whole field in quotes and double the quote ("").',
  CSV_QUOTE_NOT_CLOSED:
    'A quoted field is never closed: everything from this line on was read as part of it. Close or double the quote.',
};

/** @param record one record, which csv-parse refuses */
export function rejectQuotes(line: number, record: Uint8Array, delimiter: number): Rejection {
  const code = errorCode(record, delimiter);
  const message = MESSAGES[code] ?? 'The quotes of this record do not match.';
  return reject(line, 'UNBALANCED_QUOTE', message, record);
}

function errorCode(record: Uint8Array, delimiter: number): string {
  try {
    parse(Buffer.from(record), csvParseOptions(delimiter));
  } catch (error) {
    if (error instanceof CsvError) return error.code;
    throw error;
  }
  throw new Error('csv-parse accepts a record that the fast parser refused');
}
