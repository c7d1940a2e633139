// The messages of the Postgres protocol that a client sends, as a relay sees them.

import type { TestContext } from 'node:test';
import { type Database, openDatabase } from '../../src/db/postgres/connection/database.ts';
import { releaseAfter } from './release.ts';
import { TcpRelay } from './tcp-relay.ts';

export interface WireMessage {
  /** Its letter, e.g. P (Parse), B (Bind), S (Sync), Q (a simple query). */
  type: string;
  text: string;
}

/**
 * Opens the same database through a relay.
 *
 * @returns it, and what records the messages that are sent over established connections while an action runs
 */
export async function openRecorded(t: TestContext, database: Database, { max = 1 } = {}) {
  const url = new URL(database.url);
  const relay = await TcpRelay.start(Number(url.port));
  releaseAfter(t, () => relay[Symbol.asyncDispose]());
  url.port = String(relay.port);
  const recorded = openDatabase(url.href, { max });
  releaseAfter(t, () => recorded.close());
  await recorded.sql`SELECT 1`;
  const record = async (action: () => Promise<unknown>): Promise<WireMessage[]> => {
    const sent: Buffer[] = [];
    relay.onSent = (bytes) => sent.push(bytes);
    await action();
    relay.onSent = () => {};
    return messagesOf(Buffer.concat(sent));
  };
  return { recorded, record };
}

/** After the start of a session, each message is a letter, a length, and so many bytes. */
function messagesOf(sent: Buffer): WireMessage[] {
  const messages: WireMessage[] = [];
  for (let at = 0; at < sent.length; ) {
    const end = at + 1 + sent.readInt32BE(at + 1);
    messages.push({
      type: String.fromCharCode(sent.readUInt8(at)),
      text: sent.toString('latin1', at + 5, end),
    });
    at = end;
  }
  return messages;
}
