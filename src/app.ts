// The composition root: creates the parts of the application, and closes them in reverse order.

import { join } from 'node:path';
import { type Logger, pino, stdSerializers } from 'pino';
import { type Access, RequiredAccess } from './access/access.ts';
import { createAccess } from './access/create-access.ts';
import type { Settings } from './config.ts';
import { AccessTokenStore } from './db/access/access-token-store.ts';
import { ProductCountFeed } from './db/catalogue/count-feed.ts';
import { ProductCountStore } from './db/catalogue/count-store.ts';
import { ProductBatchStore } from './db/catalogue/product-batch-store.ts';
import { ProductChangeStore } from './db/catalogue/product-change-store.ts';
import { ProductStore } from './db/catalogue/product-store.ts';
import { makePrivate } from './db/embedded/private-folder.ts';
import { startEmbeddedPostgres } from './db/embedded/start-embedded-postgres.ts';
import { ImportPreviewStore } from './db/imports/import-preview-store.ts';
import { ImportStore } from './db/imports/import-store.ts';
import { RowCorrectionStore } from './db/imports/row-correction-store.ts';
import { RowIssueStore } from './db/imports/row-issue-store.ts';
import { type Database, openDatabase } from './db/postgres/connection/database.ts';
import { hideParameters } from './db/postgres/hide-parameters.ts';
import { ProcessPresence } from './db/postgres/locks/process-presence.ts';
import { migrateDatabase, requireMigratedDatabase } from './db/postgres/startup/migrate.ts';
import { DataSourceStore } from './db/sources/data-source-store.ts';
import { ImportProfileStore } from './db/sources/import-profile-store.ts';
import { SourceWatchStore } from './db/sources/source-watch-store.ts';
import { CatalogueExports } from './exports/catalogue-exports.ts';
import { type HttpServer, startHttpServer } from './http/server.ts';
import { HistoryRetention } from './ingest/history-retention.ts';
import { ImportRecovery } from './ingest/import-recovery.ts';
import { ImportRetention } from './ingest/import-retention.ts';
import { ImportService } from './ingest/import-service.ts';
import { type InspectFile, inspectFile as inspect } from './ingest/inspect-file.ts';
import { WarmLanes } from './ingest/lane/warm-lanes.ts';
import { ProgressFeed } from './ingest/progress/progress-feed.ts';
import { SearchIndexing } from './ingest/search-indexing.ts';
import { Spool } from './ingest/spool/spool.ts';
import type { Services } from './resolvers/context.ts';
import { buildSchema } from './schema/index.ts';
import { SourceFetcher } from './sources/fetch/source-fetcher.ts';
import type { FetchLimits } from './sources/fetch/types.ts';
import { createSourceFeed } from './sources/source-feed.ts';
import { WatchLeader } from './sources/watch/watch-leader.ts';

export interface App {
  /** e.g. http://127.0.0.1:4000 */
  url: string;
  /** Whether whoever reaches it may do everything. */
  isOpen: boolean;
  /** Shuts down gracefully, within ten seconds. Can be called more than once. */
  close(): Promise<void>;
}

/** What the applications of one process may share. It is not closed with them. */
export interface SharedParts {
  lanes?: WarmLanes;
}

/** What all parts are made from. What they open is closed in reverse order. */
interface Base {
  settings: Settings;
  shared: SharedParts;
  log: Logger;
  opened: AsyncDisposableStack;
}

interface Part {
  start(): Promise<void>;
  close(): Promise<void>;
}

const STDERR = 2;

/**
 * Starts the application. If a part fails to start, those before it are closed again.
 *
 * @throws SettingsError if it cannot start with these settings
 */
export async function createApp(settings: Settings, shared: SharedParts = {}): Promise<App> {
  await using opened = new AsyncDisposableStack();
  const serializers = { err: (error: Error) => stdSerializers.err(hideParameters(error)) };
  const log = pino({ level: settings.logLevel, serializers }, pino.destination({ fd: STDERR, sync: true }));
  const base = { settings, shared, log, opened };

  const database = await connectDatabase(base);
  const access = await startAccess(base, database);
  const imports = await startImports(base, database);
  const sources = await startDataSources(base, database, imports);
  const catalogue = await startCatalogue(base, database);
  const server = await startServer(base, access, { ...imports, ...sources, ...catalogue });

  const running = opened.move();
  let closing: Promise<void> | undefined;
  return {
    url: server.url,
    isOpen: access.isOpen,
    close: () => (closing ??= running.disposeAsync()),
  };
}

