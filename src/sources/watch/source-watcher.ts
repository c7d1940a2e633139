// Has the data sources watched by one server process at a time: this one, when its turn comes.

import { SOURCE_WATCH_LOCK } from '../../db/postgres/locks/advisory-locks.ts';
import { runAsLeader } from '../../db/postgres/locks/leader-election.ts';
import { readOrder, SOURCE_ORDER_CHANNEL } from '../../db/sources/data-source-store.ts';
import { LoadstoneError } from '../../errors.ts';
import { Watch, type WatchParts } from './watch.ts';

export class SourceWatcher {
  readonly #parts: WatchParts;
  readonly #closing = new AbortController();
  #watch: Watch | undefined;
  #leading: Promise<void> | undefined;
  #unlisten: (() => Promise<void>) | undefined;

  constructor(parts: WatchParts) {
    this.#parts = parts;
  }

  async start(): Promise<void> {
    const { database } = this.#parts;
    // Heard again after a lost connection, when any number of orders may have been missed.
    const onListen = () => this.#watch?.reloadAll();
    const obey = (order: string) => this.#watch?.obey(readOrder(order));
    const listening = await database.sql.listen(SOURCE_ORDER_CHANNEL, obey, onListen);
    this.#unlisten = listening.unlisten;
    this.#leading = runAsLeader(database, SOURCE_WATCH_LOCK, 'source watch', this.#closing.signal, (signal) =>
      this.#work(signal),
    );
  }

  /** Ends what is under way. A file that is being fetched is fetched again by the next process. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#leading;
    await this.#unlisten?.().catch(() => {});
  }

  async #work(signal: AbortSignal): Promise<void> {
    const stop = new AbortController();
    const onAbort = () =>
      stop.abort(
        new LoadstoneError('UPLOAD_INTERRUPTED', 'The server stopped during the fetch. It is done again.'),
      );
    if (signal.aborted) return;
    signal.addEventListener('abort', onAbort, { once: true });
    this.#watch = new Watch(this.#parts, stop.signal);
    try {
      await this.#watch.run();
    } catch (error) {
      this.#parts.log.warn({ err: error }, 'watching the data sources begins again');
    } finally {
      this.#watch = undefined;
    }
  }
}
