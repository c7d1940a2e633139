// What a database error means, by its SQLSTATE or the error code of postgres.js, Node's sockets or DNS.

/** The connection was lost, and with it its transaction, locks and temporary tables. */
export class ConnectionLostError extends Error {
  readonly code = 'CONNECTION_LOST';

  constructor(options?: ErrorOptions) {
    super('the connection to the database was lost', options);
  }
}

/** Connections to the database are open, but nothing arrives over them. */
export class DatabaseUnresponsiveError extends Error {
  readonly code = 'CONNECTION_LOST';

  constructor() {
    super('the database does not respond, although connections to it are open');
  }
}

/** Includes "too many connections" (53300) and servers that are starting up or shutting down (57P0x). */
const CONNECTION_FAILURE =
  /^(08...|53300|57P0[1-5]|CONNECTION_(CLOSED|ENDED|DESTROYED|LOST)|CONNECT_TIMEOUT|CANNOT_CONNECT|ECONN(REFUSED|RESET|ABORTED)|EPIPE|ETIMEDOUT|EHOST(DOWN|UNREACH)|ENET(DOWN|RESET|UNREACH)|EAI_AGAIN|ENOTFOUND)$/;

/** Whether the connection failed rather than the statement, which may then succeed on retry. */
export function isConnectionFailure(error: unknown): boolean {
  return hasCode(error, CONNECTION_FAILURE) || isNodeLost(error);
}

const INTERNAL = /^XX000$/;
/** What a node of a Citus cluster says, in part in the words of libpq, when it has lost another. */
const NODE_LOST = new RegExp(
  [
    'connection (establishment for node|marked as essential|to the remote node|not open|lost)',
    'no connection to the server',
    'closed (the connection )?unexpectedly',
    'could not (receive data from|send data to) server',
    'could not (find an available|establish any) connection',
    'could not connect to (any active placements|node|shard)',
    'cannot connect to',
    'multiple connection failures',
    'failed to (complete COPY on|read result)',
    'wait event for node',
    'postmaster was shut down',
  ].join('|'),
);

const UNDEFINED_FILE = /^58P01$/;
/** Where a node keeps rows that others sent to it: lost if it is started again meanwhile. */
const ROWS_SENT = /pgsql_job_cache/;

function isNodeLost(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { message, cause } = error;
  return (
    (hasCode(error, INTERNAL) && NODE_LOST.test(message)) ||
    (hasCode(error, UNDEFINED_FILE) && ROWS_SENT.test(message)) ||
    isNodeLost(cause)
  );
}

const QUERY_CANCELED = /^57014$/;

/** Whether the statement was cancelled or exceeded `statement_timeout`. */
export function isQueryCanceled(error: unknown): boolean {
  return hasCode(error, QUERY_CANCELED);
}

const DISK_FULL = /^53100$/;

/** Whether the disk of the database is full. */
export function isDiskFull(error: unknown): boolean {
  return hasCode(error, DISK_FULL);
}

const LOCK_NOT_AVAILABLE = /^55P03$/;

/** Whether the statement exceeded `lock_timeout`. */
export function isLockTimeout(error: unknown): boolean {
  return hasCode(error, LOCK_NOT_AVAILABLE);
}

const UNDEFINED_TABLE = /^42P01$/;

/** Whether a table that the statement names does not exist. */
export function isUndefinedTable(error: unknown): boolean {
  return hasCode(error, UNDEFINED_TABLE);
}

const UNDEFINED_COLUMN = /^42703$/;

/** Whether a table has no such column as the statement names. */
export function isUndefinedColumn(error: unknown): boolean {
  return hasCode(error, UNDEFINED_COLUMN);
}

/**
 * Insufficient resources (53), deadlocks and the like (40), a server that became read-only in a failover (25006),
 * transaction timeouts (25P03, 25P04), lock timeouts (55P03), cancelled statements (57014), I/O errors (58030), and this
 * process being out of file descriptors.
 */
const TRANSIENT = /^(53...|40...|25006|25P0[34]|55P03|57014|58030|EMFILE|ENFILE)$/;

/** Whether the same operation may succeed on retry. */
export function isTransient(error: unknown): boolean {
  return (
    isConnectionFailure(error) || hasCode(error, TRANSIENT) || isCatalogConflict(error) || isShardMoved(error)
  );
}

/** What the coordinator of a Citus cluster says when a table is to be created while shards are moved. */
const SHARD_MOVED = /could not acquire the lock required to (colocate|create)/;

function isShardMoved(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return (hasCode(error, INTERNAL) && SHARD_MOVED.test(error.message)) || isShardMoved(error.cause);
}

const UNIQUE_VIOLATION = /^23505$/;

/** Whether a table of Postgres itself has a key already, as when two create something at once. */
function isCatalogConflict(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const isOfCatalog = 'schema_name' in error && error.schema_name === 'pg_catalog';
  return (isOfCatalog && hasCode(error, UNIQUE_VIOLATION)) || isCatalogConflict(error.cause);
}

/** Drizzle wraps the errors of postgres.js. */
function hasCode(error: unknown, codes: RegExp): boolean {
  if (!(error instanceof Error)) return false;
  return ('code' in error && codes.test(String(error.code))) || hasCode(error.cause, codes);
}
