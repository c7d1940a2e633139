// Rejected and superseded rows of an import as a CSV file, to be repaired and imported again.
//
// A row that nobody has repaired must not become a product when the file comes back: one that could be cut into its
// columns still breaks its rule, and of any other the product columns are empty.

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
import { guardFormula, unguardFormula } from '../../ingest/lane/rows/formula-guard.ts';
import { isGuarded, issueCodeIndex, issueColumns } from '../../ingest/lane/rows/issue-columns.ts';
import { compression } from '../compression.ts';
import { refusal } from '../refusal.ts';
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

/** What `kind` may be; REJECTED where it is left out. */
const KINDS: Record<string, RowIssueKind | undefined> = {
  REJECTED: 'REJECTED',
  SUPERSEDED: 'SUPERSEDED',
  ALL: undefined,
};

/** What a reason looks like. */
const CODE = /^[A-Z\d_]+$/;
/** With white space at the start, which some readers drop. */
const NEEDS_QUOTES = /^\s/;
/** Of a record that is not all there, in characters. */
const BEGINNING_LENGTH = 1000;

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

export async function answerIssuesDownload(
  request: IncomingMessage,
  response: ServerResponse,
  { importStore, rowIssues }: IssueSources,
  { importId, parameters }: Question,
): Promise<void> {
  const code = parameters.get('code') ?? undefined;
  const kind = parameters.get('kind') ?? (code === SUPERSEDED ? SUPERSEDED : 'REJECTED');
  if (!Object.hasOwn(KINDS, kind)) {
    const message = 'kind must be REJECTED, SUPERSEDED or ALL; leave it out for the rejected rows.';
    throw refusal(400, 'BAD_REQUEST', message);
  }
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
  const rows = toRows(record, rowIssues.all(record.id, { kind: KINDS[kind], code }));
  const csv = stringify({
    // Spreadsheets take a file without it for one in the encoding of old.
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
  const codeIndex = issueCodeIndex(columns);
  // Of a download that came back they are guarded already, unless someone took that off.
  const plainly = (cells: string[]) =>
    codeIndex !== undefined && isGuarded(cells[codeIndex] ?? '') ? cells.map(unguardFormula) : cells;
  yield [...columns, ...issueColumns(columns)].map(guardFormula);
  const empty = columns.map(() => '');
  for await (const batch of batches) {
    for (const issue of batch) {
      const fields = fieldsOf(issue, record);
      const cells = fields ? plainly(fields) : empty;
      const raw = fields ? '' : rawRecord(issue);
      yield [...cells, String(issue.line), issue.code, issueMessage(issue), raw].map(guardFormula);
    }
  }
}

/** The fields of a row of which a value is at fault, or none, and which is all there. */
function fieldsOf(issue: RowIssue, { columns, delimiter, ...record }: ImportRecord): string[] | undefined {
  const isCut = issue.kind === 'SUPERSEDED' || issue.columnName !== null;
  if (!isCut || !isRecordWhole(issue)) return undefined;
  return splitRecord(issue.record, { ...record, delimiter: delimiter ?? ',' }, columns?.length ?? 0);
}

/** Of what is kept of a long record a little: a row with its repaired values must not be too long for that. */
function rawRecord(issue: RowIssue): string {
  return isRecordWhole(issue) ? issue.record : issue.record.slice(0, BEGINNING_LENGTH).toWellFormed();
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
