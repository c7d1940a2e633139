// What an error of the database means: whether it may pass, and whose it is. Told by SQLSTATEs, and by the codes of
// postgres.js and of sockets.

/** A connection is gone, and what was done on it with it. */
export class ConnectionLostError extends Error {
  readonly code = 'CONNECTION_LOST';

  constructor(options?: ErrorOptions) {
    super('the connection to the database is gone', options);
  }
}

/** The network to the database passes nothing on, and tells nobody. */
export class DatabaseUnresponsiveError extends Error {
  readonly code = 'CONNECTION_LOST';

  constructor() {
    super('the database does not answer, though the connections to it are open');
  }
}

/**
 * Of connections that ended or could not be made: SQLSTATEs of the server, "too many connections" (53300) among them,
 * and codes of postgres.js, of sockets and of the look-up of names.
 */
const DATABASE_AWAY =
  /^(08...|53300|57P0[1-5]|CONNECTION_(CLOSED|ENDED|DESTROYED|LOST)|CONNECT_TIMEOUT|CANNOT_CONNECT|ECONN(REFUSED|RESET|ABORTED)|EPIPE|ETIMEDOUT|EHOST(DOWN|UNREACH)|ENET(DOWN|RESET|UNREACH)|EAI_AGAIN|ENOTFOUND)$/;

/** Whether it was not the statement that failed, but the way to the database: it may succeed when tried again. */
export function isConnectionFailure(error: unknown): boolean {
  return hasCode(error, DATABASE_AWAY);
}

const CANCELLED = /^57014$/;

/** Whether somebody cancelled the statement, or it passed `statement_timeout`. */
export function isQueryCanceled(error: unknown): boolean {
  return hasCode(error, CANCELLED);
}

const DISK_FULL = /^53100$/;

/** Whether the database has no room on its disk for what was to be written. */
export function isDiskFull(error: unknown): boolean {
  return hasCode(error, DISK_FULL);
}

/**
 * Of statements that may succeed when tried again: out of disk or memory (53), deadlock and the like (40), a lock not to
 * be had (55P03), cancelled (57014), idle or at work for too long in a transaction (25P03, 25P04), a server that may only
 * read while another takes its place (25006), an input or output error (58030); and of this process, when it has no file
 * descriptor left.
 */
const MAY_PASS = /^(53...|40...|25006|25P0[34]|55P03|57014|58030|EMFILE|ENFILE)$/;

/** Whether what failed may succeed later as it is: the database is away, or in trouble that passes. */
export function isTransient(error: unknown): boolean {
  return isConnectionFailure(error) || hasCode(error, MAY_PASS);
}

/** Drizzle wraps what postgres.js throws. */
function hasCode(error: unknown, codes: RegExp): boolean {
  if (!(error instanceof Error)) return false;
  return ('code' in error && codes.test(String(error.code))) || hasCode(error.cause, codes);
}
