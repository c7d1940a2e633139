// How many connections a server process may open at once, and how many lanes an import gets where the database allows fewer.

/** The size of each pool. */
export const POOL_SIZES = {
  /** Queries of clients, which have a time limit. */
  reads: 10,
  /** Edits of clients, which may wait for locks without a limit. */
  edits: 4,
  /** Notifications, the states that subscribers see, and who asks. */
  progress: 3,
  /** Imports, beside the lanes and sessions of each. */
  imports: 6,
  /** Recovery, retention, indexing, watching data sources, probes. */
  housekeeping: 4,
  /** Counts of what clients ask, if servers share them. */
  rates: 2,
};

export type PoolName = keyof typeof POOL_SIZES;

/** Seconds after which an idle connection of a pool is closed: longer than most intervals between two scrapes. */
export const POOL_IDLE = 20;

/** Connections of one purpose each. */
const SESSIONS = {
  presence: 1,
  notifications: 1,
  cancelling: 1,
  watchingSources: 1,
  /** Of the products of a data source that was removed. */
  releasingProducts: 1,
  indexing: 1,
  exports: 4,
};

/** Of an import: its merge turn, and a session that deletes or takes a snapshot. */
const SESSIONS_PER_IMPORT = 2;

/** For `npm run verify`, backups and administrators; added where Loadstone chooses the limit. */
const SPARE = 20;
/** `superuser_reserved_connections` of Postgres. */
const RESERVED = 3;

export interface ConnectionSettings {
  /** Imports that a process works on at the same time. */
  maxActiveImports: number;
  ingestLanes: number;
  /** Whether servers count together what clients ask. */
  sharedRates: boolean;
}

/** @returns how many connections a process may take at once, by what they are for */
export function connectionUses(settings: ConnectionSettings): Record<string, number> {
  const { maxActiveImports, ingestLanes } = settings;
  const { exports, ...others } = SESSIONS;
  return {
    ...poolSizes(settings),
    lanes: maxActiveImports * ingestLanes,
    'merges and snapshots': maxActiveImports * SESSIONS_PER_IMPORT,
    exports,
    'other sessions': sum(others),
  };
}

/** What all pools, lanes and sessions of a process may take together. */
export function connectionsNeeded(settings: ConnectionSettings): number {
  return sum(connectionUses(settings));
}

/** @returns how many lanes an import may have with so many connections, at most those of the settings; 0 if none fits */
export function lanesWithin(connections: number, settings: ConnectionSettings): number {
  const forEach = Math.floor((connections - fixedConnections(settings)) / settings.maxActiveImports);
  return Math.max(0, Math.min(settings.ingestLanes, forEach - SESSIONS_PER_IMPORT));
}

/** @returns `max_connections` for a Postgres that one process uses, between 200 and 2000 */
export function maxConnectionsFor(settings: ConnectionSettings): number {
  return Math.min(Math.max(200, connectionsNeeded(settings) + RESERVED + SPARE), 2000);
}

/** The pools that a process uses. The others open no connection. */
export function poolsInUse({ sharedRates }: Pick<ConnectionSettings, 'sharedRates'>): PoolName[] {
  const all = Object.keys(POOL_SIZES) as PoolName[];
  return all.filter((pool) => pool !== 'rates' || sharedRates);
}

/** Whatever the number of imports. */
function fixedConnections(settings: ConnectionSettings): number {
  return sum(poolSizes(settings)) + sum(SESSIONS);
}

function poolSizes(settings: ConnectionSettings): Record<string, number> {
  return Object.fromEntries(poolsInUse(settings).map((pool) => [pool, POOL_SIZES[pool]]));
}

function sum(counts: Record<string, number>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}
