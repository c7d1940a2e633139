// Rows of a file that did not reach the catalogue.

import { REJECTION_CODES, SUPERSEDED } from '../codes/row-issue-codes.ts';
import {
  isRecordWhole,
  issueMessage,
  type RowIssue,
  type RowIssueCount,
} from '../db/imports/row-issue-store.ts';
import { builder } from './builder.ts';
import { connectionType } from './connection.ts';

export const RowIssueKindRef = builder.enumType('RowIssueKind', {
  description: 'Why a row did not reach the catalogue.',
  values: {
    REJECTED: { description: 'The row is not a product: it breaks a rule, which `code` names.' },
    SUPERSEDED: { description: 'A later row of the same file has the same SKU and was taken.' },
  },
});

const RowIssueRef = builder.objectRef<RowIssue>('RowIssue').implement({
  description: 'A row of the file that did not reach the catalogue, with its reason.',
  fields: (t) => ({
    line: t.expose('line', {
      type: 'SafeInt',
      description: 'The physical line of the file on which the record starts; the first line is 1.',
    }),
    kind: t.expose('kind', { type: RowIssueKindRef, description: 'Rejected or superseded.' }),
    code: t.exposeString('code', {
      description: `The reason. Stable: ${Object.keys(REJECTION_CODES).join(', ')} or ${SUPERSEDED}.`,
    }),
    column: t.exposeString('columnName', {
      nullable: true,
      description: 'The column at fault, as the header names it; null where it is not one column.',
    }),
    message: t.string({
      description: 'The reason for a person to read, and what to do.',
      resolve: (issue) => issueMessage(issue),
    }),
    record: t.exposeString('record', {
      description:
        'The record as the file has it; of a very long one the beginning. That of a superseded row may be quoted otherwise.',
    }),
    lineCount: t.exposeInt('lineCount', {
      nullable: true,
      description:
        'Physical lines that the rejected record holds: more than one where quotes hold line ends, or where a quote is out of place and it cannot be told which of its lines are rows. Null for a superseded row.',
    }),
    recordIsWhole: t.boolean({
      description:
        'Whether `record` is all of the record, character for character. If not, only its beginning is kept, or U+FFFD stands there for bytes that are no text: correct it in the file, or write the row anew.',
      resolve: (issue) => isRecordWhole(issue),
    }),
    winningLine: t.expose('winningLine', {
      type: 'SafeInt',
      nullable: true,
      description:
        'Of a superseded row: the line of the row that was taken instead. Null where that was in an earlier file, from whose issues the row comes.',
    }),
  }),
});

export const RowIssueCountRef = builder.objectRef<RowIssueCount>('RowIssueCount').implement({
  description: 'How many rows of a file share a reason.',
  fields: (t) => ({
    kind: t.expose('kind', { type: RowIssueKindRef, description: 'Rejected or superseded.' }),
    code: t.exposeString('code', { description: 'The reason, as `RowIssue.code`.' }),
    count: t.expose('count', { type: 'SafeInt', description: 'Rows with it; 1 or more.' }),
  }),
});

export const RowIssueConnectionRef = connectionType(
  'RowIssue',
  RowIssueRef,
  'A page of rows that did not reach the catalogue, in the order of their lines.',
);
