// Puts the application together: each part gets what it needs, and all of them close in reverse order.

import { join } from 'node:path';
import { pino } from 'pino';
import type { Settings } from './config.ts';
import { ProductCountFeed } from './db/catalogue/count-feed.ts';
import { ProductCountStore } from './db/catalogue/count-store.ts';
import { ProductStore } from './db/catalogue/product-store.ts';
import { startEmbeddedPostgres } from './db/embedded/embedded-postgres.ts';
import { ImportStore } from './db/imports/import-store.ts';
import { RowIssueStore } from './db/imports/row-issue-store.ts';
import { openDatabase } from './db/postgres/client.ts';
import { migrateDatabase } from './db/postgres/migrate.ts';
import { ProcessPresence } from './db/postgres/presence.ts';
import { DataSourceStore } from './db/sources/data-source-store.ts';
import { SourceWatchStore } from './db/sources/source-watch-store.ts';
import { startHttpServer } from './http/server.ts';
import { Caretaker } from './ingest/caretaker.ts';
import { ImportService } from './ingest/import-service.ts';
import { NameIndexing } from './ingest/name-indexing.ts';
import { ProgressFeed } from './ingest/progress/progress-feed.ts';
import { Spool } from './ingest/spool/spool.ts';
import { buildSchema } from './schema/index.ts';
import { SourceFetcher } from './sources/fetch/source-fetcher.ts';
import type { FetchLimits } from './sources/fetch/types.ts';
import { createSourceFeed } from './sources/source-feed.ts';
import { WatchLeader } from './sources/watch/watch-leader.ts';

export interface App {
  /** Where it answers, e.g. http://127.0.0.1:4000 */
  url: string;
  /** Ends it in order, in less than ten seconds. May be called again. */
  close(): Promise<void>;
}

const STDERR = 2;

/**
 * Starts everything. When a part does not start, those before it are closed again.
 *
 * @throws SettingsError if the settings do not allow a start
 */
export async function createApp(settings: Settings): Promise<App> {
  await using opened = new AsyncDisposableStack();
  const log = pino({ level: settings.logLevel }, pino.destination({ fd: STDERR, sync: true }));

  const postgres = settings.databaseUrl
    ? undefined
    : await startEmbeddedPostgres({ dataDir: settings.dataDir, log });
  if (postgres) opened.defer(() => postgres.close());
  const databaseUrl = settings.databaseUrl ?? postgres?.url ?? '';
  await migrateDatabase(databaseUrl);
  const database = openDatabase(databaseUrl, { queryTimeoutMs: settings.queryTimeoutSeconds * 1000 });
  opened.defer(() => database.close());

  const importStore = new ImportStore(database);
  const rowIssues = new RowIssueStore(database);
  const progress = new ProgressFeed(database, importStore);
  opened.defer(() => progress.close());
  await progress.start();

  const presence = new ProcessPresence(database);
  opened.defer(() => presence.close());
  await presence.start();
  const spool = new Spool(join(settings.dataDir, 'spool'), settings.spoolReserveBytes);
  const parts = { database, importStore, rowIssues, spool, presence, log };
  const imports = new ImportService({ ...parts, settings, feed: progress });
  opened.defer(() => imports.close());
  const caretaker = new Caretaker({ ...parts, imports });
  opened.defer(() => caretaker.close());
  await caretaker.start();
  const naming = new NameIndexing(database, imports, log);
  opened.defer(() => naming.close());

  const dataSources = new DataSourceStore(database);
  const sourceFeed = createSourceFeed(database, dataSources);
  opened.defer(() => sourceFeed.close());
  await sourceFeed.start();
  const fetcher = new SourceFetcher(fetchLimits(settings));
  opened.defer(() => fetcher.close());
  const watching = { database, store: new SourceWatchStore(database), imports, fetcher, log };
  const watch = new WatchLeader({ ...watching, checks: settings.sourceChecks });
  opened.defer(() => watch.close());
  await watch.start();

  const products = new ProductStore(database, settings);
  const productCounts = new ProductCountStore(database);
  const countFeed = new ProductCountFeed(database, productCounts);
  opened.defer(() => countFeed.close());
  await countFeed.start();
  const { host, port, allowPrivateSources } = settings;
  const catalogue = { products, productCounts, countFeed };
  const sources = { dataSources, sourceFeed, allowPrivateSources };
  const services = { imports, importStore, rowIssues, progress, ...catalogue, ...sources };
  const server = await startHttpServer({ host, port, schema: buildSchema(), services, settings, log });
  opened.defer(() => server.close());
  // First of all: partitions at work come to their end while requests do, and watchers see it.
  opened.defer(async () => void (await Promise.all([imports.handBack(), server.drain()])));

  const running = opened.move();
  let closing: Promise<void> | undefined;
  return {
    url: server.url,
    close: () => (closing ??= running.disposeAsync()),
  };
}

function fetchLimits(settings: Settings): FetchLimits {
  return {
    allowPrivate: settings.allowPrivateSources,
    maxBytes: settings.maxUploadBytes,
    silenceMs: settings.sourceSilenceSeconds * 1000,
    totalMs: settings.sourceFetchSeconds * 1000,
    minBytesPerSecond: settings.sourceMinBytesPerSecond,
    tempDir: join(settings.dataDir, 'fetch'),
  };
}
