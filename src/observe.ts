// What the metrics and the probes read of the parts of the application.

import type { ImportStore } from './db/imports/import-store.ts';
import type { PoolName } from './db/postgres/connection/connection-budget.ts';
import { answers, countConnections } from './db/postgres/connection/connection-counts.ts';
import type { Database, Pools } from './db/postgres/connection/database.ts';
import { migrationFault } from './db/postgres/startup/migrate.ts';
import type { DataSourceStore } from './db/sources/data-source-store.ts';
import type { ImportService } from './ingest/import-service.ts';
import type { WarmLanes } from './ingest/lane/warm-lanes.ts';
import type { Spool } from './ingest/spool/spool.ts';
import type { EventLoop } from './telemetry/event-loop.ts';
import { Health, type Probes } from './telemetry/health.ts';
import type { Metrics } from './telemetry/metrics.ts';

/** A server that answers this late is not ready; one that does for so long is restarted. */
const NOT_READY_AFTER_MS = 2000;
const NOT_ALIVE_AFTER_MS = 8000;

export function observeImports(
  metrics: Metrics,
  parts: { imports: ImportService; importStore: ImportStore; lanes: WarmLanes; spool: Spool },
): void {
  const { imports, importsQueued, importSlots, lanes, laneBlocks, spoolFree } = metrics.of;
  metrics.beforeScrape(async () => {
    imports.reset();
    for (const { status, waitingFor, imports: count } of await parts.importStore.countUnfinished())
      imports.set({ status, waiting_for: waitingFor ?? 'nothing' }, count);
  });
  metrics.beforeScrape(() => {
    const { used, free, waiting } = parts.imports.slots;
    importSlots.set({ state: 'used' }, used);
    importSlots.set({ state: 'free' }, free);
    importsQueued.set(waiting);
    const { busy, idle, pendingBlocks } = parts.lanes.usage();
    lanes.set({ state: 'busy' }, busy);
    lanes.set({ state: 'idle' }, idle);
    laneBlocks.set(pendingBlocks);
  });
  metrics.beforeScrape(async () => spoolFree.set(await parts.spool.room()));
}

export function observeSources(metrics: Metrics, store: DataSourceStore): void {
  const { sources } = metrics.of;
  metrics.beforeScrape(async () => {
    sources.reset();
    for (const [state, count] of Object.entries(await store.countByState())) sources.set({ state }, count);
  });
}

export function observeDatabase(metrics: Metrics, pools: Pools, inUse: readonly PoolName[]): void {
  const { databaseConnections, databaseWaits, databaseProbe } = metrics.of;
  metrics.beforeScrape(async () => {
    databaseConnections.reset();
    databaseWaits.reset();
    const counts = await countConnections(pools.housekeeping);
    for (const { purpose, state, connections, waiting } of counts) {
      databaseConnections.set({ purpose, state }, connections);
      databaseWaits.inc({ purpose }, waiting);
    }
  });
  const probed = new Set<PoolName>();
  metrics.beforeScrape(() => {
    // A scrape does not wait for a pool that is in use; the probe that does counts later.
    for (const pool of inUse) {
      if (probed.has(pool)) continue;
      probed.add(pool);
      const onAnswer = databaseProbe.startTimer({ pool });
      void answers(pools[pool]).then(() => {
        onAnswer();
        probed.delete(pool);
      });
    }
  });
}

export function createProbes(
  metrics: Metrics,
  parts: { database: Database; spool: Spool; eventLoop: EventLoop; draining: AbortSignal },
): Probes {
  const { database, spool, eventLoop, draining } = parts;
  const blocked = (limitMs: number) => {
    const ms = eventLoop.longestDelayMs();
    return ms > limitMs ? `was blocked for ${(ms / 1000).toFixed(1)} seconds` : undefined;
  };
  const ready = new Health({
    database: async () => {
      return (await answers(database)) ? undefined : 'is not reachable';
    },
    migrations: () => migrationFault(database.sql),
    spool: async () =>
      (await spool.room()) > 0
        ? undefined
        : 'has no room for uploads: the disk of DATA_DIR has less than SPOOL_RESERVE_BYTES free',
    eventLoop: () => blocked(NOT_READY_AFTER_MS),
    draining: () => (draining.aborted ? 'the server is shutting down' : undefined),
  });
  metrics.beforeScrape(async () => {
    const { checks } = await ready.report();
    for (const [check, result] of Object.entries(checks))
      metrics.of.check.set({ check }, result === 'ok' ? 1 : 0);
  });
  return { alive: new Health({ eventLoop: () => blocked(NOT_ALIVE_AFTER_MS) }), ready };
}
