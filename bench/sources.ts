// `npm run bench:sources` measures the cost of watching many unchanged data sources: the CPU time of the server process
// and of Postgres, which depends little on how busy the machine is.

import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { pino } from 'pino';
import { createApp } from '../src/app.ts';
import { alignTable, formatCount } from '../src/cli/output/format.ts';
import { INTERRUPTED, readArguments, runCommand, wholeNumber } from '../src/cli/run-command.ts';
import { readSettings } from '../src/config.ts';
import { startEmbeddedPostgres } from '../src/db/embedded/start-embedded-postgres.ts';
import { type Database, openDatabase } from '../src/db/postgres/connection/database.ts';
import { migrateDatabase } from '../src/db/postgres/startup/migrate.ts';
import { SourceHost } from './processes/source-host.ts';

const USAGE = `Measures the cost of watching data sources that do not change. Half of them are files with an ETag, half are data source
servers.

  npm run bench:sources [-- options]

  --sources N   number of sources (default: 1000)
  --interval S  seconds between two checks of a source (default: 10)
  --seconds S   seconds to measure, after a warm-up of one interval (default: 60)

Exit status: 1 if watching takes more than a tenth of a core, or if checks are missing.`;

const MAX_CORE_SHARE = 0.1;
/** The share of due checks that must be made; jitter moves some out of the measured period. */
const MIN_CHECK_SHARE = 0.95;

await runCommand(USAGE, async () => {
  const { values } = readArguments({
    options: {
      sources: { type: 'string', default: '1000' },
      interval: { type: 'string', default: '10' },
      seconds: { type: 'string', default: '60' },
    },
  });
  const sources = wholeNumber('--sources', values.sources, 1, 1e6);
  const interval = wholeNumber('--interval', values.interval, 1, 86_400);
  const seconds = wholeNumber('--seconds', values.seconds, 1, 86_400);

  await using stack = new AsyncDisposableStack();
  process.once('SIGINT', () => void stack.disposeAsync().finally(() => process.exit(INTERRUPTED)));
  const folder = await mkdtemp(join(tmpdir(), 'loadstone-bench-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const postgres = await startEmbeddedPostgres({ dataDir: folder, log: pino({ level: 'warn' }) });
  stack.defer(() => postgres.close());
  await migrateDatabase(postgres.url);
  const database = openDatabase(postgres.url, { max: 1, applicationName: 'bench' });
  stack.defer(() => database.close());
  const host = await SourceHost.start();
  stack.defer(() => host.close());
  await addSources(database, host.url, sources, interval);

  const environment = { PORT: '0', LOG_LEVEL: 'warn', ALLOW_PRIVATE_SOURCES: 'true', DATA_DIR: folder };
  const app = await createApp(readSettings({ ...environment, DATABASE_URL: postgres.url }));
  stack.defer(() => app.close());
  console.log(`Watching ${formatCount(sources)} sources every ${interval} s …`);
  await pause(interval * 1000 + 1000);

  const before = await snapshot(database, host);
  await pause(seconds * 1000);
  const after = await snapshot(database, host);
  const [failing] = await database.sql<{ sources: number }[]>`
    SELECT count(*) AS sources FROM data_sources WHERE failures > 0 OR import_id IS NOT NULL`;

  const measured = (after.at - before.at) / 1000;
  const checks = after.checks - before.checks;
  const due = (sources / interval) * measured;
  const ofCore = (after.serverMs - before.serverMs) / 1000 / measured;
  const postgresMs = after.postgresMs - before.postgresMs;
  console.log(
    alignTable([
      ['checks', `${formatCount(checks)} in ${measured.toFixed(1)} s, ${formatCount(due)} due`],
      [
        'server',
        `${(ofCore * 100).toFixed(1)}% of a core, ${((after.serverMs - before.serverMs) / checks).toFixed(2)} ms per check`,
      ],
      [
        'Postgres',
        Number.isNaN(postgresMs)
          ? 'unknown without /proc'
          : `${(postgresMs / 10 / measured).toFixed(1)}% of a core`,
      ],
      [
        'statements',
        `${((after.transactions - before.transactions) / measured).toFixed(1)} transactions per second`,
      ],
      ['failing or importing', failing?.sources ?? 0],
      ['machine', `${availableParallelism()} cores, Node ${process.versions.node}`],
    ]),
  );
  const isMet = ofCore < MAX_CORE_SHARE && checks >= due * MIN_CHECK_SHARE && failing?.sources === 0;
  console.log(`less than ${MAX_CORE_SHARE * 100}% of a core, all checks done: ${isMet ? 'met' : 'NOT MET'}`);
  return isMet ? 0 : 1;
});

/** Adds sources with validators, as if their content had been imported before. */
async function addSources({ sql }: Database, host: string, count: number, interval: number): Promise<void> {
  const sources = Array.from({ length: count }, (_, i) => {
    const isFile = i % 2 === 0;
    return {
      id: randomUUID(),
      name: `source ${i}`,
      kind: isFile ? 'HTTP' : 'SENSE_READ',
      url: isFile ? `${host}/files/${i}.csv` : `${host}/sensed/${i}`,
      validators: isFile ? { etag: `"${i}"` } : {},
    };
  });
  await sql`
    INSERT INTO data_sources
      (id, name, kind, url, interval_seconds, mode, max_deleted_share, validators, must_fetch, next_check_at)
    SELECT source.id, source.name, source.kind, source.url, ${interval}, 'UPSERT', 0.2, source.validators, false,
      now() + random() * make_interval(secs => ${interval})
    FROM jsonb_to_recordset(${JSON.stringify(sources)}::text::jsonb)
      AS source (id uuid, name text, kind text, url text, validators jsonb)`;
}

async function snapshot(database: Database, host: SourceHost) {
  const [activity] = await database.sql<{ transactions: number }[]>`
    SELECT xact_commit + xact_rollback AS transactions FROM pg_stat_database WHERE datname = current_database()`;
  const backends = await database.sql<{ pid: number }[]>`SELECT pid FROM pg_stat_activity`;
  const { user, system } = process.cpuUsage();
  const times = await Promise.all(backends.map(({ pid }) => cpuMs(pid)));
  return {
    at: performance.now(),
    checks: await host.count(),
    serverMs: (user + system) / 1000,
    postgresMs: times.reduce((sum, ms) => sum + ms, 0),
    transactions: activity?.transactions ?? 0,
  };
}

/** CPU time of another process; NaN without /proc, whose clock has 100 ticks per second. */
async function cpuMs(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const [user = Number.NaN, system = Number.NaN] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13)
    .map(Number);
  return (user + system) * 10;
}
