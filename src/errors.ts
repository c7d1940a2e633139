// Errors that a client may see. Whatever is not one of these is masked and logged with an id.

/** Codes of GraphQL errors (`extensions.code`) and of `Import.error`. Stable: clients act on them. */
export type ErrorCode =
  // of a request
  | 'NOT_FOUND'
  | 'BAD_USER_INPUT'
  | 'BAD_MULTIPART'
  | 'FILE_TOO_LARGE'
  | 'IMPORT_ID_TAKEN'
  | 'IMPORT_FINISHED'
  | 'NOT_RETRYABLE'
  | 'SPOOL_FULL'
  | 'CONFLICT'
  | 'SPOOL_UNAVAILABLE'
  | 'SHUTTING_DOWN'
  | 'NO_DELETION_TO_CONFIRM'
  | 'QUERY_TIMEOUT'
  // of an import
  | 'UPLOAD_INTERRUPTED'
  | 'UPLOAD_TOO_SLOW'
  | 'EMPTY_FILE'
  | 'MISSING_COLUMN'
  | 'DUPLICATE_COLUMN'
  | 'HEADER_TOO_LARGE'
  | 'NOT_A_CSV'
  | 'CORRUPT_ARCHIVE'
  | 'ARCHIVE_NOT_ONE_FILE'
  | 'INVALID_ENCODING'
  | 'UNBALANCED_QUOTE'
  | 'TOO_MANY_REJECTED_ROWS'
  | 'DATABASE_REJECTED_ROWS'
  | 'DATABASE_UNAVAILABLE'
  | 'DATABASE_FULL'
  | 'INTERNAL'
  // of an import from a data source
  | 'DELETION_NOT_CONFIRMED'
  // of a check of a data source
  | 'SOURCE_ADDRESS_REFUSED'
  | 'SOURCE_UNREACHABLE'
  | 'SOURCE_TIMEOUT'
  | 'SOURCE_STATUS'
  | 'SOURCE_REDIRECTS'
  | 'SOURCE_INTERRUPTED'
  | 'SOURCE_NOT_DATA';

/** A failure whose message is written for the client: what is wrong, and what to do. */
export class LoadstoneError extends Error {
  readonly code: ErrorCode;
  /** What a program needs beyond the code to act on it; sent as it is. */
  readonly details: Record<string, unknown>;

  constructor(
    code: ErrorCode,
    message: string,
    { details = {}, ...options }: ErrorOptions & { details?: Record<string, unknown> } = {},
  ) {
    super(message, options);
    this.name = 'LoadstoneError';
    this.code = code;
    this.details = details;
  }
}

/** The server cannot run as it is set up. The message is written for whoever starts it. */
export class SettingsError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'SettingsError';
  }
}
