// Imports: what an upload became, and how to start, watch, cancel and list them.

import { WARNING_CODES } from '../codes/warning-codes.ts';
import type { ImportRecord } from '../db/imports/import-store.ts';
import type { ImportWarning } from '../db/tables.ts';
import {
  type ImportError,
  type ImportRows,
  type ImportSource,
  importError,
  importEtaSeconds,
  importPercent,
  importRows,
  importSource,
  issuesUrl,
  waitingReason,
} from '../resolvers/import-fields.ts';
import {
  cancelImport,
  importById,
  importProducts,
  importProgress,
  imports,
  retryImport,
} from '../resolvers/imports.ts';
import { importIssueCounts, importIssues } from '../resolvers/row-issues.ts';
import { builder } from './builder.ts';
import { connectionType, pageArgs } from './connection.ts';
import { dialectFields, QuotingRef } from './dialect.ts';
import { ErrorCodeRef } from './error-code.ts';
import { RowIssueConnectionRef, RowIssueCountRef, RowIssueKindRef } from './row-issue.ts';

const ImportStatusRef = builder.enumType('ImportStatus', {
  description: 'How far an import is. The last three are final.',
  values: {
    RECEIVING: { description: 'The file arrives; its rows are read meanwhile.' },
    LOADING: { description: 'The file is here, safe on disk; the rest of its rows are read.' },
    MERGING: {
      description:
        "All rows are read and go into the catalogue, part by part; last, the database's statistics of it are renewed.",
    },
    COMPLETED: { description: 'Every row is accounted for.' },
    FAILED: { description: 'It ended with `error`. Before MERGING the catalogue is untouched.' },
    CANCELLED: { description: 'A client ended it. Before MERGING the catalogue is untouched.' },
  },
});

const ImportWaitRef = builder.enumType('ImportWait', {
  description: 'What an import waits for, beside its client.',
  values: {
    DATABASE: { description: 'The database is away or in trouble; it is asked again and again.' },
    MERGE_TURN: { description: 'Another import is merging.' },
    IMPORT_LIMIT: {
      description: 'As many imports are at work as the server takes at once (MAX_ACTIVE_IMPORTS).',
    },
    SPOOL: { description: 'Its server is gone, and no other one has its file.' },
  },
});

const ImportRowsRef = builder.objectRef<ImportRows>('ImportRows').implement({
  description:
    'The ledger of an import, in rows of the file. When it is completed, read = inserted + updated + unchanged + superseded + rejected. What a data source no longer has is no row: deleted adds to both sides.',
  fields: (t) => ({
    read: t.expose('read', {
      type: 'SafeInt',
      description: 'Records found in the file, the header not counted.',
    }),
    inserted: t.expose('inserted', { type: 'SafeInt', description: 'Rows that became a new product.' }),
    updated: t.expose('updated', { type: 'SafeInt', description: 'Rows that changed a product.' }),
    unchanged: t.expose('unchanged', {
      type: 'SafeInt',
      description: 'Rows equal to the product as it was; nothing was written.',
    }),
    superseded: t.expose('superseded', {
      type: 'SafeInt',
      description: 'Rows beaten by a later row of the file with the same SKU.',
    }),
    rejected: t.expose('rejected', { type: 'SafeInt', description: 'Rows that are not a product.' }),
    deleted: t.expose('deleted', {
      type: 'SafeInt',
      description:
        'Products that were removed because their data source, in mode REPLACE, no longer has them. Not a row of the file; always 0 for an upload.',
    }),
  }),
});

const ImportErrorRef = builder.objectRef<ImportError>('ImportError').implement({
  description: 'Why an import failed.',
  fields: (t) => ({
    code: t.expose('code', { type: ErrorCodeRef, description: 'The reason, for programs.' }),
    message: t.exposeString('message', { description: 'What is wrong, and what to do.' }),
  }),
});

const ImportWarningRef = builder.objectRef<ImportWarning>('ImportWarning').implement({
  description: 'Something about a file that its sender should know, though no row was rejected for it.',
  fields: (t) => ({
    code: t.exposeString('code', {
      description: `Stable: ${Object.keys(WARNING_CODES).join(', ')}.`,
    }),
    message: t.exposeString('message', { description: 'The same for a person to read.' }),
    line: t.expose('line', {
      type: 'SafeInt',
      nullable: true,
      description: 'The physical line on which it was noticed first; null where it is not one of a line.',
    }),
  }),
});

const ImportSourceRef = builder.objectRef<ImportSource>('ImportSource').implement({
  description: 'The data source that an import came from.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Of the data source, which may have been removed since.' }),
    name: t.exposeString('name', { description: 'The name that the data source had then.' }),
  }),
});

