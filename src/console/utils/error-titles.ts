// What is wrong, in a few words, for people. The message of an error has the rest.

const TITLES: Record<string, string> = {
  AMBIGUOUS_COLUMN: 'It is not clear what the columns mean',
  AMBIGUOUS_SHEET: 'Which sheet of the workbook is it?',
  ARCHIVE_NOT_ONE_FILE: 'The zip does not have exactly one file',
  CONNECTION_LOST: 'The connection was lost',
  CORRUPT_ARCHIVE: 'The file is damaged',
  DATABASE_FULL: 'The disk of the database is full',
  DATABASE_UNAVAILABLE: 'The database does not respond',
  DELETION_NOT_CONFIRMED: 'Too many products would be deleted',
  DUPLICATE_COLUMN: 'A column is there twice',
  EMPTY_FILE: 'There is nothing in the file',
  FORMER_VALUES_GONE: 'The former values are no longer known',
  FILE_TOO_LARGE: 'The file is too large',
  INVALID_ENCODING: 'The file is in another encoding',
  MISSING_COLUMN: 'A column is missing',
  MISSING_SHEET: 'The workbook has no such sheet',
  NOT_A_CSV: 'The file cannot be read',
  PREVIEW_EXPIRED: 'It was not committed in time',
  PROFILE_NOT_FOUND: 'The profile is gone',
  SOURCE_ADDRESS_REFUSED: 'The address is not allowed',
  SOURCE_INTERRUPTED: 'The download was interrupted',
  SOURCE_NOT_DATA: 'The address has something else than products',
  SOURCE_REDIRECTS: 'The address leads nowhere',
  SOURCE_STATUS: 'The server of the source refuses',
  SOURCE_TIMEOUT: 'The source takes too long',
  SOURCE_UNREACHABLE: 'The source cannot be reached',
  SPOOL_FULL: 'The disk of the server is full',
  TOO_MANY_REJECTED_ROWS: 'Too many rows cannot be imported',
  UPLOAD_INTERRUPTED: 'The upload was interrupted',
  UPLOAD_TOO_SLOW: 'The upload was too slow',
  WORKBOOK_ENCRYPTED: 'The workbook has a password',
};

/** @param otherwise for errors without a title of their own */
export function errorTitle(code: string, otherwise: string): string {
  return TITLES[code] ?? otherwise;
}
