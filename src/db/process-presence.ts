// Whether a server process is alive, as the database sees it: each holds a session lock under its id, which falls
// with its connection however it ends.

import { randomUUID } from 'node:crypto';
import type { Database } from './client.ts';
import { PROCESS } from './locks.ts';
import { Session } from './session.ts';

export class ProcessPresence {
  readonly id = randomUUID();
  readonly #database: Database;
  #session: Session | undefined;

  constructor(database: Database) {
    this.#database = database;
  }

  async start(): Promise<void> {
    this.#session = await Session.open(this.#database, 'loadstone presence', '');
    await this.#session.sql`SELECT pg_advisory_lock(${PROCESS}, hashtext(${this.id}))`;
  }

  async isAlive(id: string): Promise<boolean> {
    const [row] = await this.#database.sql<{ free: boolean }[]>`
      SELECT pg_try_advisory_xact_lock(${PROCESS}, hashtext(${id})) AS free`;
    return row?.free === false;
  }

  async close(): Promise<void> {
    await this.#session?.close();
  }
}