export const ImportRef = builder.objectRef<ImportRecord>('Import').implement({
  description: 'A file on its way into the catalogue, or what became of it.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'A UUID; the one that the client chose, if it did.' }),
    fileName: t.exposeString('fileName', {
      description:
        'The name that the client gave the file, without folders, and without characters that cannot be shown.',
    }),
    status: t.expose('status', { type: ImportStatusRef, description: 'How far it is.' }),
    source: t.field({
      type: ImportSourceRef,
      nullable: true,
      description: 'Where it came from; null for an upload.',
      resolve: (record) => importSource(record),
    }),
    bytesReceived: t.expose('bytesReceived', {
      type: 'SafeInt',
      description: 'Bytes of the file that have arrived, compressed if it is.',
    }),
    bytesTotal: t.expose('bytesTotal', {
      type: 'SafeInt',
      nullable: true,
      description:
        'Bytes of the file. While it arrives, an upper bound that the request gave; null when it gave none.',
    }),
    bytesProcessed: t.expose('bytesProcessed', {
      type: 'SafeInt',
      description: 'Bytes of the file whose rows have been read.',
    }),
    waitingFor: t.expose('waitingFor', {
      type: ImportWaitRef,
      nullable: true,
      description: 'What it waits for; null while it works, and when it has ended.',
    }),
    waitingReason: t.string({
      nullable: true,
      description: 'The same in words.',
      resolve: (record) => waitingReason(record),
    }),
    percent: t.float({
      description:
        'How much of the work is done, 0 to 100. Falls only when the rows are read once more, as after a crash of the database; 100 only when completed; 0 as long as the size of the file is unknown.',
      resolve: (record) => importPercent(record),
    }),
    rowsPerSecond: t.exposeFloat('rowsPerSecond', {
      nullable: true,
      description: 'How fast rows are read or merged at present; null before the first measurement.',
    }),
    etaSeconds: t.float({
      nullable: true,
      description:
        'Seconds until it is likely to be completed; null while that cannot be told, and when it has ended.',
      resolve: (record) => importEtaSeconds(record),
    }),
    rows: t.field({
      type: ImportRowsRef,
      description: 'The ledger: what became of each row.',
      resolve: (record) => importRows(record),
    }),
    columns: t.exposeStringList('columns', {
      nullable: true,
      description: 'The header as the file has it; null until it is read.',
    }),
    ignoredColumns: t.exposeStringList('ignoredColumns', {
      nullable: true,
      description: 'The columns of the header that a product does not have; null until it is read.',
    }),
    delimiter: t.exposeString('delimiter', {
      nullable: true,
      description: 'Between the fields, as chosen or detected; null until it is known.',
    }),
    encoding: t.exposeString('encoding', {
      nullable: true,
      description:
        'Of the text, as chosen, or as the server of its data source says; null for UTF-8 and for what a byte order mark says.',
    }),
    quoting: t.expose('quoting', { type: QuotingRef, description: 'What a quote means in it, as chosen.' }),
    skipInitialSpace: t.exposeBoolean('skipInitialSpace', {
      description: 'Whether spaces behind a delimiter are no part of the field, as chosen.',
    }),
    warnings: t.expose('warnings', {
      type: [ImportWarningRef],
      description:
        'What was passed over or guessed while the file was read, in the order in which it was noticed; 20 at most.',
    }),
    error: t.field({
      type: ImportErrorRef,
      nullable: true,
      description: 'Why it failed; null unless it did.',
      resolve: (record) => importError(record),
    }),
    retryableUntil: t.expose('retryUntil', {
      type: 'DateTime',
      nullable: true,
      description:
        'Until when `retryImport` can go on with it: the file of an import is kept for a while that failed for a reason which may pass. Null when it cannot.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When its first byte arrived.' }),
    startedAt: t.expose('startedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the work on it began; null before.',
    }),
    finishedAt: t.expose('finishedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it came to its final status; null before.',
    }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When this state was written.' }),
    revision: t.expose('revision', {
      type: 'SafeInt',
      description:
        'Grows with every change: of two states the newer one has the larger, whatever the clock says.',
    }),
    issues: t.field({
      type: RowIssueConnectionRef,
      description: 'Rejected and superseded rows, in the order of their lines.',
      args: {
        ...pageArgs,
        kind: t.arg({ type: RowIssueKindRef, description: 'Only these; both kinds unless told.' }),
        code: t.arg.string({
          description: 'Only those with this reason, such as BLANK_SKU; all reasons unless told.',
        }),
      },
      resolve: (record, args, context) => importIssues(record, args, context),
    }),
    issueCounts: t.field({
      type: [RowIssueCountRef],
      description:
        'How many rejected and superseded rows have which reason, the most frequent first; while the import runs, so far.',
      resolve: (record, _args, context) => importIssueCounts(record, context),
    }),
    issuesUrl: t.string({
      nullable: true,
      description:
        'Where to download the rejected rows as CSV, to be repaired and imported again: the columns of the file, then line, code, message and record. `?kind=SUPERSEDED` has the superseded rows, `?kind=ALL` both. Null while there are neither.',
      resolve: (record, _args, context) => issuesUrl(record, context),
    }),
  }),
});

