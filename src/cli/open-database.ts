// The database of a server, for commands that need no server.

import { stdSerializers } from 'pino';
import type { Settings } from '../config.ts';
import { attachEmbeddedPostgres } from '../db/embedded/attach-embedded-postgres.ts';
import { type Database, openDatabase } from '../db/postgres/connection/database.ts';
import { createLogger } from '../telemetry/create-logger.ts';

/**
 * The database in DATABASE_URL, or the embedded one, whose Postgres is started for the time being unless it runs.
 *
 * @param opened closes what was opened
 * @param options.create creates the embedded one if there is none
 * @throws SettingsError if it cannot be opened; the signal's reason
 */
export async function openDatabaseOf(
  settings: Settings,
  opened: AsyncDisposableStack,
  signal: AbortSignal,
  options: { create?: boolean } = {},
): Promise<Database> {
  const url = settings.databaseUrl ?? (await attach());
  return opened.adopt(openDatabase(url, { max: 1 }), (database) => database.close());

  async function attach(): Promise<string> {
    const { dataDir } = settings;
    const log = await createLogger(settings, stdSerializers.err);
    const postgres = await attachEmbeddedPostgres({ dataDir, log, ...options }, signal);
    opened.defer(() => postgres.close());
    return postgres.url;
  }
}
