// Whether server processes are alive, as the database sees it: each holds a session lock under its id, which falls
// with its connection however it ends. And whether the database is there, as the process sees it: that connection is
// asked for an answer now and then, for a network may fall silent without closing anything.

import { setTimeout as pause } from 'node:timers/promises';
import { applicationSuffix, type Database } from '../connection/database.ts';
import { Session } from '../connection/session.ts';
import { DatabaseUnresponsiveError } from '../sqlstate.ts';
import { PROCESS_LOCK } from './advisory-locks.ts';

/** Between two questions, in milliseconds. */
const ASK_EVERY = 5000;
/** How long an answer may take. Twice, as a process that was busy itself sees its clock before its mail. */
const ANSWER_WITHIN = 5000;
/** Before the lock is taken again after a lost connection. */
const TAKE_AGAIN_AFTER = 250;

export class ProcessPresence {
  readonly #database: Database;
  readonly #closing = new AbortController();
  #session: Session | undefined;
  #silence = new AbortController();
  #keeping: Promise<void> = Promise.resolve();

  constructor(database: Database) {
    this.#database = database;
  }

  /** The id under which this process is known. */
  get id(): string {
    return this.#database.processId;
  }

  /** Aborts when the network to the database has fallen silent; whatever waits for an answer will not get it. */
  get unresponsive(): AbortSignal {
    return this.#silence.signal;
  }

  async start(): Promise<void> {
    await this.#take();
    this.#keeping = this.#keep();
  }

  async isAlive(id: string): Promise<boolean> {
    const [row] = await this.#database.sql<{ free: boolean }[]>`
      SELECT pg_try_advisory_xact_lock(${PROCESS_LOCK}, hashtext(${id})) AS free`;
    return row?.free === false;
  }

  /** Ends what is left at the database of a process that is gone, so that nothing of it holds a lock or writes. */
  async endConnectionsOf(id: string, sql = this.#database.sql): Promise<void> {
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
      if (this.#session && (await this.#answers(this.#session))) {
        await Promise.race([pause(ASK_EVERY, undefined, { signal }).catch(() => {}), this.#session.closed]);
        continue;
      }
      const silent = this.#session !== undefined && !this.#session.isClosed;
      if (silent) this.#cut();
      this.#session?.close().catch(() => {});
      this.#session = undefined;
      await pause(TAKE_AGAIN_AFTER, undefined, { signal }).catch(() => {});
      if (signal.aborted) return;
      // What the silent network left at the database may hold this very lock, and others.
      await this.#take(silent).catch(() => {});
    }
  }

  async #take(afterSilence = false): Promise<void> {
    const session = await Session.open(this.#database, 'presence', '');
    try {
      if (afterSilence) await this.endConnectionsOf(this.id, session.sql);
      await session.sql`SELECT pg_advisory_lock(${PROCESS_LOCK}, hashtext(${this.id}))`;
    } catch (error) {
      await session.close();
      throw error;
    }
    this.#session = session;
    if (this.#closing.signal.aborted) await session.close();
  }

  async #answers(session: Session): Promise<boolean> {
    if (session.isClosed) return false;
    const answered = session.sql`SELECT 1`.then(
      () => true,
      () => false,
    );
    const timer = new AbortController();
    const waited = () => pause(ANSWER_WITHIN, undefined, { signal: timer.signal });
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

  #cut(): void {
    this.#silence.abort(new DatabaseUnresponsiveError());
    this.#silence = new AbortController();
    this.#database.destroySockets();
  }
}
