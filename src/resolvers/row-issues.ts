// Pages of the rows of a file that were rejected or superseded.

import { z } from 'zod';
import type { ImportRecord } from '../db/imports/import-store.ts';
import type { RowIssue, RowIssueKind } from '../db/imports/row-issue-store.ts';
import { issueFields } from '../ingest/issue-fields.ts';
import { checkText } from './bad-input.ts';
import type { Context } from './context.ts';
import { cursorsOf } from './cursor.ts';
import { type Connection, connectionOf, type PageArgs, pageOf, windowOf } from './pagination.ts';

/** A row issue with its import. */
export interface ImportIssue extends RowIssue {
  import: ImportRecord;
}

const byLine = cursorsOf('line', z.int().positive());

export async function importIssues(
  record: ImportRecord,
  args: PageArgs & { kind?: RowIssueKind | null | undefined; code?: string | null | undefined },
  { services }: Context,
): Promise<Connection<ImportIssue>> {
  const window = windowOf(args, byLine);
  const filter = { kind: args.kind ?? undefined, code: args.code ?? undefined };
  checkText('code', filter.code);
  const found = await services.rowIssues.page(record.id, { ...window, limit: window.limit + 1 }, filter);
  const issues = found.map((issue) => ({ ...issue, import: record }));
  return connectionOf(pageOf(issues, window), ({ line }) => byLine.encode(line));
}

/** Null if the record could not be split into fields, or only its start is kept. */
export function valuesOf(issue: ImportIssue): string[] | null {
  return issueFields(issue, issue.import) ?? null;
}
