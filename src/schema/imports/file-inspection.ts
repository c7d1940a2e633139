// What a file is, before it is imported.

import type { FileInspection, InspectedRow } from '../../ingest/inspect-file.ts';
import { costs } from '../../resolvers/field-cost.ts';
import { builder } from '../builder.ts';
import { MappedColumnRef } from './columns.ts';
import { ImportErrorRef, ImportWarningRef } from './import-result.ts';
import { RowIssueCodeRef } from './row-issue.ts';

const FileFormatRef = builder.enumType('FileFormat', {
  description: 'How a file is packed, told by its content.',
  values: {
    PLAIN: { value: 'plain', description: 'Not packed.' },
    GZIP: { value: 'gzip', description: 'gzip.' },
    ZSTD: { value: 'zstd', description: 'Zstandard.' },
    ZIP: { value: 'zip', description: 'A zip with one CSV file.' },
    XLSX: { value: 'xlsx', description: 'An Excel workbook.' },
  } as const,
});

const InspectedIssueRef = builder
  .objectRef<NonNullable<InspectedRow['issue']>>('InspectedRowIssue')
  .implement({
    description: 'Why an import would reject a row.',
    fields: (t) => ({
      code: t.expose('code', { type: RowIssueCodeRef, description: 'The reason, for programs.' }),
      message: t.exposeString('message', { description: 'What is wrong and how to fix it, for people.' }),
    }),
  });

const InspectedRowRef = builder.objectRef<InspectedRow>('InspectedRow').implement({
  description: 'A row of a file that is not imported.',
  fields: (t) => ({
    line: t.expose('line', { type: 'SafeInt', description: 'The line on which the record starts.' }),
    values: t.exposeStringList('values', {
      description:
        'The values as read, in the order of the columns, shortened to 1,000 characters. A record that cannot be split into fields is a single value.',
    }),
    issue: t.expose('issue', {
      type: InspectedIssueRef,
      nullable: true,
      description: 'Why an import would reject the row. Null if it would not.',
    }),
  }),
});

export const FileInspectionRef = builder.objectRef<FileInspection>('FileInspection').implement({
  description: 'What a file is, and how an import would read it.',
  fields: (t) => ({
    format: t.expose('format', { type: FileFormatRef, description: 'How the file is packed.' }),
    encoding: t.exposeString('encoding', {
      description: 'The character encoding: of the byte order mark, or as given, or else `utf-8`.',
    }),
    delimiter: t.exposeString('delimiter', {
      description: 'The field delimiter, given or detected. A comma for a workbook.',
    }),
    columns: t.exposeStringList('columns', { description: 'The column names in the header.' }),
    suggestedMapping: t.expose('suggestedMapping', {
      type: [MappedColumnRef],
      description:
        'What the columns probably mean. An import does the same by itself if `error` is null; otherwise pass it as `mapping`, corrected and completed.',
    }),
    keptColumns: t.exposeStringList('keptColumns', {
      description:
        'The names of the attributes that columns would become, in the order of the header, with the mapping that an import would use. Empty unless the option `keepColumns` is true.',
    }),
    error: t.expose('error', {
      type: ImportErrorRef,
      nullable: true,
      description:
        'Why an import with these options would not know what the columns mean: MISSING_COLUMN, AMBIGUOUS_COLUMN or DUPLICATE_COLUMN. Null if it would.',
    }),
    rows: t.expose('rows', {
      type: [InspectedRowRef],
      ...costs({ size: 20 }),
      description: 'The first 20 rows, fewer if they are very long.',
    }),
    warnings: t.expose('warnings', {
      type: [ImportWarningRef],
      ...costs({ size: 20 }),
      description: 'What was skipped or guessed up to the last of these rows.',
    }),
  }),
});
