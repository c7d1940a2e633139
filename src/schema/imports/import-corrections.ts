// Corrections: rejected rows that a client has corrected, imported on their own.

import type { CorrectedRow, RowCorrection } from '../../db/imports/row-correction-store.ts';
import { checkId } from '../../resolvers/bad-input.ts';
import { costs, STATEMENT } from '../../resolvers/field-cost.ts';
import { correctRows, latestCorrections, MAX_CORRECTED_ROWS } from '../../resolvers/imports/corrections.ts';
import { imports, importsByIds } from '../../resolvers/imports/imports.ts';
import { type ImportIssue, valuesOf } from '../../resolvers/imports/row-issues.ts';
import { builder, UNCACHED } from '../builder.ts';
import { ImportRef } from './import.ts';
import { ImportConnectionRef } from './import-queries.ts';
import { RowIssueRef } from './row-issue.ts';

const RowToCorrectRef = builder.inputType('RowToCorrect', {
  description: 'A rejected row, corrected: either `values` or `record`.',
  fields: (t) => ({
    line: t.field({
      type: 'SafeInt',
      required: true,
      description: 'The line of the row, as in `RowIssue.line`.',
    }),
    values: t.stringList({
      description:
        'The corrected values, one for each column, in the order of `Import.columns`. An empty string where there is none.',
    }),
    record: t.string({
      description:
        'The corrected text of the record, as CSV with the delimiter and the quoting of the file. For a record that could not be split into fields. It may have several rows, where a misplaced quote had joined them.',
    }),
  }),
});

const RowCorrectionStatusRef = builder.enumType('RowCorrectionStatus', {
  description: 'What became of a correction of a row.',
  values: {
    PENDING: { description: 'It is being imported.' },
    CORRECTED: { description: 'It was imported, so the row is corrected.' },
    REJECTED: { description: 'It was rejected again; see the issue. It can be corrected again.' },
    SUPERSEDED: {
      description:
        'Another row of the same correction has the same SKU, and was imported instead. It can be corrected again.',
    },
    NOT_IMPORTED: {
      description:
        'The import of the correction failed, was cancelled, or has been undone. It can be corrected again.',
    },
  } as const,
});

const CorrectedRowRef = builder
  .objectRef<CorrectedRow & { import: RowCorrection['import'] }>('CorrectedRow')
  .implement({
    description: 'A row of a correction.',
    fields: (t) => ({
      values: t.exposeStringList('values', {
        description: 'The values that were sent, in the order of `Import.columns`.',
      }),
      issue: t.field({
        type: RowIssueRef,
        nullable: true,
        description:
          'Why it was rejected or superseded, with its line in the correction. Null if it was not.',
        resolve: ({ issue, import: record }) => (issue ? { ...issue, import: record } : null),
      }),
    }),
  });

const RowCorrectionRef = builder.objectRef<RowCorrection>('RowCorrection').implement({
  description: 'The latest correction of a rejected row.',
  fields: (t) => ({
    import: t.expose('import', {
      type: ImportRef,
      description: 'The import of the correction, which may have corrected other rows, too.',
    }),
    status: t.expose('status', { type: RowCorrectionStatusRef, description: 'What became of it.' }),
    rows: t.field({
      type: [CorrectedRowRef],
      description: 'What the row was corrected to: one row, or several if its text was split into several.',
      resolve: ({ rows, import: record }) => rows.map((row) => ({ ...row, import: record })),
    }),
  }),
});

builder.objectFields(RowIssueRef, (t) => ({
  values: t.stringList({
    nullable: true,
    description:
      'The record as values, in the order of `Import.columns`. Null if it could not be split into fields, or if only its beginning is kept. If `recordIsWhole` is false, U+FFFD stands for invalid bytes.',
    resolve: (issue) => valuesOf(issue),
  }),
  correction: t.loadable({
    type: RowCorrectionRef,
    nullable: true,
    description:
      'The latest correction of a rejected row. Null if nobody has corrected it with `correctRows`.',
    load: (keys: string[], context) => latestCorrections(keys, context),
    resolve: (issue: ImportIssue) => (issue.kind === 'REJECTED' ? `${issue.importId} ${issue.line}` : null),
    loaderOptions: UNCACHED,
  }),
}));

builder.objectFields(ImportRef, (t) => ({
  corrects: t.loadable({
    type: ImportRef,
    nullable: true,
    description: 'Of a correction, the import whose rejected rows it corrects. Otherwise null.',
    load: importsByIds,
    resolve: ({ corrects }) => corrects,
    loaderOptions: UNCACHED,
  }),
  corrections: t.connection(
    {
      type: ImportRef,
      ...costs({ cost: STATEMENT }),
      description: 'The corrections of its rejected rows, newest first.',
      resolve: ({ id }, args, context) => imports({ ...args, filter: { corrects: id } }, context),
    },
    ImportConnectionRef,
  ),
  correctionCount: t.loadable({
    type: 'SafeInt',
    description: 'The number of `corrections`.',
    load: (ids: string[], { services }) => services.rowCorrections.counts(ids),
    resolve: ({ id }) => id,
    loaderOptions: UNCACHED,
  }),
  correctedRows: t.loadable({
    type: 'SafeInt',
    description: 'The number of its rejected rows that are corrected by now.',
    load: (ids: string[], { services }) => services.rowCorrections.correctedRows(ids),
    resolve: ({ id }) => id,
    loaderOptions: UNCACHED,
  }),
}));

builder.mutationField('correctRows', (t) =>
  t.field({
    type: ImportRef,
    nullable: true,
    authScopes: { writer: true },
    description: `Imports rejected rows again, corrected, and returns the correction, a new import to follow with \`importProgress\`. Its columns mean what they mean in the corrected import, with its defaults and its rule for duplicates. All rows are imported or, if one of them cannot be read, none: then \`extensions.rows\` has the line, column and message of each row at fault. A row that breaks a rule is rejected by the correction; see \`RowIssue.correction\`. Errors: NOT_FOUND, IMPORT_UNFINISHED, NOT_CORRECTABLE, ALREADY_CORRECTED, BEING_UNDONE, ALREADY_UNDONE, BAD_USER_INPUT, IMPORT_ID_TAKEN, SPOOL_FULL, SPOOL_UNAVAILABLE, SHUTTING_DOWN.`,
    args: {
      id: t.arg.id({ required: true, description: 'The ID of the import whose rows are corrected, a UUID.' }),
      rows: t.arg({
        type: [RowToCorrectRef],
        required: true,
        description: `The corrected rows, 1 to ${MAX_CORRECTED_ROWS}.`,
      }),
      correctionId: t.arg.id({
        description:
          'A UUID for the correction, chosen by the client. Sending the same rows again with the same ID does not import them twice.',
      }),
    },
    resolve: (_root, { id, ...args }, context) => correctRows(checkId('id', id), args, context),
  }),
);
