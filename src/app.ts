// The composition root: creates the parts of the application, and closes them in reverse order.

import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { type Logger, stdSerializers } from 'pino';
import { type Access, RequiredAccess } from './access/access.ts';
import { createAccess } from './access/create-access.ts';
import type { Settings } from './config.ts';
import { AccessTokenStore } from './db/access/access-token-store.ts';
import { SharedRateCounts } from './db/access/shared-rate-counts.ts';
import { ProductCountFeed } from './db/catalogue/counts/count-feed.ts';
import { ProductCountStore } from './db/catalogue/counts/count-store.ts';
import { ProductChangeStore } from './db/catalogue/history/product-change-store.ts';
import { ProductBatchStore } from './db/catalogue/products/product-batch-store.ts';
import { ProductStore } from './db/catalogue/products/product-store.ts';
import { makePrivate } from './db/embedded/private-folder.ts';
import { startEmbeddedPostgres } from './db/embedded/start-embedded-postgres.ts';
import { ImportList } from './db/imports/import-list.ts';
import { ImportPreviewStore } from './db/imports/import-preview-store.ts';
import { ImportStore } from './db/imports/import-store.ts';
import { RowCorrectionStore } from './db/imports/row-correction-store.ts';
import { RowIssueStore } from './db/imports/row-issue-store.ts';
import { maxConnectionsFor, poolsInUse } from './db/postgres/connection/connection-budget.ts';
import { openPools, type Pools } from './db/postgres/connection/database.ts';
import { hideParameters } from './db/postgres/hide-parameters.ts';
import { ProcessPresence } from './db/postgres/locks/process-presence.ts';
import { fitConnections } from './db/postgres/startup/connection-limit.ts';
import { migrateDatabase, requireMigratedDatabase } from './db/postgres/startup/migrate.ts';
import { DataSourceStore } from './db/sources/data-source-store.ts';
import { ImportProfileStore } from './db/sources/import-profile-store.ts';
import { SourceWatchStore } from './db/sources/source-watch-store.ts';
import { CatalogueExports } from './exports/catalogue-exports.ts';
import { PersistedOperations } from './http/graphql/documents/persisted-operations.ts';
import { readOperationList } from './http/graphql/documents/read-operation-list.ts';
import { startMetricsServer } from './http/metrics-server.ts';
import { type HttpServer, startHttpServer } from './http/server.ts';
import { ImportRecovery } from './ingest/housekeeping/import-recovery.ts';
import { Retention } from './ingest/housekeeping/retention.ts';
import { SearchIndexing } from './ingest/housekeeping/search-indexing.ts';
import { ImportService } from './ingest/import-service.ts';
import { type InspectFile, inspectFile as inspect } from './ingest/inspect-file.ts';
import { WarmLanes } from './ingest/lane/warm-lanes.ts';
import { ProgressFeed } from './ingest/progress/progress-feed.ts';
import { UndoPreviews } from './ingest/requests/undo-previews.ts';
import { DiskSpace } from './ingest/spool/disk-space.ts';
import { Spool } from './ingest/spool/spool.ts';
import { createProbes, observeDatabase, observeImports, observeSources } from './observe.ts';
import type { Services } from './resolvers/context.ts';
import { buildSchema } from './schema/index.ts';
import { SourceFetcher } from './sources/fetch/source-fetcher.ts';
import type { FetchLimits } from './sources/fetch/types.ts';
import { createSourceFeed } from './sources/source-feed.ts';
import { WatchLeader } from './sources/watch/watch-leader.ts';
import { createLogger } from './telemetry/create-logger.ts';
import { EventLoop } from './telemetry/event-loop.ts';
import type { Probes } from './telemetry/health.ts';
import { Metrics } from './telemetry/metrics.ts';
import type { Telemetry } from './telemetry/telemetry.ts';
import { NO_TRACING, type Tracing } from './telemetry/tracing.ts';

export interface App {
  /** e.g. http://127.0.0.1:4000 */
  url: string;
  /** Where the metrics have a port of their own; undefined if they have not. */
  metricsUrl: string | undefined;
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
  telemetry: Telemetry;
  opened: AsyncDisposableStack;
}

