// The rows of a file that did not reach the catalogue, in the order of their lines.

import { z } from 'zod';
import type { ImportRecord } from '../db/import-store.ts';
import type { RowIssue, RowIssueKind } from '../db/row-issue-store.ts';
import { type Connection, connectionOf, type ForwardArgs, forwardPage, windowOf } from './connection.ts';
import type { Context } from './context.ts';
import { cursorsOf } from './cursor.ts';

const byLine = cursorsOf('line', z.int().positive());

export async function importIssues(
  { id }: ImportRecord,
  args: ForwardArgs & { kind?: RowIssueKind | null | undefined },
  { services }: Context,
): Promise<Connection<RowIssue>> {
  const window = windowOf(args, byLine);
  const found = await services.rowIssues.page(id, {
    first: window.limit + 1,
    afterLine: window.after,
    kind: args.kind ?? undefined,
  });
  return connectionOf(forwardPage(found, window), ({ line }) => byLine.encode(line));
}
