// Puts the application together: each part gets what it needs, and all of them close in reverse order.

import { join } from 'node:path';
import { pino } from 'pino';
import type { Settings } from './config.ts';
import { openDatabase } from './db/client.ts';
import { startEmbeddedPostgres } from './db/embedded-postgres.ts';
import { ImportStore } from './db/import-store.ts';
import { migrateDatabase } from './db/migrate.ts';
import { ProcessPresence } from './db/process-presence.ts';
import { ProductCountFeed } from './db/product-count-feed.ts';
import { ProductCountStore } from './db/product-count-store.ts';
import { ProductStore } from './db/product-store.ts';
import { RowIssueStore } from './db/row-issue-store.ts';
import { startHttpServer } from './http/server.ts';
import { Caretaker } from './ingest/caretaker.ts';
import { ImportService } from './ingest/import-service.ts';
import { NameIndexing } from './ingest/name-indexing.ts';
import { ProgressFeed } from './ingest/progress-feed.ts';
import { Spool } from './ingest/spool.ts';
import { buildSchema } from './schema/index.ts';

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
  const database = openDatabase(databaseUrl);
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

  const products = new ProductStore(database, settings);
  const productCounts = new ProductCountStore(database);
  const countFeed = new ProductCountFeed(database, productCounts);
  opened.defer(() => countFeed.close());
  await countFeed.start();
  const services = { imports, importStore, rowIssues, progress, products, productCounts, countFeed };
  const { host, port } = settings;
  const server = await startHttpServer({ host, port, schema: buildSchema(), services, settings, log });
  opened.defer(() => server.close());
  // First of all: partitions at work come to their end while requests do.
  opened.defer(() => imports.handBack());

  const running = opened.move();
  let closing: Promise<void> | undefined;
  return {
    url: server.url,
    close: () => (closing ??= running.disposeAsync()),
  };
}
