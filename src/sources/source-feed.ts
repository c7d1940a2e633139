// The live state of data sources. A watch of one ends when it is removed.

import type { Database } from '../db/postgres/connection/database.ts';
import {
  type DataSourceRecord,
  type DataSourceStore,
  SOURCE_CHANNEL,
} from '../db/sources/data-source-store.ts';
import { LiveFeed } from '../ingest/progress/live-feed.ts';

export type SourceFeed = LiveFeed<DataSourceRecord>;

export function createSourceFeed(database: Database, store: DataSourceStore): SourceFeed {
  return new LiveFeed(database, {
    channel: SOURCE_CHANNEL,
    getMany: (ids) => store.getMany(ids),
    current: (id) => (id === undefined ? store.list() : store.getMany([id])),
    revisionOf: ({ updatedAt }) => updatedAt.getTime(),
    isFinal: ({ removedAt }) => removedAt !== null,
  });
}
