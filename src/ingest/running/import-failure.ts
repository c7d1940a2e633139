// Why an import failed, in words for its client.

import type { Logger } from 'pino';
import type { ErrorCode } from '../../codes/error-codes.ts';
import { isConnectionFailure, isDiskFull, isTransient } from '../../db/postgres/sqlstate.ts';
import { LoadstoneError } from '../../errors.ts';
import { isOutOfFileDescriptors } from '../../file-descriptors.ts';

export interface ImportFailure {
  code: ErrorCode;
  message: string;
}

/** SQLSTATE classes of data exceptions, violated constraints and exceeded limits of the database. */
const REJECTED_VALUE = /^(22|23|54)[0-9A-Z]{3}$/;

/** @param importId for the log, which has the details of errors that are not meant for clients */
export function failureOf(error: unknown, importId: string, log: Logger): ImportFailure {
  if (error instanceof LoadstoneError) return { code: error.code, message: error.message };
  log.error({ import: importId, err: error }, 'an import failed');
  const { code, message } = causeWithCode(error);
  if (isDiskFull(error)) {
    return {
      code: 'DATABASE_FULL',
      message: `The disk of the database is full (${message}). Free some space there, then retry the import.`,
    };
  }
  if (isOutOfFileDescriptors(error)) {
    return {
      code: 'SPOOL_UNAVAILABLE',
      message: `The server had too many open files and connections for too long (${message}). Raise its limit (ulimit -n, LimitNOFILE) or reduce the number of clients, then retry the import.`,
    };
  }
  if (isConnectionFailure(error)) {
    return {
      code: 'DATABASE_UNAVAILABLE',
      message: 'The database was unavailable for too long. Retry the import when it responds again.',
    };
  }
  if (isTransient(error)) {
    return {
      code: 'DATABASE_UNAVAILABLE',
      message: `The database aborted the work repeatedly (${code}: ${message}). Find the reason there, then retry the import.`,
    };
  }
  if (code !== undefined && REJECTED_VALUE.test(code)) {
    return {
      code: 'DATABASE_REJECTED_ROWS',
      message: `Postgres rejected rows of this file (${code}: ${message}). Correct them and send the file again.`,
    };
  }
  return {
    code: 'INTERNAL',
    message: `The import failed on the server; its log has the details under import ${importId}.`,
  };
}

/**
 * Ends the message of a failed import: which part of the file is in the catalogue, and what happens to the rest.
 *
 * @param products of the file that were merged before the failure
 */
export function partialImportNote(code: ErrorCode, products: number, canBeRetried: boolean): string {
  if (products === 0) return code === 'DATABASE_REJECTED_ROWS' ? ' Nothing was imported.' : '';
  const found = products === 1 ? '1 product of the file is' : `${products} products of the file are`;
  const next = canBeRetried
    ? 'a retry imports the others'
    : 'if you send the file again, they are unchanged and the others are imported';
  return ` ${found} in the catalogue, as the ledger shows; ${next}.`;
}

/** Ends the message of a failed undo. */
export function undoNote(code: ErrorCode): string {
  if (code === 'FORMER_VALUES_GONE') return '';
  return ' What is undone so far stays so, as the ledger shows; undoImport, sent again, undoes the rest.';
}

/** Drizzle wraps what postgres.js throws. */
function causeWithCode(error: unknown): { code: string | undefined; message: string } {
  if (!(error instanceof Error)) return { code: undefined, message: String(error) };
  if ('code' in error && typeof error.code === 'string') return { code: error.code, message: error.message };
  return error.cause ? causeWithCode(error.cause) : { code: undefined, message: error.message };
}
