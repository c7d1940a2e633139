// Counts what is sent to Postgres, as messages on the network.

import type { TestContext } from 'node:test';
import { type Database, openDatabase } from '../../src/db/postgres/connection/database.ts';
import { releaseAfter } from './release.ts';
import { TcpRelay } from './tcp-relay.ts';

export interface Sent {
  statements: number;
  /** How often the client waited for Postgres, where it has one connection. */
  roundTrips: number;
}

/**
 * Opens the database through a relay that counts, once its single connection is ready.
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
      const types = messageTypes(Buffer.concat(sent));
      const count = (wanted: string) => types.filter((type) => wanted.includes(type)).length;
      // Bind or a simple query; a simple query, Sync or Flush.
      return { statements: count('BQ'), roundTrips: count('QSH') };
    },
  };
}

/** Of messages after the start of a session: each is a letter, a length, and so many bytes. */
function messageTypes(sent: Buffer): string[] {
  const types: string[] = [];
  for (let at = 0; at < sent.length; at += 1 + sent.readInt32BE(at + 1)) {
    types.push(String.fromCharCode(sent.readUInt8(at)));
  }
  return types;
}
