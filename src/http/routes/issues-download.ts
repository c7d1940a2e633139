// Rejected and superseded rows of an import as a CSV file, to be corrected and imported again.
//
// A row that nobody has corrected must not become a product when the file is imported: if its record could be split into
// columns, it still breaks its rule; otherwise its product columns are empty.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline, Readable } from 'node:stream';
import { stringify } from 'csv-stringify';
import { isRowIssueCode, SUPERSEDED } from '../../codes/row-issue-codes.ts';
import type { ImportRecord } from '../../db/imports/import-record.ts';
import type { ImportStore } from '../../db/imports/import-store.ts';
import {
  isRecordWhole,
  issueMessage,
  type RowIssue,
  type RowIssueCount,
  type RowIssueFilter,
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
  rowIssues: Pick<RowIssueStore, 'all' | 'counts'>;
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
  const filter = { kind: KINDS[kind], code };
  const missing = await missingRows(rowIssues, record.id, filter);
  const rows = toRows(record, missing, rowIssues.all(record.id, filter));
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

/** How many superseded rows the download lacks as they are not kept. */
async function missingRows(
  rowIssues: IssueSources['rowIssues'],
  importId: string,
  { kind, code }: RowIssueFilter,
): Promise<MissingRows | undefined> {
  if (kind === 'REJECTED' || (code !== undefined && code !== SUPERSEDED)) return undefined;
  const superseded = (await rowIssues.counts([importId])).find((each) => each.kind === 'SUPERSEDED');
  return superseded && superseded.kept < superseded.count ? superseded : undefined;
}

type MissingRows = Pick<RowIssueCount, 'count' | 'kept'>;

async function* toRows(
  record: ImportRecord,
  missing: MissingRows | undefined,
  batches: ReturnType<IssueSources['rowIssues']['all']>,
): AsyncGenerator<string[]> {
  const columns = record.columns ?? [];
  yield [...columns, ...issueColumns(columns)].map(guardFormula);
  const empty = columns.map(() => '');
  // First, as a spreadsheet may not show the last row. It is skipped when the file is imported.
  if (missing) {
    const message = `${missing.count} rows were superseded, and only ${missing.kept} of them are listed here. The server keeps no more.`;
    yield [...empty, '', SUPERSEDED, message, ''];
  }
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
