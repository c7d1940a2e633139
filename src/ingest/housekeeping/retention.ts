// Removes what is kept for a while only, a few rows at a time: old versions of products, old imports and what deleted ones
// left, counts of what clients sent.

import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import { removeOldRateCounts } from '../../db/access/shared-rate-counts.ts';
import { removeOldChanges } from '../../db/catalogue/history/remove-old-changes.ts';
import { removeOldImports } from '../../db/imports/delete-imports.ts';
import type { Database } from '../../db/postgres/connection/database.ts';

interface RetentionSettings {
  historyDays: number;
  /** 0: for ever. */
  importsKeepDays: number;
  undoDays: number;
}

/** @returns whether there is more to remove */
type RemoveSome = () => Promise<boolean>;

const POLL_INTERVAL_MS = 60_000;
const BATCH_PAUSE_MS = 200;

export class Retention {
  readonly #removals: Record<string, RemoveSome>;
  readonly #log: Logger;
  readonly #stopping = new AbortController();
  #working: Promise<unknown> = Promise.resolve();

  constructor(database: Database, settings: RetentionSettings, log: Logger) {
    this.#removals = {
      'old versions of products': removalOfChanges(database, settings),
      'old imports': removalOfImports(database, settings),
      'old counts of requests': () => removeOldRateCounts(database),
    };
    this.#log = log;
  }

  async start(): Promise<void> {
    const removals = Object.entries(this.#removals);
    this.#working = Promise.all(
      removals.map(([what, remove]) => this.#run(what, remove, this.#stopping.signal)),
    );
  }

  async close(): Promise<void> {
    this.#stopping.abort();
    await this.#working;
  }

  async #run(what: string, remove: RemoveSome, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const hasMore = await remove().catch((error: unknown) => {
        this.#log.warn({ err: error }, `${what} could not be removed; retrying`);
        return false;
      });
      const wait = hasMore ? BATCH_PAUSE_MS : POLL_INTERVAL_MS;
      await pause(wait, undefined, { signal }).catch(() => {});
    }
  }
}

function removalOfChanges(database: Database, { historyDays, undoDays }: RetentionSettings): RemoveSome {
  // An import that is undone at the last moment changed products before it ended.
  const days = Math.max(historyDays, undoDays + 1);
  return () => removeOldChanges(database, days);
}

function removalOfImports(database: Database, { importsKeepDays, undoDays }: RetentionSettings): RemoveSome {
  // As long as an import can be undone, it is kept.
  const days = importsKeepDays === 0 ? 0 : Math.max(importsKeepDays, undoDays + 1);
  let cleared: Awaited<ReturnType<typeof removeOldImports>>['cleared'];
  return async () => {
    // After a failure, the search for what is left begins anew.
    const before = cleared;
    cleared = undefined;
    const done = await removeOldImports(database, days, before);
    cleared = done.cleared;
    return done.hasMore;
  };
}
