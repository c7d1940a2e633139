// Pages of the rows of a file that were rejected or superseded.

import { z } from 'zod';
import type { RowIssueCode } from '../../codes/row-issue-codes.ts';
import type { ImportRecord } from '../../db/imports/import-record.ts';
import type {
  RowIssue,
  RowIssueCount,
  RowIssueFilter,
  RowIssueKind,
} from '../../db/imports/row-issue-store.ts';
import { issueFields } from '../../ingest/issue-fields.ts';
import type { Context } from '../context.ts';
import { cursorsOf } from '../cursor.ts';
import { type CountedConnection, connectionOf, type PageArgs, pageOf, windowOf } from '../pagination.ts';

/** A row issue with its import. */
export interface ImportIssue extends RowIssue {
  import: ImportRecord;
}

const byLine = cursorsOf('line', z.int().positive());

export async function importIssues(
  record: ImportRecord,
  args: PageArgs & { kind?: RowIssueKind | null | undefined; code?: RowIssueCode | null | undefined },
  { services }: Context,
): Promise<CountedConnection<ImportIssue>> {
  const window = windowOf(args, byLine);
  const filter = { kind: args.kind ?? undefined, code: args.code ?? undefined };
  const found = await services.rowIssues.page(record.id, { ...window, limit: window.limit + 1 }, filter);
  const issues = found.map((issue) => ({ ...issue, import: record }));
  return {
    ...connectionOf(pageOf(issues, window), ({ line }) => byLine.encode(line)),
    totalCount: async () => totalOf(await services.rowIssues.counts([record.id]), filter),
  };
}

/** Null if the record could not be split into fields, or only its start is kept. */
export function valuesOf(issue: ImportIssue): string[] | null {
  return issueFields(issue, issue.import) ?? null;
}

function totalOf(counts: readonly RowIssueCount[], { kind, code }: RowIssueFilter): number {
  return counts
    .filter((each) => (kind ?? each.kind) === each.kind && (code ?? each.code) === each.code)
    .reduce((sum, { count }) => sum + count, 0);
}
