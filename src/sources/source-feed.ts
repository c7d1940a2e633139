// The live states of data sources. A subscription to one ends when it is removed.

import type { Database } from '../db/postgres/connection/database.ts';
import { DataSourceStore } from '../db/sources/data-source-store.ts';
import { type DataSourceRecord, SOURCE_CHANNEL } from '../db/sources/source-rows.ts';
import type { SourceWatchStore } from '../db/sources/source-watch-store.ts';
import { LiveFeed } from '../ingest/progress/live-feed.ts';

export type SourceFeed = LiveFeed<DataSourceRecord>;

/**
 * @param database from which it reads
 * @param edits whose writes it publishes, as those of the watch
 */
export function createSourceFeed(
  database: Database,
  edits: Pick<DataSourceStore, 'onWritten'>,
  watchStore: SourceWatchStore,
): SourceFeed {
  const store = new DataSourceStore(database);
  const feed = new LiveFeed<DataSourceRecord>(database, {
    channel: SOURCE_CHANNEL,
    getMany: (ids) => store.getMany(ids),
    current: (id) => (id === undefined ? store.list() : store.getMany([id])),
    revisionOf: ({ stateRevision }) => stateRevision,
    isFinal: ({ removedAt }) => removedAt !== null,
  });
  edits.onWritten((record) => feed.publish(record));
  watchStore.onWritten(
    (record) => feed.publish(record),
    () => feed.hasSubscribers,
  );
  return feed;
}
