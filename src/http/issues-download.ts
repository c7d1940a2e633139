// Rejected and superseded rows of an import as a CSV file, to be repaired and imported again.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { stringify } from 'csv-stringify';
import type { ImportRecord, ImportStore } from '../db/import-store.ts';
import { issueMessage, type RowIssueKind, type RowIssueStore } from '../db/row-issue-store.ts';
import { compression } from './compression.ts';
import { refusal } from './refusal.ts';
import { splitRecord } from './split-record.ts';

export interface IssueSources {
  importStore: Pick<ImportStore, 'get'>;
  rowIssues: Pick<RowIssueStore, 'all'>;
}

interface Question {
  importId: string;
  parameters: URLSearchParams;
}

export const DOWNLOAD_PARAMETERS = ['kind', 'code'];

/** What a reason looks like. */
const CODE = /^[A-Z\d_]+$/;

/** What spreadsheets take for the beginning of a formula, the full-width forms included. */
const FORMULA = /^[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]/;

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** The columns that follow those of the file. */
const ISSUE_COLUMNS = ['line', 'code', 'message'];

export async function answerIssuesDownload(
  request: IncomingMessage,
  response: ServerResponse,
  { importStore, rowIssues }: IssueSources,
  { importId, parameters }: Question,
): Promise<void> {
  const kind = parameters.get('kind');
  if (!isKind(kind))
    throw refusal(400, 'BAD_REQUEST', 'kind must be REJECTED or SUPERSEDED; leave it out for both.');
  const code = parameters.get('code') ?? undefined;
  if (code !== undefined && !CODE.test(code)) {
    const message =
      'code must be a reason as in Import.issueCounts, such as BLANK_SKU; leave it out for all.';
    throw refusal(400, 'BAD_REQUEST', message);
  }
  const record = UUID.test(importId) ? await importStore.get(importId) : undefined;
  if (!record) {
    const message = `There is no import ${importId}. Take the address from Import.issuesUrl.`;
    throw refusal(404, 'NOT_FOUND', message);
  }

  const { headers, stages } = compression(request);
  response.writeHead(200, {
    ...headers,
    'content-type': 'text/csv; charset=utf-8',
    'content-disposition': attachment(record.fileName),
    'cache-control': 'no-store',
    // A record of the file must never be taken for a page of this server.
    'x-content-type-options': 'nosniff',
  });
  if (request.method === 'HEAD') return void response.end();
  const rows = toRows(record, rowIssues.all(record.id, { kind: kind ?? undefined, code }));
  const csv = stringify({ delimiter: record.delimiter ?? ',', record_delimiter: '\r\n' });
  await pipeline([Readable.from(rows), csv, ...stages, response]);
}

async function* toRows(
  record: ImportRecord,
  batches: ReturnType<IssueSources['rowIssues']['all']>,
): AsyncGenerator<string[]> {
  const columns = record.columns ?? [];
  yield [...columns.map(defuse), ...issueColumns(columns)];
  for await (const batch of batches) {
    for (const issue of batch) {
      const fields = splitRecord(issue.record, record.delimiter ?? ',', columns.length);
      const cells = fields.map(defuse);
      const changed = columns.filter((_, index) => cells[index] !== fields[index]);
      yield [...cells, String(issue.line), issue.code, issueMessage(issue) + defusedHint(changed)];
    }
  }
}

/** A spreadsheet would run such a cell as a formula; a leading apostrophe makes it text. */
function defuse(cell: string): string {
  return FORMULA.test(cell) ? `'${cell}` : cell;
}

/** The apostrophe would be imported as part of the value. */
function defusedHint(columns: readonly string[]): string {
  if (columns.length === 0) return '';
  const names = columns.map((name) => `"${name}"`).join(', ');
  return ` Here, ${names} got a leading ' so that no spreadsheet runs it as a formula: take it off before you import this row again.`;
}

/** Named so that none collides with a column of the file. */
function issueColumns(columns: readonly string[]): string[] {
  const taken = new Set(columns.map((name) => name.toLowerCase()));
  return ISSUE_COLUMNS.map((name) => {
    let free = name;
    while (taken.has(free)) free = `issue_${free}`;
    return free;
  });
}

function isKind(kind: string | null): kind is RowIssueKind | null {
  return kind === null || kind === 'REJECTED' || kind === 'SUPERSEDED';
}

/** The name once in plain ASCII for old clients, once as it is (RFC 6266). */
function attachment(fileName: string): string {
  const name = `${fileName.replace(/(\.(csv|tsv|txt|gz|zst|zip))+$/i, '').slice(0, 100) || 'import'}-issues.csv`;
  const ascii = name.replace(/[^\w.-]+/g, '_');
  const exact = encodeURIComponent(name.toWellFormed()).replace(
    /['()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16)}`,
  );
  return `attachment; filename="${ascii}"; filename*=UTF-8''${exact}`;
}
