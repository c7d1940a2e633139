// Errors in the words of the console. Their codes are small print.

interface ErrorText {
  /** What is wrong, in a few words. */
  title: string;
  /** In place of the server's message, if that speaks to programs. */
  text?: string;
  /** In place of what the server's message says about settings of the server, which users of the console do not have. */
  advice?: string;
}

const ASK_OPERATOR = 'Ask whoever runs the server.';
const UPDATE = 'Reload the page: the console was probably updated since you opened it.';

export const ERROR_TEXTS: Readonly<Record<string, ErrorText>> = {
  // Access
  UNAUTHENTICATED: {
    title: 'You are not signed in',
    text: 'The token is not valid, or not any more. Whoever runs the server can give you another one.',
  },
  FORBIDDEN: {
    title: 'You may not do this',
    text: 'Your access does not allow it. If you need to, ask whoever runs the server for another token.',
  },
  TOO_MANY_ATTEMPTS: {
    title: 'There were too many wrong tokens',
    text: 'Try again in a minute.',
  },
  IDENTITY_PROVIDER_UNAVAILABLE: {
    title: 'Your access cannot be checked right now',
    text: 'The service that issued your token does not answer. Try again in a moment.',
  },

  // Requests
  BAD_USER_INPUT: { title: 'Something entered is not allowed' },
  NOT_FOUND: { title: 'It is not there any more' },
  PROFILE_NOT_FOUND: {
    title: 'The profile is gone',
    advice: 'Save it again under this name, or choose another one.',
  },
  CONFLICT: {
    title: 'Someone else changed it',
    text: 'It was changed after you opened it, so nothing was saved. Open it again to see what it is now.',
  },
  ALREADY_EXISTS: {
    title: 'This SKU is taken',
    text: 'A product with this SKU exists already. Choose another SKU, or edit that product.',
  },
  IMPORT_ID_TAKEN: {
    title: 'This upload was started before',
    text: 'Another file was uploaded in its place. Choose the file again to start anew.',
  },
  IMPORT_FINISHED: { title: 'The import has ended', text: 'It ended before it could be cancelled.' },
  IMPORT_DELETED: {
    title: 'The import was deleted',
    text: 'What it brought into the catalogue is still there. To import the file again, choose it again.',
  },
  IMPORT_IN_USE: {
    title: 'The import cannot be deleted now',
  },
  NOT_READY: {
    title: 'There is nothing to commit',
    text: 'The preview is not complete, or the import has ended. Its page shows what it is now.',
  },
  IMPORT_UNFINISHED: {
    title: 'The import is still running',
    text: 'It can be undone, and its rows corrected, once it has ended. To stop it, cancel it first.',
  },
  NOT_CORRECTABLE: {
    title: 'The rows cannot be corrected here',
    text: 'Nothing of the file is in the catalogue. Correct the file and import it again.',
  },
  ALREADY_CORRECTED: {
    title: 'Someone else has corrected one of the rows',
    text: 'Nothing was imported. The rows are shown as they are by now.',
  },
  BEING_UNDONE: { title: 'The import is being undone', text: 'Someone else started to undo it.' },
  ALREADY_UNDONE: {
    title: 'The import was undone before',
    text: 'To have its changes back, undo the undo.',
  },
  UNDO_EXPIRED: {
    title: 'It is too late to undo the import',
    text: 'To get former values back, import a file that has them.',
  },
  FORMER_VALUES_GONE: { title: 'The former values are no longer known' },
  NOT_RETRYABLE: {
    title: 'The import cannot be retried',
    text: 'It has not failed, or its file is not on the server any more. Upload the file again.',
  },
  NO_DELETION_TO_CONFIRM: {
    title: 'There is nothing to confirm any more',
    text: 'The source has been checked since, or someone else has confirmed the deletion.',
  },
  QUERY_TIMEOUT: {
    title: 'That took too long',
    text: 'The server stopped searching. Search for more letters, or for something more specific.',
  },

  // Requests that a console of another version might send
  BAD_MULTIPART: { title: 'The upload was not understood', text: `The file did not arrive. ${UPDATE}` },
  HOST_NOT_ALLOWED: {
    title: 'The server does not know this address',
    text: 'Open the console at its own address. Whoever runs the server can allow this one.',
  },
  CROSS_ORIGIN_REQUEST: {
    title: 'The server refuses this page',
    text: 'The address of this page is not the one that the server expects. Open the console at its own address.',
  },
  NOT_ACCEPTABLE: { title: 'The page and the server do not match', text: UPDATE },
  UNSUPPORTED_MEDIA_TYPE: { title: 'The page and the server do not match', text: UPDATE },
  BAD_REQUEST: { title: 'The request was not understood', text: UPDATE },
  GRAPHQL_PARSE_FAILED: { title: 'The page and the server do not match', text: UPDATE },
  GRAPHQL_VALIDATION_FAILED: { title: 'The page and the server do not match', text: UPDATE },
  QUERY_TOO_COMPLEX: { title: 'The page and the server do not match', text: UPDATE },
  QUERY_TOO_EXPENSIVE: {
    title: 'That is too much at once',
    text: 'The server is set to answer smaller requests only. Choose a smaller page.',
  },
  RATE_LIMITED: {
    title: 'Too many requests',
    text: 'The server takes no more of them from you for up to a minute. Then try again.',
  },
  TOO_MANY_QUERIES: {
    title: 'The server is busy',
    text: 'It is answering as many long queries as it takes at once. Try again in a few seconds.',
  },
  TOO_MANY_UPLOADS: {
    title: 'Too many files at once',
    text: 'The server is receiving as many files as it takes. Upload this one when others have arrived.',
  },
  OPERATION_RESOLUTION_FAILURE: { title: 'The page and the server do not match', text: UPDATE },
  PERSISTED_QUERY_NOT_SUPPORTED: { title: 'The page and the server do not match', text: UPDATE },
  PERSISTED_QUERY_NOT_FOUND: { title: 'The page and the server do not match', text: UPDATE },
  PERSISTED_QUERY_ONLY: { title: 'The page and the server do not match', text: UPDATE },
  SHUTTING_DOWN: {
    title: 'The server is restarting',
    text: 'It will be back in a moment. Then try again.',
  },

  // Uploads and the server
  CONNECTION_LOST: { title: 'The connection was lost' },
  FILE_TOO_LARGE: { title: 'The file is too large' },
  UPLOAD_INTERRUPTED: { title: 'The upload was interrupted' },
  PREVIEW_EXPIRED: {
    title: 'It was not committed in time',
    text: 'The preview has expired. Nothing was imported. Choose the file again to import it.',
  },
  UPLOAD_TOO_SLOW: {
    title: 'The upload was too slow',
    text: 'Upload the file again over a faster connection, or compressed with zip or gzip.',
  },
  SPOOL_FULL: {
    title: 'The disk of the server is full',
    advice: `${ASK_OPERATOR} Then upload the file again.`,
  },
  SPOOL_UNAVAILABLE: {
    title: 'The server cannot store the file',
    advice: `${ASK_OPERATOR} Then upload the file again.`,
  },
  DATABASE_UNAVAILABLE: { title: 'The database does not respond', advice: 'Try again in a moment.' },
  DATABASE_FULL: { title: 'The disk of the database is full', advice: ASK_OPERATOR },
  TOO_MANY_STAGED_ROWS: { title: 'Too many rows wait to be imported' },
  INTERNAL: { title: 'Something went wrong on the server' },

  // Files
  EMPTY_FILE: {
    title: 'There is nothing in the file',
  },
  MISSING_COLUMN: {
    title: 'A column is missing',
  },
  AMBIGUOUS_COLUMN: {
    title: 'It is not clear what the columns mean',
  },
  DUPLICATE_COLUMN: {
    title: 'A column is there twice',
  },
  HEADER_TOO_LARGE: { title: 'The first line is too long' },
  NOT_A_CSV: { title: 'The file cannot be read' },
  UNPACKED_TOO_LARGE: { title: 'The file unpacks to more than this server takes' },
  CORRUPT_ARCHIVE: { title: 'The file is damaged' },
  ARCHIVE_NOT_ONE_FILE: { title: 'The zip does not have exactly one file' },
  AMBIGUOUS_SHEET: {
    title: 'Which sheet of the workbook is it?',
  },
  MISSING_SHEET: {
    title: 'The workbook has no such sheet',
  },
  WORKBOOK_ENCRYPTED: { title: 'The workbook has a password' },
  WORKBOOK_TOO_LARGE: { title: 'The workbook is too large' },
  INVALID_ENCODING: {
    title: 'The file is in another encoding',
  },
  UNBALANCED_QUOTE: {
    title: 'The quotes do not match',
  },
  TOO_MANY_REJECTED_ROWS: {
    title: 'Too many rows cannot be imported',
  },
  TOO_MANY_ATTRIBUTES: {
    title: 'There are too many attributes',
    text: 'A file of all products cannot have a column for each. Export fewer products, or without their attributes.',
  },
  TOO_MANY_EXPORTS: {
    title: 'Too many files are being downloaded',
    text: 'Try again when one of the other downloads has ended.',
  },
  DATABASE_REJECTED_ROWS: { title: 'The database rejects rows of the file' },

  // Sources
  DELETION_NOT_CONFIRMED: {
    title: 'Too many products would be deleted',
    advice: 'Correct the source, or allow the deletion on its page.',
  },
  IMPORT_CANCELLED: { title: 'The last import was cancelled' },
  SOURCE_ADDRESS_REFUSED: {
    title: 'The address is not allowed',
    advice: 'Addresses in your own network must be allowed by whoever runs the server.',
  },
  SOURCE_UNREACHABLE: { title: 'The source cannot be reached' },
  CHECK_POSTPONED: { title: 'The check is postponed' },
  SOURCE_TIMEOUT: { title: 'The source takes too long', advice: ASK_OPERATOR },
  SOURCE_STATUS: { title: 'The server of the source refuses' },
  SOURCE_REDIRECTS: { title: 'The address leads nowhere' },
  SOURCE_INTERRUPTED: { title: 'The download was interrupted' },
  SOURCE_NOT_DATA: { title: 'The address has something else than products' },
};

/** @param otherwise for codes that this console does not know, as a newer server may have */
export function errorTitle(code: string, otherwise: string): string {
  return ERROR_TEXTS[code]?.title ?? otherwise;
}
