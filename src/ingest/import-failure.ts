// Why an import failed, as its client is told.

import type { Logger } from 'pino';
import type { ErrorCode } from '../codes/error-codes.ts';
import { isConnectionFailure, isDiskFull, isTransient } from '../db/postgres/sqlstate.ts';
import { LoadstoneError } from '../errors.ts';
import { isOutOfFileDescriptors } from '../file-descriptors.ts';

export interface ImportFailure {
  code: ErrorCode;
  message: string;
}

/** SQLSTATE classes of data exceptions, violated constraints and exceeded limits of the database. */
const VALUE_REFUSED = /^(22|23|54)[0-9A-Z]{3}$/;

/** @param importId for the log, where the details go of what a client cannot act on */
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
      message: `The server had too many files and connections open for too long (${message}). Raise its limit (ulimit -n, LimitNOFILE) or have fewer clients, then retry the import.`,
    };
  }
  if (isConnectionFailure(error)) {
    return {
      code: 'DATABASE_UNAVAILABLE',
      message: 'The database stayed away for too long. Retry the import when it answers again.',
    };
  }
  if (isTransient(error)) {
    return {
      code: 'DATABASE_UNAVAILABLE',
      message: `The database broke the work off again and again (${code}: ${message}). Find the reason there, then retry the import.`,
    };
  }
  if (code !== undefined && VALUE_REFUSED.test(code)) {
    return {
      code: 'DATABASE_REJECTED_ROWS',
      message: `Postgres refused rows of this file (${code}: ${message}): correct them and send the file again.`,
    };
  }
  return {
    code: 'INTERNAL',
    message: `The import failed on the server; its log has the details under import ${importId}.`,
  };
}

/**
 * @param products of the file that were merged before it failed
 * @param canBeRetried whether its file is kept for that
 * @returns what of the file is in the catalogue, and what becomes of it: for the end of the message
 */
export function whatIsIn(code: ErrorCode, products: number, canBeRetried: boolean): string {
  if (products === 0) return code === 'DATABASE_REJECTED_ROWS' ? ' Nothing of it was imported.' : '';
  const found = products === 1 ? '1 product of the file is' : `${products} products of the file are`;
  const next = canBeRetried
    ? 'the retry goes on with the others'
    : 'when the file comes again they are unchanged, and the others follow';
  return ` ${found} in the catalogue, as the ledger has it: ${next}.`;
}

/** Drizzle wraps what postgres.js throws. */
function causeWithCode(error: unknown): { code: string | undefined; message: string } {
  if (!(error instanceof Error)) return { code: undefined, message: String(error) };
  if ('code' in error && typeof error.code === 'string') return { code: error.code, message: error.message };
  return error.cause ? causeWithCode(error.cause) : { code: undefined, message: error.message };
}
