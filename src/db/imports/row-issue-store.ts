// Rows that did not reach the catalogue: kept with their reason, counted, read back page by page or as a whole.

import { and, asc, desc, eq, gt, inArray, lt, notInArray, sql as raw, type SQL } from 'drizzle-orm';
import { ROW_ISSUE_CODES, type RowIssueCode, SUPERSEDED } from '../../codes/row-issue-codes.ts';
import type { Database } from '../postgres/connection/database.ts';
import { withLockTimeout } from '../postgres/locks/lock-timeout.ts';
import type { Window } from '../postgres/sql/keyset.ts';
import { rowIssues } from '../tables.ts';
import { RECORD_KEPT_BYTES } from './rejected-rows.ts';

export type RowIssue = typeof rowIssues.$inferSelect;
export type RowIssueKind = RowIssue['kind'];

/** Conditions that all have to hold. */
export interface RowIssueFilter {
  kind?: RowIssueKind | undefined;
  code?: RowIssueCode | undefined;
}

/** How many rows of an import have the same reason. */
export interface RowIssueCount {
  importId: string;
  kind: RowIssueKind;
  code: string;
  count: number;
  /** How many of them are kept. */
  kept: number;
}

const BATCH_ROWS = 1000;

export class RowIssueStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** The rows of the window, whose keys are lines; from its end and in reverse when it is backwards. */
  async page(importId: string, window: Window<number>, filter: RowIssueFilter = {}): Promise<RowIssue[]> {
    const { limit, backwards, after, before } = window;
    return this.#database.orm
      .select()
      .from(rowIssues)
      .where(
        and(
          eq(rowIssues.importId, importId),
          after === undefined ? undefined : gt(rowIssues.line, after),
          before === undefined ? undefined : lt(rowIssues.line, before),
          ...conditionsOf(filter),
        ),
      )
      .orderBy(backwards ? desc(rowIssues.line) : asc(rowIssues.line))
      .limit(limit);
  }

  /** Those of these lines that are rejected. */
  async rejectedAt(importId: string, lines: readonly number[]): Promise<RowIssue[]> {
    return this.#database.orm
      .select()
      .from(rowIssues)
      .where(
        and(
          eq(rowIssues.importId, importId),
          inArray(rowIssues.line, [...lines]),
          ...conditionsOf({ kind: 'REJECTED' }),
        ),
      );
  }

  /** All of an import's issues in the order of lines, a batch at a time. */
  async *all(importId: string, filter: RowIssueFilter = {}): AsyncGenerator<RowIssue[]> {
    let after: number | undefined;
    for (;;) {
      const batch = await this.page(importId, { limit: BATCH_ROWS, after }, filter);
      if (batch.length > 0) yield batch;
      if (batch.length < BATCH_ROWS) return;
      after = batch.at(-1)?.line;
    }
  }

  /**
   * How many rows of each of these imports there are for each reason, the most frequent reason first. Reads the rejected
   * rows, whose number an import limits; of the superseded ones each merged partition has kept the numbers, in the
   * transaction that wrote them.
   */
  async counts(importIds: readonly string[]): Promise<RowIssueCount[]> {
    const ids = [...importIds];
    return this.#database.sql<RowIssueCount[]>`
      SELECT import_id AS "importId", 'REJECTED' AS kind, code, count(*) AS count, count(*) AS kept
      FROM import_row_issues
      WHERE import_id = ANY (${ids}::text[]::uuid[]) AND kind = 'REJECTED' GROUP BY import_id, code
      UNION ALL
      SELECT import_id, ${SUPERSEDED}, ${SUPERSEDED}, sum(superseded)::bigint,
        sum(least(superseded_kept, superseded))::bigint
      FROM import_partitions
      WHERE import_id = ANY (${ids}::text[]::uuid[]) GROUP BY import_id HAVING sum(superseded) > 0
      ORDER BY count DESC, code`;
  }

  /** Before the rows of an import are read (again): those that are rejected will be found again. */
  async clearRejected(importId: string): Promise<void> {
    await withLockTimeout(
      this.#database.sql,
      (tx) => tx`DELETE FROM import_row_issues WHERE import_id = ${importId} AND kind = 'REJECTED'`,
    );
  }
}

/** @returns what to tell a person about this row */
export function issueMessage(issue: RowIssue): string {
  if (issue.message !== null) return issue.message;
  if (issue.winningLine === null) {
    return 'The row was superseded in the file from whose issues it comes, and is skipped. Empty its column code to import it all the same.';
  }
  const which = issue.winningLine > issue.line ? 'A later' : 'An earlier';
  return `${which} row of the file, on line ${issue.winningLine}, has the same SKU and was taken instead.`;
}

/** Whether `record` is only the start of the record. */
export function isRecordTruncated({ kind, code, record }: RowIssue): boolean {
  return (
    kind === 'REJECTED' && (code === 'RECORD_TOO_LARGE' || Buffer.byteLength(record) >= RECORD_KEPT_BYTES)
  );
}

const BYTE_FAULTS = new Set(['NUL_CHARACTER', 'INVALID_UTF8', 'INVALID_ENCODING']);

/** Whether U+FFFD stands in `record` for what could not be read. */
export function hasLostBytes({ code, record }: RowIssue): boolean {
  return BYTE_FAULTS.has(code) && record.includes('\ufffd');
}

/**
 * Whether `record` is all of the record, and nothing else: not where it was cut, and not where U+FFFD stands for bytes
 * that are no text. (A record with a column at fault could be read, so a U+FFFD in it is the file's own.)
 */
export function isRecordWhole(issue: RowIssue): boolean {
  const { kind, columnName, record } = issue;
  if (kind === 'SUPERSEDED') return true;
  return !isRecordTruncated(issue) && (columnName !== null || !record.includes('\ufffd'));
}

/** The kind is written out, not a parameter: so the plan can rely on the index of rejected rows. */
function conditionsOf({ kind, code }: RowIssueFilter): SQL[] {
  const kinds = [...(kind ? [kind] : []), ...(code === undefined ? [] : [kindOf(code)])];
  return [
    ...kinds.map((wanted) =>
      wanted === SUPERSEDED ? raw`${rowIssues.kind} = 'SUPERSEDED'` : raw`${rowIssues.kind} = 'REJECTED'`,
    ),
    ...(code === undefined || code === SUPERSEDED ? [] : [isRejectedAs(code)]),
  ];
}

function isRejectedAs(code: RowIssueCode): SQL {
  return code === 'OTHER'
    ? notInArray(rowIssues.code, Object.keys(ROW_ISSUE_CODES))
    : eq(rowIssues.code, code);
}

function kindOf(code: RowIssueCode): RowIssueKind {
  return code === SUPERSEDED ? 'SUPERSEDED' : 'REJECTED';
}
