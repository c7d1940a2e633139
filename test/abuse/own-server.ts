// A server of our own, as in production: in a process of its own, with its own Postgres, and with tokens.

import { closeSync, openSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { ServerProcess } from '../../bench/processes/server-process.ts';
import { startEmbeddedPostgres } from '../../src/db/embedded/start-embedded-postgres.ts';
import { type Database, openDatabase } from '../../src/db/postgres/connection/database.ts';
import { migrateDatabase } from '../../src/db/postgres/startup/migrate.ts';
import { makeToken } from '../support/server/tokens.ts';
import { type Holdings, holdingsByMetrics, type Target } from './target.ts';

const SETTINGS = {
  ACCESS: 'required',
  INTROSPECTION: 'false',
  GRAPHIQL: 'false',
  LOG_LEVEL: 'error',
};
const SHOWN_ERRORS = 10;
const SHOWN_CHARACTERS = 500;

/** @param opened gets what is to be closed */
export async function startOwnServer(opened: AsyncDisposableStack): Promise<Target> {
  const folder = await mkdtemp(join(tmpdir(), 'loadstone-abuse-'));
  opened.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  const postgres = await startEmbeddedPostgres({ dataDir: folder, log: pino({ level: 'silent' }) });
  opened.defer(() => postgres.close());
  await migrateDatabase(postgres.url);
  const database = openDatabase(postgres.url, { max: 1, applicationName: 'abuse' });
  opened.defer(() => database.close());
  const dataDir = join(folder, 'data');
  await mkdir(dataDir);
  const logFile = join(folder, 'server.log');
  const log = openSync(logFile, 'a');
  opened.defer(() => closeSync(log));
  const token = await makeToken(database, 'writer', { name: 'a client' });
  const attackerToken = await makeToken(database, 'writer', { name: 'an attacker' });
  const server = opened.use(
    await ServerProcess.start({ dataDir, databaseUrl: postgres.url, settings: SETTINGS, log }),
  );
  return {
    url: server.url,
    token: token.text,
    attackerToken: attackerToken.text,
    memory: () => server.memory(),
    holdings: async () => ({
      ...(await holdingsByMetrics(server.url, token.text)),
      ...(await holdingsOfDatabase(database)),
      'spool files': (await readdir(join(dataDir, 'spool')).catch(() => [])).length,
    }),
    loggedErrors: async () => {
      const lines = (await readFile(logFile, 'utf8')).split('\n').filter(Boolean);
      return lines.slice(0, SHOWN_ERRORS).map((line) => line.slice(0, SHOWN_CHARACTERS));
    },
  };
}

/** What others of this Postgres can see of the server. */
async function holdingsOfDatabase({ sql }: Database): Promise<Holdings> {
  const [row] = await sql<{ tables: number; statements: number; locks: number }[]>`
    SELECT (SELECT count(*) FROM pg_tables WHERE schemaname = 'loadstone_staging') AS tables,
      (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state <> 'idle'
        AND application_name LIKE 'loadstone%' AND pid <> pg_backend_pid()) AS statements,
      (SELECT count(*) FROM pg_locks WHERE NOT granted) AS locks`;
  return {
    'staging tables': row?.tables ?? 0,
    'running statements': row?.statements ?? 0,
    'lock waits': row?.locks ?? 0,
  };
}
