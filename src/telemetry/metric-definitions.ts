// All metrics, in one list: the instruments and docs/metrics.md come from it.

export interface MetricDefinition {
  type: 'counter' | 'gauge' | 'histogram';
  name: string;
  help: string;
  labels: readonly string[];
  /** Upper bounds of a histogram, in seconds. */
  buckets?: readonly number[];
  /** Whether each server tells the same of the shared database, so that values must not be added up. */
  isShared?: boolean;
}

const REQUEST_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const STAGE_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900, 3600];
const STATEMENT_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

/** By the name of the instrument. */
export const METRICS = {
  imports: {
    type: 'gauge',
    name: 'loadstone_imports',
    help: 'Imports that have not ended, by status and by what they wait for (`nothing` if they do not wait).',
    labels: ['status', 'waiting_for'],
    isShared: true,
  },
  importsEnded: {
    type: 'counter',
    name: 'loadstone_imports_ended_total',
    help: 'Imports that have ended, by status. Only the process that ends an import counts it. One that fails, is retried and ends again counts twice.',
    labels: ['status'],
  },
  importRows: {
    type: 'counter',
    name: 'loadstone_import_rows_total',
    help: 'Rows of imports that have ended, by outcome: `inserted`, `updated`, `unchanged`, `superseded`, `rejected`; `deleted` are products. A retry counts only what it adds.',
    labels: ['outcome'],
  },
  importStageSeconds: {
    type: 'histogram',
    name: 'loadstone_import_stage_duration_seconds',
    help: 'Time that imports took for a stage: `receiving`, `loading`, `previewing`, `waiting` for the merge turn, `merging`, `finishing`. One observation for each attempt that completes the stage.',
    labels: ['stage'],
    buckets: STAGE_SECONDS,
  },
  importSeconds: {
    type: 'histogram',
    name: 'loadstone_import_duration_seconds',
    help: 'Time from the beginning of an import, or of its retry, to its end.',
    labels: ['status'],
    buckets: STAGE_SECONDS,
  },
  uploadBytes: {
    type: 'counter',
    name: 'loadstone_upload_bytes_total',
    help: 'Bytes of files that were received, compressed if they are, from clients (`upload`) and data sources (`source`).',
    labels: ['origin'],
  },
  uploads: {
    type: 'gauge',
    name: 'loadstone_uploads',
    help: 'Files that are being received.',
    labels: [],
  },
  importSlots: {
    type: 'gauge',
    name: 'loadstone_import_slots',
    help: 'Places for imports that are worked on at the same time (MAX_ACTIVE_IMPORTS).',
    labels: ['state'],
  },
  importsQueued: {
    type: 'gauge',
    name: 'loadstone_imports_queued',
    help: 'Imports of this process that wait for a slot.',
    labels: [],
  },
  lanes: {
    type: 'gauge',
    name: 'loadstone_lanes',
    help: 'Lanes, which are worker threads: `busy` with an import, or `idle`.',
    labels: ['state'],
  },
  laneBlocks: {
    type: 'gauge',
    name: 'loadstone_lane_blocks_pending',
    help: 'Blocks that lanes are loading or have queued, at most two for each lane.',
    labels: [],
  },
  databaseConnections: {
    type: 'gauge',
    name: 'loadstone_database_connections',
    help: 'Connections of this process to the database, by what they are for (the pools `reads`, `edits`, `progress`, `imports`, `housekeeping` and `rates`, or a session such as `lane`), and whether they run a statement (`active`), are inside a transaction, or idle.',
    labels: ['purpose', 'state'],
  },
  databaseWaits: {
    type: 'gauge',
    name: 'loadstone_database_lock_waits',
    help: 'Connections of this process that wait for a lock, by what they are for.',
    labels: ['purpose'],
  },
  databaseProbe: {
    type: 'histogram',
    name: 'loadstone_database_probe_duration_seconds',
    help: 'Time that a trivial statement takes through a connection pool, including the wait for a connection. Measured at each scrape, unless the one before still waits.',
    labels: ['pool'],
    buckets: STATEMENT_SECONDS,
  },
  subscribers: {
    type: 'gauge',
    name: 'loadstone_subscribers',
    help: 'Running subscriptions.',
    labels: ['transport'],
  },
  operationSeconds: {
    type: 'histogram',
    name: 'loadstone_graphql_operation_duration_seconds',
    help: 'Time to execute GraphQL queries and mutations, and to begin subscriptions. An upload lasts as long as its mutation.',
    labels: ['operation', 'type'],
    buckets: REQUEST_SECONDS,
  },
  operationErrors: {
    type: 'counter',
    name: 'loadstone_graphql_errors_total',
    help: 'Errors in GraphQL results, by error code. The operation is `invalid` if the document is.',
    labels: ['operation', 'code'],
  },
  expensiveQueries: {
    type: 'gauge',
    name: 'loadstone_expensive_queries',
    help: 'Queries that cost 5,000 or more, by whether they are executed (`running`, at most MAX_EXPENSIVE_QUERIES) or wait for their turn (`waiting`).',
    labels: ['state'],
  },
  requests: {
    type: 'counter',
    name: 'loadstone_http_requests_total',
    help: 'HTTP requests that were answered, by route.',
    labels: ['method', 'route', 'status'],
  },
  requestSeconds: {
    type: 'histogram',
    name: 'loadstone_http_request_duration_seconds',
    help: 'Time from a request to the end of its response. Streams last until they end.',
    labels: ['route'],
    buckets: REQUEST_SECONDS,
  },
  connections: {
    type: 'gauge',
    name: 'loadstone_http_connections',
    help: 'Open connections of clients, WebSockets included.',
    labels: [],
  },
  sourceChecks: {
    type: 'counter',
    name: 'loadstone_source_checks_total',
    help: 'Checks of data sources, by outcome: `unchanged`, `changed`, `failed`, `aborted`, `postponed`. Counted by the process that watches.',
    labels: ['outcome'],
  },
  sources: {
    type: 'gauge',
    name: 'loadstone_sources',
    help: 'Data sources: `ok`, `failing` or `paused`.',
    labels: ['state'],
    isShared: true,
  },
  spoolFree: {
    type: 'gauge',
    name: 'loadstone_spool_free_bytes',
    help: 'Space on the disk of the spool that uploads may take: what is free, less SPOOL_RESERVE_BYTES.',
    labels: [],
  },
  check: {
    type: 'gauge',
    name: 'loadstone_ready',
    help: 'Whether a check of `/readyz` succeeds: 1 or 0.',
    labels: ['check'],
  },
  scrapeErrors: {
    type: 'counter',
    name: 'loadstone_scrape_errors_total',
    help: 'Values that could not be read for a scrape, for example because the database was away. They are missing there.',
    labels: [],
  },
} as const satisfies Record<string, MetricDefinition>;
