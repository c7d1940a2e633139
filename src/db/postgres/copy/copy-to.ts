// COPY … TO STDOUT as a stream of chunks, at the speed of their consumer.

import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type postgres from 'postgres';
import { withEarlyErrors } from './copy-stream.ts';

/** A cancel that arrives before the statement has begun to send has no effect. */
const CANCEL_RETRY_MS = 50;

/**
 * Runs a COPY statement. Whoever stops reading early cancels it, so that its transaction can end.
 *
 * @param cancel cancels the statement in the database
 * @returns chunks in the format that the statement names; a chunk may end within a row
 * @throws PostgresError if the statement fails, also half way
 */
export async function* copyTo(
  sql: postgres.TransactionSql,
  statement: string,
  cancel: () => Promise<void>,
): AsyncGenerator<Buffer> {
  const stream: Readable = await withEarlyErrors(sql.unsafe(statement)).readable();
  try {
    // Takes all that has arrived at once, instead of a row at a time.
    for await (const chunk of stream.iterator({ destroyOnReturn: false })) yield chunk;
  } finally {
    if (!stream.readableEnded && !stream.destroyed) await cancelCopy(stream, cancel);
  }
}

/** What has been sent is still to be received before the answer to the cancellation. */
async function cancelCopy(stream: Readable, cancel: () => Promise<void>): Promise<void> {
  const over = finished(stream).catch(() => {});
  stream.resume();
  const retry = setInterval(() => void cancel().catch(() => {}), CANCEL_RETRY_MS);
  await cancel().catch(() => {});
  await over;
  clearInterval(retry);
}
