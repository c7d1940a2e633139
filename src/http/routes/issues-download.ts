// Rejected and superseded rows of an import as a CSV file, to be corrected and imported again.
//
// A row that nobody has corrected must not become a product when the file is imported: if its record could be split into
// columns, it still breaks its rule; otherwise its product columns are empty.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { stringify } from 'csv-stringify';
import { SUPERSEDED } from '../../codes/row-issue-codes.ts';
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
import { negotiateCompression } from './negotiate-compression.ts';

export interface IssueSources {
  importStore: Pick<ImportStore, 'get'>;
  rowIssues: Pick<RowIssueStore, 'all'>;
}

interface DownloadRequest {
  importId: string;
  parameters: URLSearchParams;
}

export const DOWNLOAD_PARAMETERS = ['kind', 'code'];

/** Values of the parameter `kind`. Default: REJECTED. */
const KINDS: Record<string, RowIssueKind | undefined> = {
  REJECTED: 'REJECTED',
  SUPERSEDED: 'SUPERSEDED',
  ALL: undefined,
};

const CODE = /^[A-Z\d_]+$/;
/** Leading white space is quoted, as some readers trim it. */
const NEEDS_QUOTES = /^\s/;
/** How much of a truncated record is included, in characters. */
const MAX_TRUNCATED_LENGTH = 1000;

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

export async function answerIssuesDownload(
  request: IncomingMessage,
  response: ServerResponse,
  { importStore, rowIssues }: IssueSources,
  { importId, parameters }: DownloadRequest,
): Promise<void> {
  const code = parameters.get('code') ?? undefined;
  const kind = parameters.get('kind') ?? (code === SUPERSEDED ? SUPERSEDED : 'REJECTED');
  if (!Object.hasOwn(KINDS, kind)) {
    const message = 'kind must be REJECTED, SUPERSEDED or ALL. Omit it to get the rejected rows.';
    throw httpError(400, 'BAD_REQUEST', message);
  }
  if (code !== undefined && !CODE.test(code)) {
    const message = 'code must be one from Import.issueCounts, such as BLANK_SKU. Omit it to get all.';
    throw httpError(400, 'BAD_REQUEST', message);
  }
  const record = UUID.test(importId) ? await importStore.get(importId) : undefined;
  if (!record) {
    const message = `There is no import ${importId}. Use the URL from Import.issuesUrl.`;
    throw httpError(404, 'NOT_FOUND', message);
  }

  const { headers, stages } = negotiateCompression(request);
  response.writeHead(200, {
    ...headers,
    'content-type': 'text/csv; charset=utf-8',
    'content-disposition': attachment(record.fileName),
    'cache-control': 'no-store',
    // Browsers must not interpret content of the file as HTML.
    'x-content-type-options': 'nosniff',
  });
  if (request.method === 'HEAD') return void response.end();
  const rows = toRows(record, rowIssues.all(record.id, { kind: KINDS[kind], code }));
  const csv = stringify({
    // Without it, spreadsheets assume a legacy encoding.
    bom: true,
    delimiter: record.delimiter ?? ',',
    record_delimiter: '\r\n',
    quote_record_delimiter: true,
    quoted_match: NEEDS_QUOTES,
  });
  await pipeline([Readable.from(rows), csv, ...stages, response]);
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

/** The name in ASCII for old clients, and in UTF-8 (RFC 6266). */
function attachment(fileName: string): string {
  const name = `${fileName.replace(/(\.(csv|tsv|txt|gz|zst|zip))+$/i, '').slice(0, 100) || 'import'}-issues.csv`;
  const ascii = name.replace(/[^\w.-]+/g, '_');
  const exact = encodeURIComponent(name.toWellFormed()).replace(
    /['()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16)}`,
  );
  return `attachment; filename="${ascii}"; filename*=UTF-8''${exact}`;
}
