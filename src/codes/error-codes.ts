// The codes of all errors, in one list: the type `ErrorCode`, the GraphQL enum and docs/errors.md come from it.

import type { CodeDescription } from './code-description.ts';

/** Where clients meet a code. */
export type ErrorPlace =
  /** In the errors of a GraphQL result. */
  | 'request'
  /** In the answer to a request that is refused before it is executed. */
  | 'transport'
  /** In `Import.error`. */
  | 'import'
  /** In `DataSource.error`, besides the codes of imports. */
  | 'dataSource';

export interface ErrorDescription extends CodeDescription {
  in: readonly ErrorPlace[];
  /** HTTP status of a request that fails with it; 200 if not given, as for any other GraphQL result. */
  status?: number;
  /** Statuses that depend on the case, in words for the documentation. */
  statuses?: string;
  /** Whether an import that fails with it may succeed later with the same file. */
  isRetryable?: boolean;
}

const DESCRIPTIONS = {
  // Access
  UNAUTHENTICATED: {
    in: ['request', 'transport'],
    status: 401,
    meaning:
      'The server requires access tokens, and the request has none, or one that is malformed, unknown, expired or revoked. A stream ends with it when its token is revoked or expires.',
    action:
      'Send a valid token in the header `Authorization: Bearer TOKEN`. `npm run token -- create` makes one; the console has a page to sign in.',
  },
  FORBIDDEN: {
    in: ['request', 'transport'],
    status: 403,
    meaning: 'The role of the token does not allow this. The message names the role that does.',
    action: 'Use a token with that role.',
  },

  TOO_MANY_ATTEMPTS: {
    in: ['transport'],
    status: 429,
    meaning: 'More than ten requests with a wrong token came from this address within a minute.',
    action: 'Try again after the seconds of the header `Retry-After`, with a valid token.',
  },
  IDENTITY_PROVIDER_UNAVAILABLE: {
    in: ['transport'],
    status: 503,
    meaning: 'The token is a JWT, and the keys to verify it cannot be fetched from `JWT_JWKS_URL`.',
    action:
      'Try again in a moment. If it persists, check `JWT_JWKS_URL` and whether the server can reach it.',
  },

  // Requests
  BAD_USER_INPUT: {
    in: ['request'],
    statuses:
      '200; 400 for a variable of the wrong type; 413 or 408 for a request that is too large or too slow',
    meaning:
      'An argument or variable has a value that is not allowed; or one file is used in two places; or a request without a file is larger than 1 MiB plus 14 bytes for each character of `MAX_DESCRIPTION_LENGTH`, or takes longer than 30 s plus the time it would need at 128 KB/s.',
    action:
      'See the message. `extensions.fields` has all fields that are wrong, each with a code and a message; `extensions.field` is the first of them. Send files as multipart requests.',
  },
  NOT_FOUND: {
    in: ['request'],
    statuses: '200; 404 for a download or a WebSocket',
    meaning: 'No product has this SKU, or no import, import profile or data source has this id.',
    action: 'Correct the SKU or the id.',
  },
  PROFILE_NOT_FOUND: {
    in: ['request', 'dataSource'],
    meaning: 'No import profile has this name; it may have been deleted.',
    action: 'Save the profile again with `saveImportProfile`, or name another one.',
  },
  CONFLICT: {
    in: ['request'],
    meaning: 'The product has changed since the given `updatedAt`. Nothing was written.',
    action:
      'Look at the current product in `extensions.product`. If your change still applies, send it again with its `updatedAt`.',
  },
  ALREADY_EXISTS: {
    in: ['request'],
    meaning: 'A product with this SKU already exists. Nothing was written.',
    action: 'Choose another SKU, or change the product in `extensions.product` with `updateProduct`.',
  },
  IMPORT_ID_TAKEN: {
    in: ['request'],
    meaning: 'Another file was sent with this `id`.',
    action: 'Choose a new `id`.',
  },
  IMPORT_FINISHED: {
    in: ['request'],
    meaning: 'The import cannot be cancelled because it has already finished.',
    action: 'No action is needed.',
  },
  IMPORT_DELETED: {
    in: ['request'],
    meaning:
      'The import was deleted, by a client or after `IMPORTS_KEEP_DAYS`. It can no longer be followed, undone or corrected, and its `id` is not used again.',
    action:
      'To import the file again, send it with a new `id`. To take back what it did, import a file with the former values.',
  },
  IMPORT_IN_USE: {
    in: ['request'],
    meaning:
      'The import cannot be deleted: it has not ended, or is being undone or corrected, or undoes or corrects one that is still there, or a data source waits for its outcome or for a confirmation of its deletions.',
    action: 'See the message. Delete it when that is over.',
  },
  NOT_READY: {
    in: ['request'],
    meaning:
      'The import cannot be committed: it was started without `preview`, is not READY yet, or has failed or been cancelled.',
    action: 'Commit it once it is READY. If it has ended, send the file again with a new `id`.',
  },
  IMPORT_UNFINISHED: {
    in: ['request'],
    meaning: 'The import cannot be undone, nor its rows corrected, because it has not ended.',
    action: 'Wait until it has ended, or stop it with `cancelImport` first.',
  },
  NOT_CORRECTABLE: {
    in: ['request'],
    meaning:
      'The rows of the import cannot be corrected: it failed or was cancelled, or it is an undo or itself a correction.',
    action:
      'Import the file again. Rows that a correction has rejected are corrected in the import that `extensions.corrects` names.',
  },
  ALREADY_CORRECTED: {
    in: ['request'],
    meaning: 'One of the rows has been corrected, or is being corrected. Nothing was imported.',
    action: 'Leave out the rows in `extensions.rows`. Change their products with `updateProduct`.',
  },
  BEING_UNDONE: {
    in: ['request'],
    meaning: 'The import is being undone.',
    action: 'Follow the undo in `extensions.undoneBy` with `importProgress`.',
  },
  ALREADY_UNDONE: {
    in: ['request'],
    meaning: 'The import was undone before.',
    action: 'To have its changes back, undo the undo in `extensions.undoneBy`.',
  },
  UNDO_EXPIRED: {
    in: ['request'],
    meaning: 'The import ended more than `UNDO_DAYS` ago.',
    action: 'Import a file with the former values, or raise `UNDO_DAYS`.',
  },
  FORMER_VALUES_GONE: {
    in: ['import'],
    meaning:
      'The import cannot be undone: some of what it changed is no longer known, or never was, as with imports of versions that did not record it. Nothing was undone.',
    action: 'Import a file with the former values.',
  },
  NOT_RETRYABLE: {
    in: ['request'],
    meaning: 'The import cannot be retried: it has not failed, it is an undo, or its file is no longer kept.',
    action: 'Send the file again, or call `undoImport` again with the import in `extensions.undoes`.',
  },
  NO_DELETION_TO_CONFIRM: {
    in: ['request'],
    meaning: 'The import does not wait for a confirmation, or no longer does.',
    action: 'Look at `deletionToConfirm`.',
  },
  QUERY_TIMEOUT: {
    in: ['request'],
    meaning: 'The query took longer than `QUERY_TIMEOUT_SECONDS` in the database and was cancelled there.',
    action: 'Request less at once, or raise `QUERY_TIMEOUT_SECONDS`.',
  },

  // Exports
  TOO_MANY_EXPORTS: {
    in: ['transport'],
    status: 503,
    meaning: 'As many exports are running as the server runs at a time.',
    action: 'Try again after the seconds of the header `Retry-After`.',
  },
  TOO_MANY_ATTRIBUTES: {
    in: ['transport'],
    status: 400,
    meaning:
      'The products have more than 1,600 different attributes, or the names of all of them are longer than a header may be (64 KiB).',
    action:
      'Name those to export in the parameter `attributes`, and export the others to another file. Each file can be imported by itself.',
  },

  // Requests that are refused before they are executed
  BAD_MULTIPART: {
    in: ['transport'],
    status: 400,
    meaning:
      'The multipart request is malformed: a part is missing, unnamed, base64-encoded or not UTF-8, there are too many parts, or the file is not the last one.',
    action:
      'Send `operations` and `map`, as fields or as files, then one file under the name that `map` gives it.',
  },
  CROSS_ORIGIN_REQUEST: {
    in: ['transport'],
    status: 403,
    meaning: 'A page of another origin sent a POST request or opened a WebSocket.',
    action:
      'Send the request from the same origin or from a program. To allow the page, add its origin to `ALLOWED_ORIGINS`. Behind a proxy, check that it passes on `Host` and `X-Forwarded-Proto`.',
  },
  HOST_NOT_ALLOWED: {
    in: ['transport'],
    status: 421,
    meaning:
      'The server does not answer under the name in `Host` (or in `X-Forwarded-Host` of a trusted proxy).',
    action: 'Use another name of the server. If you run it and the name is yours, add it to `ALLOWED_HOSTS`.',
  },
  NOT_ACCEPTABLE: {
    in: ['transport'],
    status: 406,
    meaning:
      'The Accept header allows no available format: JSON or an event stream for a query or mutation, an event stream for a subscription.',
    action: 'Send `Accept: application/json, text/event-stream`, or no Accept header.',
  },
  UNSUPPORTED_MEDIA_TYPE: {
    in: ['transport'],
    status: 415,
    meaning: 'The body has an unsupported Content-Type, a charset other than UTF-8, or a Content-Encoding.',
    action: 'Send `application/json`, or `multipart/form-data` with a file, without compression.',
  },
  BAD_REQUEST: {
    in: ['transport'],
    statuses: '400, 405, 408, 413, 417 or 431; 200 for a request without a `query`',
    meaning:
      'The request is not valid HTTP, or has no or several Host headers, an invalid address, an unknown parameter, a method that is not supported there, invalid JSON, a body that is not UTF-8, or headers that are too large or too slow.',
    action: 'See the message. For status 405, use a method of the `Allow` header; mutations need POST.',
  },
  GRAPHQL_PARSE_FAILED: {
    in: ['transport'],
    meaning:
      'The document is not valid GraphQL, has more than 2,000 tokens, or nests brackets deeper than 200.',
    action: 'Correct the document.',
  },
  GRAPHQL_VALIDATION_FAILED: {
    in: ['transport'],
    meaning: 'The document does not match the schema.',
    action: 'Correct the document.',
  },
  QUERY_TOO_COMPLEX: {
    in: ['transport'],
    meaning:
      'The document has more aliases than `MAX_QUERY_ALIASES`, more fields at its root than `MAX_ROOT_FIELDS`, fields nested deeper than `MAX_QUERY_DEPTH`, or more than five directives at one place.',
    action: 'Split it into several requests, or ask for lists.',
  },
  QUERY_TOO_EXPENSIVE: {
    in: ['transport'],
    meaning:
      'The operation costs more than `MAX_QUERY_COST`. `extensions.cost` and `extensions.limit` say how much, and `extensions.dearest` for which field most of it is.',
    action: 'Ask for smaller pages or fewer fields, or split the operation into several requests.',
  },
  RATE_LIMITED: {
    in: ['transport'],
    status: 429,
    meaning:
      'The client has sent more mutations than `MAX_MUTATIONS_PER_MINUTE`, or operations that cost more than `MAX_COST_PER_MINUTE`. Nothing was executed.',
    action:
      'Try again after the seconds of the header `Retry-After`, which are in `extensions.retryAfter` too. Ask for less, or edit many products in one mutation.',
  },
  TOO_MANY_QUERIES: {
    in: ['transport'],
    status: 429,
    meaning:
      'As many expensive queries as the server executes at once (`MAX_EXPENSIVE_QUERIES`) are running, and this one has waited `QUERY_TIMEOUT_SECONDS` for its turn, or 200 more of the client wait. Nothing was executed.',
    action:
      'Try again after the seconds of the header `Retry-After`, which are in `extensions.retryAfter` too. Send fewer at once, or queries that cost less than 5,000.',
  },
  TOO_MANY_UPLOADS: {
    in: ['transport'],
    status: 429,
    meaning:
      'As many files as the server takes at once are being sent: `MAX_UPLOADS` in all, or `MAX_UPLOADS_PER_CLIENT` by this client. The file was not read.',
    action:
      'Send the file again after the seconds of the header `Retry-After`, which are in `extensions.retryAfter` too, with the same `id`. Send fewer files at once.',
  },
  OPERATION_RESOLUTION_FAILURE: {
    in: ['transport'],
    status: 400,
    meaning: 'The document has several operations, or none with the name `operationName`.',
    action: 'Name one of them in `operationName`.',
  },
  PERSISTED_QUERY_NOT_SUPPORTED: {
    in: ['transport'],
    meaning:
      'The request has the hash of a document in its place, but the server has no list of persisted operations (`PERSISTED_OPERATIONS`).',
    action: 'Send the document itself. Apollo and urql clients do so automatically.',
  },
  PERSISTED_QUERY_NOT_FOUND: {
    in: ['transport'],
    meaning: 'No document of the list `PERSISTED_OPERATIONS` has this hash.',
    action: 'Add the document to the list, and restart the server. Documents are not added by sending them.',
  },
  PERSISTED_QUERY_ONLY: {
    in: ['transport'],
    statuses: '400; 200 for a client that accepts only `application/json`',
    meaning:
      'The server executes only the documents of its list `PERSISTED_OPERATIONS`, and this is none of them.',
    action: 'Add the document to the list exactly as it is sent, and restart the server.',
  },
  SHUTTING_DOWN: {
    in: ['transport'],
    status: 503,
    meaning: 'The server is shutting down.',
    action: 'Try again in a moment.',
  },

  // Requests and imports
  FILE_TOO_LARGE: {
    in: ['request', 'import'],
    status: 413,
    meaning: 'The file is larger than `MAX_UPLOAD_BYTES`.',
    action: 'Split or compress the file, or raise `MAX_UPLOAD_BYTES`.',
  },
  UNPACKED_TOO_LARGE: {
    in: ['request', 'import'],
    status: 413,
    meaning:
      'The compressed file unpacks to more than `MAX_UNPACKED_BYTES`, or to more than `MAX_COMPRESSION_RATIO` times its size, beyond its first 256 MiB.',
    action: 'Split the file, send it less compressed, or raise the limit.',
  },
  UPLOAD_INTERRUPTED: {
    in: ['request', 'import'],
    status: 408,
    meaning:
      'The upload is incomplete: it was idle for `UPLOAD_IDLE_SECONDS`, the client disconnected, its token was revoked, or the server stopped.',
    action: 'Send the file again with the same `id`.',
  },
  PREVIEW_EXPIRED: {
    in: ['request', 'import'],
    meaning:
      'A previewed import was not committed within `PREVIEW_HOURS`. It is CANCELLED, and nothing was imported.',
    action: 'Send the file again with a new `id`.',
  },
  UPLOAD_TOO_SLOW: {
    in: ['request', 'import'],
    status: 408,
    meaning: 'The upload was slower than `UPLOAD_MIN_BYTES_PER_SECOND` for 30 s.',
    action:
      'Send the file again with the same `id`, compressed or over a faster connection; or lower `UPLOAD_MIN_BYTES_PER_SECOND`.',
  },
  SPOOL_FULL: {
    in: ['request', 'import'],
    meaning:
      'The disk of `DATA_DIR` has no space for the file. If the request has a Content-Length, it fails before the file is read.',
    action:
      'Free disk space, or set `DATA_DIR` to a larger disk. Then send the file again with the same `id`.',
  },
  SPOOL_UNAVAILABLE: {
    in: ['request', 'import'],
    meaning:
      'The server cannot write to `DATA_DIR`, has been out of file descriptors for too long, or does not have the file of an import that it took over.',
    action: 'See the message.',
    isRetryable: true,
  },
  DATABASE_UNAVAILABLE: {
    in: ['request', 'import'],
    meaning:
      'The database does not respond, or aborted the work. An import fails when it made no progress for `DATABASE_WAIT_SECONDS`.',
    action: 'Send the request again in a moment. For an import, find the cause, then call `retryImport`.',
    isRetryable: true,
  },
  DATABASE_FULL: {
    in: ['request', 'import'],
    meaning: 'The disk of the database is full.',
    action: 'Free disk space there. Then send the request again, or call `retryImport`.',
    isRetryable: true,
  },
  TOO_MANY_STAGED_ROWS: {
    in: ['import'],
    meaning:
      'All imports together would hold more rows in staging than `MAX_STAGED_ROWS` allows. The message says which imports hold them.',
    action:
      'Commit or cancel previews, or wait until other imports have ended. Then call `retryImport`. Or split the file, or raise `MAX_STAGED_ROWS`.',
    isRetryable: true,
  },
  INTERNAL: {
    in: ['request', 'import'],
    statuses: '200; 500 if nothing was executed',
    meaning: 'An unexpected error.',
    action:
      "See the server's log: search for the reference in the message, or for the id of the import. Retry an import with `retryImport`.",
    isRetryable: true,
  },

  // Imports
  EMPTY_FILE: {
    in: ['request', 'import'],
    meaning: 'The file is empty or has nothing but white space.',
    action: 'Send a file with a header.',
  },
  MISSING_COLUMN: {
    in: ['import'],
    meaning:
      'The header has no column for the name, the SKU or the description, or lacks a column that `mapping` names.',
    action:
      'Add or rename the column, or set `mapping`. The message suggests a similar column, a delimiter, an encoding, or the line of the header, where one is likely.',
  },
  AMBIGUOUS_COLUMN: {
    in: ['import'],
    meaning: 'The header has no column of this name, and several that are usual names for it.',
    action: 'Say in `mapping` which one is meant; the message names them.',
  },
  DUPLICATE_COLUMN: {
    in: ['import'],
    meaning: 'The header has a column that is imported more than once.',
    action: 'Keep one of them.',
  },
  HEADER_TOO_LARGE: {
    in: ['request', 'import'],
    meaning: 'The header is longer than 64 KiB.',
    action: 'Make sure that the first line is a header.',
  },
  NOT_A_CSV: {
    in: ['request', 'import'],
    meaning:
      'The file is not CSV: it is binary, a spreadsheet (Excel, OpenDocument, Numbers), JSON, a web page, a PDF, an encrypted zip, an archive inside of an archive, or UTF-16 or UTF-32 without a byte order mark.',
    action: 'Export it as CSV, or set `encoding`.',
  },
  CORRUPT_ARCHIVE: {
    in: ['request', 'import'],
    meaning: 'The gzip, zstd or zip file is truncated or damaged.',
    action: 'Create the archive again.',
  },
  ARCHIVE_NOT_ONE_FILE: {
    in: ['request', 'import'],
    meaning: 'The zip has no file, or several that could be the one to import.',
    action: 'Create one zip for each file.',
  },
  AMBIGUOUS_SHEET: {
    in: ['request', 'import'],
    meaning: 'The workbook has several sheets with data.',
    action:
      'Set `sheet` to the name of one. The message names them, and so does `extensions.sheets` of an inspection.',
  },
  MISSING_SHEET: {
    in: ['request', 'import'],
    meaning: 'The workbook has no sheet with the name given by `sheet`.',
    action: 'Set `sheet` to the name of one that it has; the message names them.',
  },
  WORKBOOK_ENCRYPTED: {
    in: ['request', 'import'],
    meaning: 'The workbook has a password.',
    action: 'Remove the password and save it again, or save the sheet as CSV.',
  },
  WORKBOOK_TOO_LARGE: {
    in: ['request', 'import'],
    meaning:
      'The different texts of the workbook take more than 128 MiB. They are stored apart from the rows, and needed all at once.',
    action: 'Save the sheet as CSV, or split it.',
  },
  INVALID_ENCODING: {
    in: ['request', 'import'],
    meaning: 'The header has bytes that are invalid in UTF-8, or in the encoding of the file.',
    action: 'Set the correct `encoding`, or save the file as UTF-8.',
  },
  UNBALANCED_QUOTE: {
    in: ['request', 'import'],
    meaning:
      'The header has a misplaced quote, or quotes are misplaced or never closed and more than `MAX_RECORD_BYTES` follow without a recognizable row.',
    action:
      'Correct the quotes; the message has the first line. If fields are not quoted in the file, choose the option `quoting: NONE`.',
  },
  TOO_MANY_REJECTED_ROWS: {
    in: ['import'],
    meaning:
      'More rows were rejected than `maxRejectedRows` allows, or than the server keeps (`MAX_ROW_ISSUES`).',
    action: 'See the issues of the import. Raise `maxRejectedRows` to import the valid rows anyway.',
  },
  DATABASE_REJECTED_ROWS: {
    in: ['import'],
    meaning: 'Postgres rejected rows of the file.',
    action:
      "See the message: it has Postgres's own message, and how many products of the file are in the catalogue.",
  },
  DELETION_NOT_CONFIRMED: {
    in: ['import', 'dataSource'],
    meaning: "The import would delete more than the data source's `maxDeletedShare`. Nothing was merged.",
    action: 'Correct the source, or allow the deletion with `confirmDataSourceDeletion`.',
  },

  // Data sources
  IMPORT_CANCELLED: {
    in: ['dataSource'],
    meaning: 'A client cancelled the import of this data source.',
    action: 'No action is needed: its content is fetched again. To prevent that, pause the data source.',
  },
  SOURCE_ADDRESS_REFUSED: {
    in: ['request', 'dataSource'],
    meaning:
      'The address, an address that its host name resolves to, or one that it redirects to, is not on the public internet.',
    action: 'Use a public address, or set `ALLOW_PRIVATE_SOURCES=true`.',
  },
  SOURCE_UNREACHABLE: {
    in: ['dataSource'],
    meaning:
      'The host name cannot be resolved, the server does not accept connections, or it does not speak TLS or HTTP.',
    action: 'See the message.',
  },
  CHECK_POSTPONED: {
    in: ['dataSource'],
    meaning:
      'The content waits: as many sources as the server takes at once are being fetched, or its disk has too little room to keep content that has to be compared. It counts as no failure.',
    action: 'None for the first, as the check is repeated within seconds. For the second, free some space.',
  },
  SOURCE_TIMEOUT: {
    in: ['dataSource'],
    meaning:
      'The server was idle for `SOURCE_SILENCE_SECONDS`, was slower than `SOURCE_MIN_BYTES_PER_SECOND`, or took longer than `SOURCE_FETCH_SECONDS`.',
    action: 'See the message.',
  },
  SOURCE_STATUS: {
    in: ['dataSource'],
    meaning: 'The server answered with an HTTP status other than 200, or 304 to a conditional request.',
    action: 'See the message.',
  },
  SOURCE_REDIRECTS: {
    in: ['dataSource'],
    meaning:
      'The server redirects in a loop, more than 5 times, without a Location header, or to another scheme than http or https.',
    action: 'Use the final address of the file.',
  },
  SOURCE_INTERRUPTED: {
    in: ['dataSource'],
    meaning:
      'The connection closed early, the server sent more or fewer bytes than announced, or the content changed during the download.',
    action: 'No action is needed: the content is fetched again.',
  },
  SOURCE_NOT_DATA: {
    in: ['dataSource'],
    meaning:
      'The server sent a web page, JSON or XML, a damaged or truncated Content-Encoding, or an answer to `/sense` other than 1 or 0.',
    action: 'See the message.',
  },
} as const satisfies Record<string, ErrorDescription>;

/** Stable: clients act on them. */
export type ErrorCode = keyof typeof DESCRIPTIONS;

export const ERROR_CODES: Readonly<Record<ErrorCode, ErrorDescription>> = DESCRIPTIONS;

/** @returns a stored code as one of this version; INTERNAL for a code that only another version has */
export function errorCodeOf(stored: string): ErrorCode {
  return Object.hasOwn(ERROR_CODES, stored) ? (stored as ErrorCode) : 'INTERNAL';
}
