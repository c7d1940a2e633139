// A complete server for one test, on a free port, with its own database and data folder.

import type { TestContext } from 'node:test';
import { createApp } from '../../../src/app.ts';
import { readSettings, type Settings } from '../../../src/config.ts';
import { type Database, openDatabase } from '../../../src/db/postgres/connection/database.ts';
import { WarmLanes } from '../../../src/ingest/lane/warm-lanes.ts';
import { createTestDatabase } from '../database/database.ts';
import { isServingUrl, ownerUrl, servingUrl } from '../database/serving-role.ts';
import { releaseAfter } from '../release.ts';
import { createTemporaryFolder } from '../temporary-folder.ts';

export interface TestServer {
  url: string;
  /** Where the metrics have a port of their own. */
  metricsUrl: string | undefined;
  settings: Settings;
  /** The server's database, for assertions. */
  database: Database;
  /** Stops the server before the test ends. May be called again. */
  close(): Promise<void>;
}

/**
 * For tests whose files fit in one block. A lane is a thread, and starting threads is most of the cost of a small
 * import.
 */
export const ONE_LANE: Partial<Settings> = { ingestLanes: 1 };

/** For all servers of the process, because starting a lane takes longer than a small import. */
const LANES = new WarmLanes(2);

/**
 * @param overrides.databaseUrl of another test server: the two then share its database
 * @param overrides.dataDir of another test server: its spooled files are then found
 */
export async function startTestServer(
  t: TestContext,
  overrides: Partial<Settings> = {},
): Promise<TestServer> {
  const dataDir = overrides.dataDir ?? (await createTemporaryFolder(t));
  const database = overrides.databaseUrl
    ? shareDatabase(t, overrides.databaseUrl)
    : await createTestDatabase(t);
  const databaseUrl = overrides.databaseUrl ?? servingUrl(database.url);
  const migrate = isServingUrl(databaseUrl) ? 'never' : 'auto';
  const defaults = readSettings({ PORT: '0', INGEST_LANES: '2', LOG_LEVEL: 'silent', MIGRATE: migrate });
  const settings = {
    ...defaults,
    dataDir,
    ...overrides,
    databaseUrl,
  };
  const app = await createApp(settings, { lanes: LANES });
  let closing: Promise<void> | undefined;
  async function close(): Promise<void> {
    closing ??= app.close();
    await closing;
  }
  releaseAfter(t, close);
  return { url: app.url, metricsUrl: app.metricsUrl, settings, database, close };
}

function shareDatabase(t: TestContext, url: string): Database {
  const database = openDatabase(ownerUrl(url), { applicationName: 'test' });
  releaseAfter(t, () => database.close());
  return database;
}
