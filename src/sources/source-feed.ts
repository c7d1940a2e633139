// The live state of data sources. A watch of one ends when it is removed.

import type { Database } from '../db/postgres/connection/database.ts';
import type { DataSourceStore } from '../db/sources/data-source-store.ts';
import { type DataSourceRecord, SOURCE_CHANNEL } from '../db/sources/source-rows.ts';
import { LiveFeed } from '../ingest/progress/live-feed.ts';

export type SourceFeed = LiveFeed<DataSourceRecord>;

export function createSourceFeed(database: Database, store: DataSourceStore): SourceFeed {
  return new LiveFeed(database, {
    channel: SOURCE_CHANNEL,
    getMany: (ids) => store.getMany(ids),
    present: (id) => (id === undefined ? store.list() : store.getMany([id])),
    versionOf: ({ stateRevision }) => stateRevision,
    isFinal: ({ removedAt }) => removedAt !== null,
  });
}
