// Rows that did not reach the catalogue: kept with their reason, read back page by page or as a whole.

import { and, asc, eq, gt } from 'drizzle-orm';
import type { Database } from './client.ts';
import { rowIssues } from './tables.ts';

export type RowIssue = typeof rowIssues.$inferSelect;
export type RowIssueKind = RowIssue['kind'];

export interface RowIssuePage {
  first: number;
  afterLine?: number | undefined;
  kind?: RowIssueKind | undefined;
  code?: string | undefined;
}

const BATCH_ROWS = 1000;

export class RowIssueStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async page(importId: string, { first, afterLine, kind, code }: RowIssuePage): Promise<RowIssue[]> {
    return this.#database.orm
      .select()
      .from(rowIssues)
      .where(
        and(
          eq(rowIssues.importId, importId),
          afterLine === undefined ? undefined : gt(rowIssues.line, afterLine),
          kind && eq(rowIssues.kind, kind),
          code === undefined ? undefined : eq(rowIssues.code, code),
        ),
      )
      .orderBy(asc(rowIssues.line))
      .limit(first);
  }

  /** All of an import's issues in the order of lines, a batch at a time. */
  async *all(importId: string, kind?: RowIssueKind): AsyncGenerator<RowIssue[]> {
    let afterLine: number | undefined;
    for (;;) {
      const batch = await this.page(importId, { first: BATCH_ROWS, afterLine, kind });
      if (batch.length > 0) yield batch;
      if (batch.length < BATCH_ROWS) return;
      afterLine = batch.at(-1)?.line;
    }
  }

  /** Before the rows of an import are read (again): those that are rejected will be found again. */
  async clearRejected(importId: string): Promise<void> {
    await this.#database.orm
      .delete(rowIssues)
      .where(and(eq(rowIssues.importId, importId), eq(rowIssues.kind, 'REJECTED')));
  }
}

/** @returns what to tell a person about this row */
export function issueMessage(issue: RowIssue): string {
  if (issue.message !== null) return issue.message;
  return `A later row of the file, on line ${issue.winningLine}, has the same SKU and was taken instead.`;
}