interface Part {
  start(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Starts the application. If a part fails to start, those before it are closed again.
 *
 * @throws SettingsError if it cannot start with these settings
 */
export async function createApp(settings: Settings, shared: SharedParts = {}): Promise<App> {
  await using opened = new AsyncDisposableStack();
  const log = await createLogger(settings, (error) => stdSerializers.err(hideParameters(error)));
  const metrics = new Metrics();
  const processId = randomUUID();
  const operations = await readOperations(settings);
  const tracing = await startTracingIfSet(settings, processId);
  opened.defer(() => tracing.close());
  const given = { settings, shared, log, telemetry: { metrics, tracing }, opened };

  const pools = await connectDatabase(given, processId);
  const base = { ...given, settings: await fitLanes(given, pools) };
  const access = await startAccess(base, pools);
  const imports = await startImports(base, pools);
  const sources = await startDataSources(base, pools, imports);
  const catalogue = await startCatalogue(base, pools);
  const services = { ...imports, ...sources, ...catalogue };
  const health = await startHealth(base, pools, services);
  const server = await startServer(base, pools, { access, services, health, operations });

  const running = opened.move();
  let closing: Promise<void> | undefined;
  return {
    url: server.url,
    metricsUrl: health.metricsUrl,
    isOpen: access.isOpen,
    close: () => (closing ??= running.disposeAsync()),
  };
}

/** Of DATABASE_URL, or else the embedded Postgres. */
async function connectDatabase(base: Base, processId: string): Promise<Pools> {
  const { settings, opened } = base;
  if (settings.databaseUrl) await makePrivate(settings.dataDir, base.log);
  const url = settings.databaseUrl ?? (await startPostgres(base));
  await (settings.migrate === 'auto' ? migrateDatabase(url) : requireMigratedDatabase(url));
  const queryTimeoutMs = settings.queryTimeoutSeconds * 1000;
  return opened.adopt(openPools(url, { queryTimeoutMs, processId }), (pools) => pools.close());
}

/** @returns settings with as many lanes as the database has connections for */
async function fitLanes({ settings, log }: Base, { housekeeping }: Pools): Promise<Settings> {
  const { ingestLanes, warning } = await fitConnections(housekeeping.sql, settings);
  if (warning !== undefined) log.warn({ ingestLanes }, warning);
  return { ...settings, ingestLanes };
}

async function startPostgres({ settings, log, opened }: Base): Promise<string> {
  const postgres = await startEmbeddedPostgres({
    dataDir: settings.dataDir,
    log,
    settings: { max_connections: String(maxConnectionsFor(settings)) },
  });
  opened.defer(() => postgres.close());
  return postgres.url;
}

async function startAccess({ settings, log, opened }: Base, { progress }: Pools): Promise<Access> {
  const tokens = new AccessTokenStore(progress);
  const access = await createAccess(settings, { database: progress, tokens, log });
  return access instanceof RequiredAccess ? start(opened, access) : access;
}

async function startImports({ settings, shared, log, telemetry, opened }: Base, pools: Pools) {
  const { reads, edits, housekeeping } = pools;
  const importStore = new ImportStore(pools.imports);
  const progress = await start(opened, new ProgressFeed(pools.progress, importStore));
  const presence = await start(opened, new ProcessPresence(housekeeping));
  const space = new DiskSpace(settings.dataDir, settings.spoolReserveBytes);
  const spool = new Spool(join(settings.dataDir, 'spool'), space);
  const rowIssues = new RowIssueStore(pools.imports);
  const parts = { database: pools.imports, importStore, rowIssues, spool, presence, log, telemetry };
  const lanes = shared.lanes ?? opened.adopt(new WarmLanes(settings.ingestLanes), (own) => own.close());
  const imports = new ImportService({ ...parts, settings, feed: progress, lanes });
  opened.defer(() => imports.close());
  await start(
    opened,
    new ImportRecovery({
      ...parts,
      database: housekeeping,
      importStore: new ImportStore(housekeeping),
      imports,
    }),
  );
  await start(opened, new Retention(housekeeping, settings, log));
  const naming = new SearchIndexing(housekeeping, imports, log);
  opened.defer(() => naming.close());
  const storage = { folder: join(settings.dataDir, 'inspect'), space };
  const inspectFile: InspectFile = (file, options) => inspect(file, options, settings, storage);
  observeImports(telemetry.metrics, { imports, importStore: new ImportStore(housekeeping), lanes, spool });
  return {
    imports,
    space,
    spool,
    importStore: new ImportStore(reads),
    importList: new ImportList(reads),
    importPreviews: new ImportPreviewStore(reads),
    rowIssues: new RowIssueStore(reads),
    rowCorrections: new RowCorrectionStore(reads),
    undoPreviews: new UndoPreviews(reads, settings),
    progress,
    profiles: new ImportProfileStore(reads),
    profileEdits: new ImportProfileStore(edits),
    inspectFile,
  };
}

async function startDataSources(
  { settings, log, telemetry, opened }: Base,
  pools: Pools,
  { imports, progress, space }: Pick<Services, 'imports' | 'progress'> & { space: DiskSpace },
) {
  const database = pools.housekeeping;
  const dataSourceEdits = new DataSourceStore(pools.edits);
  const store = new SourceWatchStore(database);
  const profiles = new ImportProfileStore(database);
  const sourceFeed = await start(opened, createSourceFeed(pools.progress, dataSourceEdits, store));
  const fetcher = new SourceFetcher(fetchLimits(settings, space));
  opened.defer(() => fetcher.close());
  const watching = { database, store, imports, progress, profiles, fetcher, log, telemetry };
  await start(opened, new WatchLeader({ ...watching, checks: settings.sourceChecks }));
  const dataSources = new DataSourceStore(pools.reads);
  return { dataSources, dataSourceEdits, sourceFeed, allowPrivateSources: settings.allowPrivateSources };
}

async function startCatalogue({ settings, opened }: Base, { reads, edits, progress }: Pools) {
  const liveCounts = new ProductCountStore(progress);
  return {
    products: new ProductStore(reads, settings),
    productEdits: new ProductStore(edits, settings),
    productBatches: new ProductBatchStore(edits, settings),
    productChanges: new ProductChangeStore(reads),
    productCounts: new ProductCountStore(reads),
    countFeed: await start(opened, new ProductCountFeed(progress, liveCounts)),
    exports: new CatalogueExports(reads),
  };
}

interface HealthParts {
  probes: Probes;
  /** Aborted when the server begins to shut down. */
  draining: AbortController;
  metricsUrl: string | undefined;
}

/** The probes, and the port for them and the metrics, which is served until the end. */
async function startHealth(
  { settings, telemetry: { metrics }, opened }: Base,
  pools: Pools,
  { spool }: { spool: Spool },
): Promise<HealthParts> {
  const draining = new AbortController();
  const eventLoop = new EventLoop();
  eventLoop.start();
  opened.defer(() => eventLoop.close());
  const database = pools.housekeeping;
  observeDatabase(metrics, pools, poolsInUse(settings));
  observeSources(metrics, new DataSourceStore(database));
  const probes = createProbes(metrics, { database, spool, eventLoop, draining: draining.signal });
  const { metricsHost: host, metricsPort: port } = settings;
  if (port === undefined) return { probes, draining, metricsUrl: undefined };
  const own = await startMetricsServer({ host, port }, metrics, probes);
  opened.defer(() => own.close());
  return { probes, draining, metricsUrl: own.url };
}

async function startServer(
  { settings, log, telemetry, opened }: Base,
  pools: Pools,
  {
    access,
    services,
    health,
    operations,
  }: { access: Access; services: Services; health: HealthParts; operations: PersistedOperations },
): Promise<HttpServer> {
  const { host, port } = settings;
  const server = await startHttpServer({
    host,
    port,
    schema: buildSchema(),
    services,
    settings,
    operations,
    access,
    sharedRates: settings.sharedRates ? new SharedRateCounts(pools.rates, log) : undefined,
    telemetry,
    probes: health.probes,
    hasMetricsPort: health.metricsUrl !== undefined,
    log,
  });
  opened.defer(() => server.close());
  // On shutdown, partitions that are being merged finish while requests do, and subscribers see the result.
  opened.defer(async () => {
    health.draining.abort();
    await Promise.all([services.imports.drain(), server.drain()]);
  });
  return server;
}

async function start<Started extends Part>(opened: AsyncDisposableStack, part: Started): Promise<Started> {
  opened.defer(() => part.close());
  await part.start();
  return part;
}

async function readOperations(settings: Settings): Promise<PersistedOperations> {
  const { persistedOperations: path, persistedOperationsOnly } = settings;
  const list = path === undefined ? undefined : await readOperationList(path);
  return new PersistedOperations(list, !persistedOperationsOnly);
}

/** OpenTelemetry takes time to load, and memory. */
async function startTracingIfSet(settings: Settings, instanceId: string): Promise<Tracing> {
  const { otlpEndpoint: endpoint, otlpHeaders: headers, otelServiceName: serviceName, traceShare } = settings;
  if (endpoint === undefined) return NO_TRACING;
  const { startTracing } = await import('./telemetry/start-tracing.ts');
  return startTracing({ endpoint, headers, serviceName, share: traceShare, instanceId });
}

function fetchLimits(settings: Settings, space: DiskSpace): FetchLimits {
  return {
    allowPrivate: settings.allowPrivateSources,
    maxBytes: settings.maxUploadBytes,
    silenceMs: settings.sourceSilenceSeconds * 1000,
    totalMs: settings.sourceFetchSeconds * 1000,
    minBytesPerSecond: settings.sourceMinBytesPerSecond,
    storage: { folder: join(settings.dataDir, 'fetch'), space },
  };
}