/** Of DATABASE_URL, or else the embedded Postgres. */
async function connectDatabase(base: Base): Promise<Database> {
  const { settings, opened } = base;
  if (settings.databaseUrl) await makePrivate(settings.dataDir, base.log);
  const url = settings.databaseUrl ?? (await startPostgres(base));
  await (settings.migrate === 'auto' ? migrateDatabase(url) : requireMigratedDatabase(url));
  const queryTimeoutMs = settings.queryTimeoutSeconds * 1000;
  return opened.adopt(openDatabase(url, { queryTimeoutMs }), (database) => database.close());
}

async function startPostgres({ settings, log, opened }: Base): Promise<string> {
  const postgres = await startEmbeddedPostgres({ dataDir: settings.dataDir, log });
  opened.defer(() => postgres.close());
  return postgres.url;
}

async function startAccess({ settings, log, opened }: Base, database: Database): Promise<Access> {
  const tokens = new AccessTokenStore(database);
  const access = await createAccess(settings, { database, tokens, log });
  return access instanceof RequiredAccess ? start(opened, access) : access;
}

async function startImports({ settings, shared, log, opened }: Base, database: Database) {
  const importStore = new ImportStore(database);
  const rowIssues = new RowIssueStore(database);
  const progress = await start(opened, new ProgressFeed(database, importStore));
  const presence = await start(opened, new ProcessPresence(database));
  const spool = new Spool(join(settings.dataDir, 'spool'), settings.spoolReserveBytes);
  const parts = { database, importStore, rowIssues, spool, presence, log };
  const lanes = shared.lanes ?? opened.adopt(new WarmLanes(settings.ingestLanes), (own) => own.close());
  const imports = new ImportService({ ...parts, settings, feed: progress, lanes });
  opened.defer(() => imports.close());
  await start(opened, new ImportRecovery({ ...parts, imports }));
  await start(opened, new HistoryRetention(database, settings, log));
  await start(opened, new ImportRetention(database, settings, log));
  const naming = new SearchIndexing(database, imports, log);
  opened.defer(() => naming.close());
  const storage = { folder: join(settings.dataDir, 'inspect'), reserveBytes: settings.spoolReserveBytes };
  const inspectFile: InspectFile = (file, options) => inspect(file, options, settings, storage);
  const profiles = new ImportProfileStore(database);
  const importPreviews = new ImportPreviewStore(database);
  const rowCorrections = new RowCorrectionStore(database);
  return { imports, importStore, importPreviews, rowIssues, rowCorrections, progress, profiles, inspectFile };
}

async function startDataSources(
  { settings, log, opened }: Base,
  database: Database,
  { imports, progress, profiles }: Pick<Services, 'imports' | 'progress' | 'profiles'>,
) {
  const dataSources = new DataSourceStore(database);
  const store = new SourceWatchStore(database);
  const sourceFeed = await start(opened, createSourceFeed(database, dataSources, store));
  const fetcher = new SourceFetcher(fetchLimits(settings));
  opened.defer(() => fetcher.close());
  const watching = { database, store, imports, progress, profiles, fetcher, log };
  await start(opened, new WatchLeader({ ...watching, checks: settings.sourceChecks }));
  return { dataSources, sourceFeed, allowPrivateSources: settings.allowPrivateSources };
}

async function startCatalogue({ settings, opened }: Base, database: Database) {
  const products = new ProductStore(database, settings);
  const productBatches = new ProductBatchStore(database, settings);
  const productChanges = new ProductChangeStore(database);
  const productCounts = new ProductCountStore(database);
  const countFeed = await start(opened, new ProductCountFeed(database, productCounts));
  const exports = new CatalogueExports(database);
  return { products, productBatches, productChanges, productCounts, countFeed, exports };
}

async function startServer(
  { settings, log, opened }: Base,
  access: Access,
  services: Services,
): Promise<HttpServer> {
  const { host, port } = settings;
  const server = await startHttpServer({
    host,
    port,
    schema: buildSchema(),
    services,
    settings,
    access,
    log,
  });
  opened.defer(() => server.close());
  // On shutdown, partitions that are being merged finish while requests do, and subscribers see the result.
  opened.defer(async () => void (await Promise.all([services.imports.drain(), server.drain()])));
  return server;
}

async function start<Started extends Part>(opened: AsyncDisposableStack, part: Started): Promise<Started> {
  opened.defer(() => part.close());
  await part.start();
  return part;
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
