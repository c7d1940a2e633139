// Counts the statements sent to Postgres, as messages on the network.

import type { TestContext } from 'node:test';
import { type Database, openDatabase } from '../../../src/db/postgres/connection/database.ts';
import { releaseAfter } from '../release.ts';
import { TcpRelay } from './tcp-relay.ts';

export interface Sent {
  statements: number;
  /** How often the client waited for Postgres, if it has one connection. */
  roundTrips: number;
  /** The SQL of statements that were not prepared before. */
  texts: string[];
}

/**
 * Opens the database through a counting relay, once its single connection is ready.
 *
 * @returns the database, and a function that counts what an action sends
 */
export async function openCounted(
  t: TestContext,
  { url }: Database,
): Promise<{ database: Database; sentBy: (action: () => unknown) => Promise<Sent> }> {
  const address = new URL(url);
  const relay = await TcpRelay.start(Number(address.port));
  releaseAfter(t, () => relay[Symbol.asyncDispose]());
  address.port = String(relay.port);
  const database = openDatabase(address.href, { max: 1 });
  releaseAfter(t, () => database.close());
  await database.sql`SELECT 1`;
  return {
    database,
    async sentBy(action) {
      const sent: Buffer[] = [];
      relay.onSent = (bytes) => sent.push(bytes);
      await action();
      relay.onSent = () => {};
      const messages = messagesOf(Buffer.concat(sent));
      const of = (types: string) => messages.filter(({ type }) => types.includes(type));
      // Bind or a simple query; a simple query, Sync or Flush.
      return {
        statements: of('BQ').length,
        roundTrips: of('QSH').length,
        texts: of('PQ').map(({ text }) => text),
      };
    },
  };
}

/** After the start of a session, each message is a letter, a length, and that many bytes. */
function messagesOf(sent: Buffer): { type: string; text: string }[] {
  const messages = [];
  for (let at = 0, end = 0; at < sent.length; at = end) {
    end = at + 1 + sent.readInt32BE(at + 1);
    messages.push({
      type: String.fromCharCode(sent.readUInt8(at)),
      text: sent.toString('latin1', at + 5, end),
    });
  }
  return messages;
}
