// docs/errors.md: all codes, a table for each place where clients meet them.

import { ERROR_CODES, type ErrorDescription, type ErrorPlace } from '../../src/codes/error-codes.ts';
import { REJECTION_CODES } from '../../src/codes/row-issue-codes.ts';
import { WARNING_CODES } from '../../src/codes/warning-codes.ts';
import { code, generatedNotice, table } from './markdown.ts';

const INTRODUCTION = `Codes are stable: programs can act on them. Messages may change. In the schema, the codes of errors are the enum
\`ErrorCode\`.`;

const REQUEST = `In \`errors[0].extensions.code\` of a GraphQL result. Without a status in the table, the HTTP status is 200
for clients that accept \`application/json\`. Errors of downloads have the same form.`;

const TRANSPORT = `Requests that are refused before anything is executed: the answer has the form of a GraphQL result, with the code in
\`errors[0].extensions.code\`. An address that does not exist is answered with status 404 and a text.`;

const IMPORT = `In \`Import.error.code\`: an error of the file or of the server, never of the request. \`Import.error.message\` has the details.
After a retryable error, \`retryImport\` continues the import if its whole file has arrived: the file is kept for
\`RETRY_HOURS\`. Data sources need no retry: their content is fetched again.`;

const DATA_SOURCE = `In \`DataSource.error.code\`: one of these, or a code of an import. The next check clears the error if it succeeds.`;

const REJECTION = `In \`RowIssue.code\`. The other rows are imported. A record with several faults has the first code of this table.
A row of kind \`SUPERSEDED\` has the code \`SUPERSEDED\`: a later row of the same file has its SKU.`;

const WARNING = `In \`Import.warnings\`, at most 20: no row was rejected, but the file may not be what was meant.`;

export function errorsDocument(): string {
  const sections = [
    section(
      'Errors of a request',
      REQUEST,
      table(['Code', 'HTTP status', 'Meaning', 'What to do'], withStatus('request')),
    ),
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
    section('Reasons for rejected rows', REJECTION, table(['Code', 'Meaning', 'What to do'], rejections())),
    section('Warnings of an import', WARNING, table(['Code', 'Meaning'], warnings())),
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

function rejections(): string[][] {
  return Object.entries(REJECTION_CODES).map(([name, { meaning, action }]) => [code(name), meaning, action]);
}

function warnings(): string[][] {
  return Object.entries(WARNING_CODES).map(([name, { meaning }]) => [code(name), meaning]);
}
