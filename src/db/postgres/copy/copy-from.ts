// COPY … FROM STDIN that always settles.
//
// postgres.js resolves a COPY query with its stream and forgets the query. If the server then rejects the rows after the
// last byte was sent, the stream never finishes and its connection is never released. Here a late rejection of the query
// destroys the stream.

import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type postgres from 'postgres';
import { withEarlyErrors } from './copy-stream.ts';

/**
 * Runs a COPY statement.
 *
 * @param chunks in the format that the statement names
 * @throws PostgresError if the server rejects a row; then no row is stored
 */
export async function copyFrom(
  sql: postgres.Sql | postgres.ReservedSql | postgres.TransactionSql,
  statement: string,
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<void> {
  const query = withEarlyErrors(sql.unsafe(statement));
  const stream: Writable = await query.writable();
  (query as unknown as { reject: (error: Error) => void }).reject = (error) => stream.destroy(error);

  const done = finished(stream, { readable: false });
  done.catch(() => {});
  try {
    for await (const chunk of chunks) {
      if (stream.destroyed) break;
      if (!stream.write(chunk)) await Promise.race([once(stream, 'drain'), done]);
    }
  } catch (error) {
    // Of the chunks: ends the statement, too.
    stream.destroy(error as Error);
  }
  stream.end();
  await done;
}