const ImportConnectionRef = connectionType('Import', ImportRef, 'A page of imports.');

const ImportFilterRef = builder.inputType('ImportFilter', {
  description: 'Leaves the imports for which all given conditions hold.',
  fields: (t) => ({
    status: t.field({ type: ImportStatusRef, description: 'Imports that are so far.' }),
    sourceId: t.id({ description: 'Imports of this data source, a UUID; also of one that was removed.' }),
  }),
});

const ImportOptionsRef = builder.inputType('ImportOptions', {
  description: 'How to read the file, where the client knows better; all of it may be left out.',
  fields: (t) => ({
    id: t.id({
      description:
        "A UUID of the client's choosing, to watch the import from its first byte. Sending the same file with the same id again does not import it twice; another file is IMPORT_ID_TAKEN. An import that failed before its file had arrived whole begins anew with the file that is sent with its id.",
    }),
    ...dialectFields(t),
    maxRejectedRows: t.int({
      description:
        "With more rejected rows than this the import fails, TOO_MANY_REJECTED_ROWS, and leaves the catalogue untouched. 0 or more; the server's setting unless told, which is 100,000 unless set.",
    }),
  }),
});

builder.queryFields((t) => ({
  import: t.field({
    type: ImportRef,
    nullable: true,
    description: 'The import with this id, or null.',
    args: { id: t.arg.id({ required: true, description: 'A UUID; anything else is BAD_USER_INPUT.' }) },
    resolve: (_root, args, context) => importById(args, context),
  }),
  imports: t.field({
    type: ImportConnectionRef,
    description: 'All imports, the newest first, a page at a time, forwards or backwards.',
    args: {
      ...pageArgs,
      filter: t.arg({ type: ImportFilterRef, description: 'Which imports; all unless told.' }),
    },
    resolve: (_root, args, context) => imports(args, context),
  }),
}));

builder.mutationFields((t) => ({
  importProducts: t.field({
    type: ImportRef,
    description:
      "Imports a file of products: CSV, or one CSV file as gzip, zstd or zip. Answers once all of the file is safe on the server's disk; the import goes on and `importProgress` shows it. FILE_TOO_LARGE, UPLOAD_INTERRUPTED, UPLOAD_TOO_SLOW, IMPORT_ID_TAKEN, SPOOL_FULL (at once, when the size of the request tells), SPOOL_UNAVAILABLE, SHUTTING_DOWN and BAD_USER_INPUT are errors here; what is wrong with the file's content is the import's `error`.",
    args: {
      file: t.arg({
        type: 'Upload',
        required: true,
        description:
          'The file. Its header needs the columns name, sku and description, in any order and letter case.',
      }),
      options: t.arg({ type: ImportOptionsRef, description: 'How to read it.' }),
    },
    resolve: (_root, args, context) => importProducts(args, context),
  }),
  cancelImport: t.field({
    type: ImportRef,
    description:
      'Ends an import. What was merged before stays; before MERGING that is nothing. NOT_FOUND for an unknown id, IMPORT_FINISHED when it has ended already.',
    args: { id: t.arg.id({ required: true, description: 'The id of the import, a UUID.' }) },
    resolve: (_root, args, context) => cancelImport(args, context),
  }),
  retryImport: t.field({
    type: ImportRef,
    description:
      'Goes on with a failed import whose file is kept (`retryableUntil`), at the point to which it had come: partitions that are merged are not merged again. NOT_FOUND for an unknown id, NOT_RETRYABLE for any other import, SPOOL_UNAVAILABLE when its file is at another server.',
    args: { id: t.arg.id({ required: true, description: 'The id of the import, a UUID.' }) },
    resolve: (_root, args, context) => retryImport(args, context),
  }),
}));

builder.subscriptionField('importProgress', (t) =>
  t.field({
    type: ImportRef,
    description:
      'The state of an import at once, then each time it has moved, at least every 250 ms; after the final state the stream completes. It may start before the import exists. A slow reader gets the newest state, not all of them.',
    args: {
      id: t.arg.id({
        description: 'The id of the import, a UUID. Without it: every import, without an end.',
      }),
    },
    subscribe: (_root, args, context) => importProgress(args, context),
    resolve: (record) => record,
  }),
);
