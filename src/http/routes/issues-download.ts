// Rejected and superseded rows of an import as a CSV file, to be corrected and imported again.
//
// A row that nobody has corrected must not become a product when the file is imported: if its record could be split into
// columns, it still breaks its rule; otherwise its product columns are empty.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline, Readable } from 'node:stream';
import { stringify } from 'csv-stringify';
import { isRowIssueCode, SUPERSEDED } from '../../codes/row-issue-codes.ts';
import type { ImportRecord, ImportStore } from '../../db/imports/import-store.ts';
import {
  isRecordWhole,
  issueMessage,
  type RowIssue,
  type RowIssueKind,
  type RowIssueStore,
} from '../../db/imports/row-issue-store.ts';
import { issueFields } from '../../ingest/issue-fields.ts';
import { guardFormula } from '../../ingest/read/formula-guard.ts';
import { issueColumns } from '../../ingest/read/header/issue-columns.ts';
import { httpError } from '../http-error.ts';
import { baseNameOf, sendCsv } from './csv-download.ts';
import { findImport } from './find-import.ts';

export interface IssueSources {
  importStore: Pick<ImportStore, 'get'>;
  rowIssues: Pick<RowIssueStore, 'all'>;
}

interface DownloadRequest {
  importId: string;
  parameters: URLSearchParams;
  /** A client that takes nothing for this long is disconnected. */
  stallMs: number;
}

export const DOWNLOAD_PARAMETERS = ['kind', 'code'];

/** Values of the parameter `kind`. Default: REJECTED. */
const KINDS: Record<string, RowIssueKind | undefined> = {
  REJECTED: 'REJECTED',
  SUPERSEDED: 'SUPERSEDED',
  ALL: undefined,
};

/** Leading white space is quoted, as some readers trim it. */
const NEEDS_QUOTES = /^\s/;
/** How much of a truncated record is included, in characters. */
const MAX_TRUNCATED_LENGTH = 1000;

export async function answerIssuesDownload(
  request: IncomingMessage,
  response: ServerResponse,
  { importStore, rowIssues }: IssueSources,
  { importId, parameters, stallMs }: DownloadRequest,
): Promise<void> {
  const code = parameters.get('code') ?? undefined;
  const kind = parameters.get('kind') ?? (code === SUPERSEDED ? SUPERSEDED : 'REJECTED');
  if (!Object.hasOwn(KINDS, kind)) {
    const message = 'kind must be REJECTED, SUPERSEDED or ALL. Omit it to get the rejected rows.';
    throw httpError(400, 'BAD_REQUEST', message);
  }
  if (code !== undefined && !isRowIssueCode(code)) {
    const message = 'code must be a RowIssueCode, such as BLANK_SKU. Omit it to get all.';
    throw httpError(400, 'BAD_REQUEST', message);
  }
  const record = await findImport(importStore, importId, 'Import.issuesUrl');
  const rows = toRows(record, rowIssues.all(record.id, { kind: KINDS[kind], code }));
  const csv = stringify({
    // Without it, spreadsheets assume a legacy encoding.
    bom: true,
    delimiter: record.delimiter ?? ',',
    record_delimiter: '\r\n',
    quote_record_delimiter: true,
    quoted_match: NEEDS_QUOTES,
  });
  const fileName = `${baseNameOf(record.fileName)}-issues.csv`;
  // If the rows cannot be read, reading the CSV throws the error.
  const content = pipeline(Readable.from(rows), csv, () => {});
  await sendCsv(request, response, { fileName, stallMs }, content);
}

async function* toRows(
  record: ImportRecord,
  batches: ReturnType<IssueSources['rowIssues']['all']>,
): AsyncGenerator<string[]> {
  const columns = record.columns ?? [];
  yield [...columns, ...issueColumns(columns)].map(guardFormula);
  const empty = columns.map(() => '');
  for await (const batch of batches) {
    for (const issue of batch) {
      const fields = fieldsOf(issue, record);
      const raw = fields ? '' : rawRecord(issue);
      yield [...(fields ?? empty), String(issue.line), issue.code, issueMessage(issue), raw].map(
        guardFormula,
      );
    }
  }
}

/** The fields of a row whose only fault is the value of a column, or none. */
function fieldsOf(issue: RowIssue, record: ImportRecord): string[] | undefined {
  const isSplit = issue.kind === 'SUPERSEDED' || issue.columnName !== null;
  return isSplit && isRecordWhole(issue) ? issueFields(issue, record) : undefined;
}

/** Truncated records are shortened further, so that the row does not exceed the maximum record size when imported. */
function rawRecord(issue: RowIssue): string {
  return isRecordWhole(issue) ? issue.record : issue.record.slice(0, MAX_TRUNCATED_LENGTH).toWellFormed();
}
