// docs/errors.md: all codes, a table for each place where clients meet them.

import type { CodeDescription } from '../../src/codes/code-description.ts';
import { ERROR_CODES, type ErrorDescription, type ErrorPlace } from '../../src/codes/error-codes.ts';
import { FIELD_ERROR_CODES } from '../../src/codes/field-error-codes.ts';
import { ROW_ISSUE_CODES } from '../../src/codes/row-issue-codes.ts';
import { WARNING_CODES } from '../../src/codes/warning-codes.ts';
import { code, generatedNotice, table } from './markdown.ts';

const INTRODUCTION = `Codes are stable: programs can act on them. Messages may change. In the schema, codes are enums: \`ErrorCode\` of errors,
\`RowIssueCode\` of rows that were not imported, \`WarningCode\` of warnings. New values may be added, so treat one that you
do not know as you would treat \`INTERNAL\` or \`OTHER\`.`;

const REQUEST = `In \`errors[0].extensions.code\` of a GraphQL result. Without a status in the table, the HTTP status is 200
for clients that accept \`application/json\`. Errors of downloads have the same form.`;

const FIELD = `In \`extensions.fields\` of an error, the enum \`FieldErrorCode\`: what is wrong with each field of the input, all of them at
once. \`extensions.code\` belongs to the first of them.`;

const TRANSPORT = `Requests that are refused before anything is executed: the answer has the form of a GraphQL result, with the code in
\`errors[0].extensions.code\`. An address that does not exist is answered with status 404 and a text.`;

const IMPORT = `In \`Import.error.code\`: an error of the file or of the server, never of the request. \`Import.error.message\` has the details.
After a retryable error, \`retryImport\` continues the import if its whole file has arrived: the file is kept for
\`RETRY_HOURS\`. Data sources need no retry: their content is fetched again.`;

const DATA_SOURCE = `In \`DataSource.error.code\`: one of these, or a code of an import. The next check clears the error if it succeeds.`;

const REJECTION = `In \`RowIssue.code\`, the enum \`RowIssueCode\`. The other rows are imported. A record with several faults has the first code
of this table. A row of kind \`SUPERSEDED\` has the code \`SUPERSEDED\`, any other is rejected.`;

const WARNING = `In \`Import.warnings\`, the enum \`WarningCode\`, at most 20: no row was rejected, but the file may not be what was meant.`;

export function errorsDocument(): string {
  const sections = [
    section(
      'Errors of a request',
      REQUEST,
      table(['Code', 'HTTP status', 'Meaning', 'What to do'], withStatus('request')),
    ),
    section('Wrong fields', FIELD, table(['Code', 'Meaning', 'What to do'], rowsOf(FIELD_ERROR_CODES))),
    section(
      'Refused requests',
      TRANSPORT,
      table(['Code', 'HTTP status', 'Meaning', 'What to do'], withStatus('transport')),
    ),
    section(
      'Errors of an import',
      IMPORT,
      table(['Code', 'Meaning', 'What to do', 'Retryable'], importErrors()),
    ),
    section('Errors of a data source', DATA_SOURCE, table(['Code', 'Meaning', 'What to do'], sourceErrors())),
    section(
      'Reasons for rejected rows',
      REJECTION,
      table(['Code', 'Meaning', 'What to do'], rowsOf(ROW_ISSUE_CODES)),
    ),
    section(
      'Warnings of an import',
      WARNING,
      table(['Code', 'Meaning', 'What to do'], rowsOf(WARNING_CODES)),
    ),
  ];
  return `${[generatedNotice('src/codes'), '# Errors', INTRODUCTION, ...sections].join('\n\n')}\n`;
}

function section(title: string, text: string, rows: string): string {
  return `## ${title}\n\n${text}\n\n${rows}`;
}

function errorsIn(place: ErrorPlace): [name: string, error: ErrorDescription][] {
  return Object.entries(ERROR_CODES).filter(([, error]) => error.in.includes(place));
}

function withStatus(place: ErrorPlace): string[][] {
  return errorsIn(place).map(([name, { status, statuses, meaning, action }]) => [
    code(name),
    statuses ?? String(status ?? ''),
    meaning,
    action,
  ]);
}

function importErrors(): string[][] {
  return errorsIn('import').map(([name, { meaning, action, isRetryable }]) => [
    code(name),
    meaning,
    action,
    isRetryable ? 'yes' : '',
  ]);
}

function sourceErrors(): string[][] {
  return errorsIn('dataSource').map(([name, { meaning, action }]) => [code(name), meaning, action]);
}

function rowsOf(codes: Readonly<Record<string, CodeDescription>>): string[][] {
  return Object.entries(codes).map(([name, { meaning, action }]) => [code(name), meaning, action]);
}
