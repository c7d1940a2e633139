// Detects dead server processes, and a dead network. Each process holds a session lock under its id, which is released when
// its connection closes, for whatever reason. A heartbeat over that connection detects a network that drops packets without
// closing connections.

import { setTimeout as pause } from 'node:timers/promises';
import { applicationSuffix, type Database } from '../connection/database.ts';
import { Session } from '../connection/session.ts';
import { DatabaseUnresponsiveError } from '../sqlstate.ts';
import { PROCESS_LOCK } from './advisory-locks.ts';

const HEARTBEAT_MS = 5000;
/** Awaited twice: after being busy itself, a process sees an expired timer before the answer that has arrived. */
const HEARTBEAT_TIMEOUT_MS = 5000;
/** Before reconnecting. */
const RECONNECT_MS = 250;

export class ProcessPresence {
  readonly #database: Database;
  readonly #closing = new AbortController();
  #session: Session | undefined;
  #unresponsive = new AbortController();
  #keeping: Promise<void> = Promise.resolve();

  constructor(database: Database) {
    this.#database = database;
  }

  /** The id of this process. */
  get id(): string {
    return this.#database.processId;
  }

  /** Aborts when the database stops responding: pending queries will get no answer. */
  get unresponsive(): AbortSignal {
    return this.#unresponsive.signal;
  }

  async start(): Promise<void> {
    await this.#acquire();
    this.#keeping = this.#keep();
  }

  async isAlive(id: string): Promise<boolean> {
    const [row] = await this.#database.sql<{ free: boolean }[]>`
      SELECT pg_try_advisory_xact_lock(${PROCESS_LOCK}, hashtext(${id})) AS free`;
    return row?.free === false;
  }

  /** Terminates the backends of a dead process, so that they neither hold locks nor write. */
  async terminateBackendsOf(id: string, sql = this.#database.sql): Promise<void> {
    await sql`
      SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND application_name LIKE ${`%${applicationSuffix(id)}`}
        AND pid <> pg_backend_pid()`;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#session?.close();
    await this.#keeping;
  }

  async #keep(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      if (this.#session && (await this.#isResponsive(this.#session))) {
        await Promise.race([
          pause(HEARTBEAT_MS, undefined, { signal }).catch(() => {}),
          this.#session.closed,
        ]);
        continue;
      }
      const isUnresponsive = this.#session !== undefined && !this.#session.isClosed;
      if (isUnresponsive) this.#dropConnections();
      this.#session?.close().catch(() => {});
      this.#session = undefined;
      await pause(RECONNECT_MS, undefined, { signal }).catch(() => {});
      if (signal.aborted) return;
      // Backends on the other side of a dead network may still hold this lock, and others.
      await this.#acquire(isUnresponsive).catch(() => {});
    }
  }

  async #acquire(terminateOld = false): Promise<void> {
    const session = await Session.open(this.#database, 'presence', '');
    try {
      if (terminateOld) await this.terminateBackendsOf(this.id, session.sql);
      await session.sql`SELECT pg_advisory_lock(${PROCESS_LOCK}, hashtext(${this.id}))`;
    } catch (error) {
      await session.close();
      throw error;
    }
    this.#session = session;
    if (this.#closing.signal.aborted) await session.close();
  }

  async #isResponsive(session: Session): Promise<boolean> {
    if (session.isClosed) return false;
    const answered = session.sql`SELECT 1`.then(
      () => true,
      () => false,
    );
    const timer = new AbortController();
    const waited = () => pause(HEARTBEAT_TIMEOUT_MS, undefined, { signal: timer.signal });
    const late = waited()
      .then(waited)
      .then(
        () => false,
        () => false,
      );
    const inTime = await Promise.race([answered, late]);
    timer.abort();
    return inTime && !session.isClosed;
  }

  #dropConnections(): void {
    this.#unresponsive.abort(new DatabaseUnresponsiveError());
    this.#unresponsive = new AbortController();
    this.#database.destroySockets();
  }
}
