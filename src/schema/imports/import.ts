// An import: an uploaded file, or the content of a data source, on its way into the catalogue.

import type { ImportRecord } from '../../db/imports/import-record.ts';
import { costs, PRODUCT_FIELDS, STATEMENT } from '../../resolvers/field-cost.ts';
import { defaultsOf } from '../../resolvers/imports/column-fields.ts';
import {
  type ImportSource,
  importError,
  importEtaSeconds,
  importKind,
  importPercent,
  importRows,
  importSource,
  issuesUrl,
  waitingReason,
} from '../../resolvers/imports/import-fields.ts';
import { importIssues } from '../../resolvers/imports/row-issues.ts';
import { builder, UNCACHED } from '../builder.ts';
import { NodeRef } from '../node.ts';
import { FieldDefaultRef, MappedColumnRef } from './columns.ts';
import { QuotingRef } from './dialect.ts';
import { DuplicateRuleRef } from './duplicate-rule.ts';
import { ImportPreviewRef } from './import-preview.ts';
import { ImportErrorRef, ImportRowsRef, ImportWarningRef } from './import-result.ts';
import { ImportKindRef, ImportStatusRef, ImportWaitRef } from './import-status.ts';
import { RowIssueCodeRef, RowIssueCountRef, RowIssueKindRef, RowIssueRef } from './row-issue.ts';

const ImportSourceRef = builder.objectRef<ImportSource>('ImportSource').implement({
  description: 'The data source that an import came from.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'The ID of the data source. It may have been removed since.' }),
    name: t.exposeString('name', { description: 'The name of the data source at the time of the import.' }),
  }),
});

