// Gives the statements that Postgres cancels for their `statement_timeout` an error that clients can read.

import type postgres from 'postgres';
import { LoadstoneError } from '../../../errors.ts';
import { isQueryCanceled } from '../sqlstate.ts';

/** Of postgres.js: the Promise of a statement, which its connection settles. */
interface Statement {
  reject(error: unknown): void;
}

/**
 * @param sql a pool whose connections have this `statement_timeout`
 * @param timeoutMs greater than 0
 * @returns the pool; statements and transactions that exceed the limit fail with QUERY_TIMEOUT
 */
export function limitStatements(sql: postgres.Sql, timeoutMs: number): postgres.Sql {
  const limit = (made: unknown) => {
    if (isStatement(made)) limitStatement(made, timeoutMs);
    return made;
  };
  const tag = (...args: Parameters<typeof sql>) => limit(sql(...args));
  const unsafe = (...args: Parameters<typeof sql.unsafe>) => limit(sql.unsafe(...args));
  const begin = (...args: Parameters<typeof sql.begin>) => {
    const start = performance.now();
    return sql.begin(...args).catch((error: unknown) => {
      throw explain(error, start, timeoutMs);
    });
  };
  return Object.assign(tag, sql, { unsafe, begin }) as unknown as postgres.Sql;
}

/** A template may also make an identifier or a list of values. */
function isStatement(made: unknown): made is Statement {
  return made instanceof Promise && 'reject' in made;
}

/** In place: a statement is sent only once somebody waits for it, and may become a part of another. */
function limitStatement(statement: Statement, timeoutMs: number): void {
  const start = performance.now();
  const { reject } = statement;
  statement.reject = (error) => reject(explain(error, start, timeoutMs));
}

/** What was cancelled earlier was cancelled by somebody: Postgres has one code for both. */
function explain(error: unknown, start: number, timeoutMs: number): unknown {
  const isLate = performance.now() - start >= timeoutMs;
  return isLate && isQueryCanceled(error) ? queryTimeout(timeoutMs, error) : error;
}

function queryTimeout(timeoutMs: number, cause: unknown): LoadstoneError {
  const message = `The query took longer than ${timeoutMs / 1000} seconds, and was cancelled. Request less at once (fewer fields that count, such as totalCount; a longer part of a name), or raise QUERY_TIMEOUT_SECONDS on the server.`;
  return new LoadstoneError('QUERY_TIMEOUT', message, { cause });
}
