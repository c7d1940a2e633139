// Rows of a file that did not become products.

import { ROW_ISSUE_CODES, rowIssueCodeOf } from '../../codes/row-issue-codes.ts';
import { isRecordWhole, issueMessage, type RowIssueCount } from '../../db/imports/row-issue-store.ts';
import type { ImportIssue } from '../../resolvers/imports/row-issues.ts';
import { builder } from '../builder.ts';
import { codeValues } from '../code-values.ts';

export const RowIssueKindRef = builder.enumType('RowIssueKind', {
  description: 'Why a row was not imported.',
  values: {
    REJECTED: { description: 'The row is not a valid product. `code` says why.' },
    SUPERSEDED: { description: 'Another row in the same file has the same SKU, and was imported instead.' },
  },
});

export const RowIssueCodeRef = builder.enumType('RowIssueCode', {
  description:
    'Why a row was not imported. Values never change; new ones may be added. A record with several faults has the first of them, in the order of docs/errors.md.',
  values: codeValues(ROW_ISSUE_CODES),
});

export const RowIssueRef = builder.objectRef<ImportIssue>('RowIssue').implement({
  description: 'A row of the file that was not imported, and the reason.',
  fields: (t) => ({
    line: t.expose('line', {
      type: 'SafeInt',
      description: 'The line of the file on which the record starts. The first line is 1.',
    }),
    kind: t.expose('kind', {
      type: RowIssueKindRef,
      description: 'Whether the row is rejected or superseded.',
    }),
    code: t.field({
      type: RowIssueCodeRef,
      description: 'The reason, for programs.',
      resolve: ({ code }) => rowIssueCodeOf(code),
    }),
    column: t.exposeString('columnName', {
      nullable: true,
      description:
        'The name of the invalid column, as in the header. Null if the problem is not in a single column.',
    }),
    message: t.string({
      description: 'What is wrong and how to fix it, for people.',
      resolve: (issue) => issueMessage(issue),
    }),
    record: t.exposeString('record', {
      description:
        'The text of the record. Only the beginning if it is very long. The quoting of a superseded record can differ from the file.',
    }),
    lineCount: t.exposeInt('lineCount', {
      nullable: true,
      description:
        'The number of lines in a rejected record. More than 1 if a quoted field contains line breaks, or if a misplaced quote makes it unclear where rows begin. Null for a superseded row.',
    }),
    recordIsWhole: t.boolean({
      description:
        'Whether `record` is the complete, exact text. If false, the record was shortened, or invalid bytes were replaced by U+FFFD; fix the row in the original file, or write it again.',
      resolve: (issue) => isRecordWhole(issue),
    }),
    winningLine: t.expose('winningLine', {
      type: 'SafeInt',
      nullable: true,
      description:
        'For a superseded row, the line of the row that was imported instead. Null for a rejected row, and if the row was already superseded in an earlier file whose issues were downloaded and imported.',
    }),
  }),
});

export const RowIssueCountRef = builder.objectRef<RowIssueCount>('RowIssueCount').implement({
  description: 'The number of rows with the same reason.',
  fields: (t) => ({
    kind: t.expose('kind', {
      type: RowIssueKindRef,
      description: 'Whether the rows are rejected or superseded.',
    }),
    code: t.field({
      type: RowIssueCodeRef,
      description: 'The reason, for programs.',
      resolve: ({ code }) => rowIssueCodeOf(code),
    }),
    count: t.expose('count', { type: 'SafeInt', description: 'The number of rows. At least 1.' }),
    kept: t.expose('kept', {
      type: 'SafeInt',
      description:
        'How many of them are kept and can be read. Less than `count` only for superseded rows, if there are more than the server keeps (`MAX_ROW_ISSUES`).',
    }),
  }),
});