export const ImportRef = builder.objectRef<ImportRecord>('Import').implement({
  description: 'The import of a file.',
  interfaces: [NodeRef],
  fields: (t) => ({
    id: t.exposeID('id', { description: 'A UUID, chosen by the client or generated.' }),
    kind: t.field({
      type: ImportKindRef,
      description: 'Where its changes come from.',
      resolve: (record) => importKind(record),
    }),
    fileName: t.exposeString('fileName', {
      description:
        'The file name sent by the client, without directories and unprintable characters. Of an undo or a correction, that of the import that it undoes or corrects.',
    }),
    createdBy: t.exposeString('createdBy', {
      nullable: true,
      description:
        'The name of who sent the file, undid the import or corrected its rows. Null for a data source, and if access is open.',
    }),
    status: t.expose('status', { type: ImportStatusRef, description: 'The current status.' }),
    source: t.field({
      type: ImportSourceRef,
      nullable: true,
      description: 'The data source that the file came from. Null for an upload.',
      resolve: (record) => importSource(record),
    }),
    bytesReceived: t.expose('bytesReceived', {
      type: 'SafeInt',
      description: 'Bytes of the file received so far. For a compressed file, compressed bytes.',
    }),
    bytesTotal: t.expose('bytesTotal', {
      type: 'SafeInt',
      nullable: true,
      description:
        'The size of the file in bytes. During the upload, an upper bound based on the size of the request; null if that is unknown.',
    }),
    bytesProcessed: t.expose('bytesProcessed', {
      type: 'SafeInt',
      description: 'Bytes of the file whose rows have been read.',
    }),
    waitingFor: t.expose('waitingFor', {
      type: ImportWaitRef,
      nullable: true,
      description: 'What the import is waiting for. Null if it is working or has finished.',
    }),
    waitingReason: t.string({
      nullable: true,
      description: 'An explanation of `waitingFor`, for people. Null if `waitingFor` is null.',
      resolve: (record) => waitingReason(record),
    }),
    percent: t.float({
      description:
        'Progress from 0 to 100. 0 while the size of the file is unknown, and 100 only when COMPLETED. Decreases only if rows must be read again, for example after a database crash.',
      resolve: (record) => importPercent(record),
    }),
    rowsPerSecond: t.exposeFloat('rowsPerSecond', {
      nullable: true,
      description:
        'The rate at which rows are currently read or merged, per second. Null before the first measurement.',
    }),
    etaSeconds: t.float({
      nullable: true,
      description:
        'The estimated time to completion, in seconds. Null if there is no estimate yet or the import has finished.',
      resolve: (record) => importEtaSeconds(record),
    }),
    rows: t.field({
      type: ImportRowsRef,
      description: 'What happened to the rows of the file. What would happen is in `preview`.',
      resolve: (record) => importRows(record),
    }),
    preview: t.loadable({
      type: ImportPreviewRef,
      nullable: true,
      description:
        'What the import would have done at the moment of its preview. Null until it is READY, and for an import without `preview`.',
      load: (ids: string[], { services }) => services.importPreviews.getMany(ids),
      resolve: ({ id }) => id,
      loaderOptions: UNCACHED,
    }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      nullable: true,
      description:
        'Until when the import can be committed with `commitImport`. After that it is cancelled. Null unless it is READY.',
    }),
    columns: t.exposeStringList('columns', {
      nullable: true,
      description: 'The column names in the header of the file. Null until the header has been read.',
    }),
    mapping: t.expose('mapping', {
      type: [MappedColumnRef],
      ...costs({ size: PRODUCT_FIELDS }),
      nullable: true,
      description:
        'Which columns of the file are imported, and as what, in the order of the header. Null until the header has been read.',
    }),
    defaults: t.field({
      type: [FieldDefaultRef],
      ...costs({ size: PRODUCT_FIELDS }),
      description: 'Values for blank fields, and for fields without a column, as given.',
      resolve: ({ defaults }) => defaultsOf(defaults),
    }),
    keepColumns: t.exposeBoolean('keepColumns', {
      description: 'Whether columns that become no field are kept as attributes of the products, as given.',
    }),
    onDuplicate: t.expose('onDuplicate', {
      type: DuplicateRuleRef,
      description: 'What happens to rows of the file that have the same SKU.',
    }),
    profile: t.exposeString('profile', {
      nullable: true,
      description: 'The name of the import profile that it began with. Null if it named none.',
    }),
    keptColumns: t.stringList({
      nullable: true,
      description:
        'The names of the attributes that columns become, in the order of the header. Empty unless `keepColumns` is true. Null until the header has been read.',
      resolve: ({ columns, keptColumns }) => keptColumns ?? (columns && []),
    }),
    ignoredColumns: t.exposeStringList('ignoredColumns', {
      nullable: true,
      description: 'The columns of the header that are not imported. Null until the header has been read.',
    }),
    delimiter: t.exposeString('delimiter', {
      nullable: true,
      description: 'The field delimiter, given or detected. Null until it is known.',
    }),
    encoding: t.exposeString('encoding', {
      nullable: true,
      description:
        'The character encoding that was given in the options, or declared by the server of the data source. Null if the file is read as UTF-8 or by its byte order mark.',
    }),
    quoting: t.expose('quoting', {
      type: QuotingRef,
      description: 'What quotes mean in the file, as given.',
    }),
    skipInitialSpace: t.exposeBoolean('skipInitialSpace', {
      description: 'Whether spaces after a delimiter are ignored, as given.',
    }),
    sheet: t.exposeString('sheet', {
      nullable: true,
      description: 'The sheet to read in a workbook. Null for the only one with data.',
    }),
    warnings: t.expose('warnings', {
      type: [ImportWarningRef],
      ...costs({ size: 20 }),
      description:
        'What was skipped or guessed while reading the file, in order of appearance, and whether issues are missing. At most 20.',
    }),
    error: t.field({
      type: ImportErrorRef,
      nullable: true,
      description:
        'Why the import failed, or why it was cancelled if no client asked for that. Null otherwise.',
      resolve: (record) => importError(record),
    }),
    retryableUntil: t.expose('retryUntil', {
      type: 'DateTime',
      nullable: true,
      description:
        'Until when the import can be continued with `retryImport`. The file is kept for some time if the failure may be temporary. Null if the import cannot be retried.',
    }),
    createdAt: t.expose('createdAt', {
      type: 'DateTime',
      description: 'When the first byte of the file arrived.',
    }),
    startedAt: t.expose('startedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the server began to read the file. Null before that.',
    }),
    finishedAt: t.expose('finishedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the import reached its final status. Null before that.',
    }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When this state was written.' }),
    revision: t.expose('revision', {
      type: 'SafeInt',
      description:
        'Increases with every change. Of two states of an import, the one with the higher revision is newer, regardless of clocks.',
    }),
    issues: t.connection(
      {
        type: RowIssueRef,
        ...costs({ cost: STATEMENT }),
        description:
          'The rejected and superseded rows, ordered by line. Of the superseded ones, those that are kept: see `RowIssueCount.kept`.',
        args: {
          kind: t.arg({
            type: RowIssueKindRef,
            description: 'Returns only rows of this kind. Default: both.',
          }),
          code: t.arg({
            type: RowIssueCodeRef,
            description: 'Returns only rows with this reason. Default: all reasons.',
          }),
        },
        resolve: (record, args, context) => importIssues(record, args, context),
      },
      {
        name: 'RowIssueConnection',
        description: 'A page of rejected and superseded rows, ordered by line.',
        fields: (connection) => ({
          totalCount: connection.field({
            type: 'SafeInt',
            description:
              'The exact number of these rows, as in `issueCounts`, including superseded ones that are not kept. While the import is running, the number so far.',
            resolve: (page) => page.totalCount(),
          }),
        }),
      },
      { name: 'RowIssueEdge' },
    ),
    issueCounts: t.loadableGroup({
      type: RowIssueCountRef,
      ...costs({ size: 20 }),
      description:
        'The number of rejected and superseded rows by reason, highest first. While the import is running, the numbers so far.',
      load: (ids: string[], { services }) => services.rowIssues.counts(ids),
      group: ({ importId }) => importId,
      resolve: ({ id }) => id,
      loaderOptions: UNCACHED,
    }),
    issuesUrl: t.string({
      nullable: true,
      description:
        'The address of a CSV download of the rejected rows, to correct and import again. It has the columns of the file followed by `line`, `code`, `message` and `record`. Append `?kind=SUPERSEDED` for superseded rows or `?kind=ALL` for both; if not all superseded rows are kept, its first row says so. Null if there are no such rows.',
      resolve: (record, _args, context) => issuesUrl(record, context),
    }),
  }),
});
