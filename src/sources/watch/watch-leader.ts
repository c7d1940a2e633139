// Leader election: one server process at a time watches the data sources.

import type { Database } from '../../db/postgres/connection/database.ts';
import { SOURCE_WATCH_LOCK } from '../../db/postgres/locks/advisory-locks.ts';
import { runAsLeader } from '../../db/postgres/locks/leader-election.ts';
import { SOURCE_ORDER_CHANNEL } from '../../db/sources/source-rows.ts';
import { LoadstoneError } from '../../errors.ts';
import { WatchRunner, type WatchRunnerParts } from './watch-runner.ts';

export interface WatchLeaderParts extends WatchRunnerParts {
  database: Database;
}

export class WatchLeader {
  readonly #parts: WatchLeaderParts;
  readonly #closing = new AbortController();
  #runner: WatchRunner | undefined;
  #leading: Promise<void> | undefined;
  #unlisten: (() => Promise<void>) | undefined;

  constructor(parts: WatchLeaderParts) {
    this.#parts = parts;
  }

  async start(): Promise<void> {
    const { database } = this.#parts;
    // Called again after a lost connection, when notifications may have been missed.
    const onListen = () => this.#runner?.reloadAll();
    const onNotice = (id: string) => this.#runner?.sourceChanged(id);
    const listening = await database.listen(SOURCE_ORDER_CHANNEL, onNotice, onListen);
    this.#unlisten = listening.unlisten;
    this.#leading = runAsLeader(database, SOURCE_WATCH_LOCK, 'source watch', this.#closing.signal, (signal) =>
      this.#lead(signal),
    );
  }

  /** Aborts running checks. The next leader fetches an interrupted file again. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#leading;
    await this.#unlisten?.().catch(() => {});
  }

  async #lead(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const stop = new AbortController();
    signal.addEventListener('abort', () => stop.abort(fetchInterrupted()), { once: true });
    this.#runner = new WatchRunner(this.#parts, stop.signal);
    try {
      await this.#runner.run();
    } catch (error) {
      this.#parts.log.warn({ err: error }, 'watching the data sources starts again');
    } finally {
      this.#runner = undefined;
    }
  }
}

function fetchInterrupted(): LoadstoneError {
  return new LoadstoneError(
    'UPLOAD_INTERRUPTED',
    'The server stopped during the fetch. The content is fetched again.',
  );
}
