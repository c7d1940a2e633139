// Imports, and what belongs to them.

import { desc, sql } from 'drizzle-orm';
import {
  boolean,
  doublePrecision,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import type { WarningCode } from '../../codes/warning-codes.ts';
import { CHANGE_KINDS } from './catalogue.ts';
import { count, instant, key } from './columns.ts';
import type { ImportPreview } from './import-preview.ts';
import {
  type ColumnMapping,
  DUPLICATE_RULES,
  type FieldDefaults,
  type MappedColumn,
  quoting,
  skipInitialSpace,
} from './reading.ts';

/** One row for each import: its file, its progress, its ledger. */
export const imports = pgTable(
  'imports',
  {
    id: uuid('id').primaryKey(),
    /** Its short name in products and their changes. From 1; some are skipped. */
    number: integer('number').notNull().generatedByDefaultAsIdentity(),
    fileName: text('file_name').notNull(),
    status: text('status', {
      enum: ['RECEIVING', 'LOADING', 'READY', 'MERGING', 'COMPLETED', 'FAILED', 'CANCELLED'],
    }).notNull(),
    delimiter: text('delimiter'),
    encoding: text('encoding'),
    quoting: quoting(),
    skipInitialSpace: skipInitialSpace(),
    /** Of a workbook: the sheet that the client named. */
    sheet: text('sheet'),
    maxRejectedRows: count('max_rejected_rows').notNull(),
    /** What the client says about columns: which becomes which field, and values for blank fields. */
    givenMapping: jsonb('given_mapping').$type<ColumnMapping[]>(),
    defaults: jsonb('defaults').$type<FieldDefaults>(),
    onDuplicate: text('on_duplicate', { enum: DUPLICATE_RULES }).notNull().default('LAST_WINS'),
    /** Whether columns that become no field are kept as attributes of the products. */
    keepColumns: boolean('keep_columns').notNull().default(false),
    /** The name of the profile that it began with. */
    profile: text('profile'),
    /** Whether it stops at READY, until a client commits it. */
    preview: boolean('preview').notNull().default(false),
    /** The header of the file, which of its columns are imported, and the others. */
    columns: text('columns').array(),
    mapping: jsonb('mapping').$type<MappedColumn[]>(),
    ignoredColumns: text('ignored_columns').array(),
    /** The names of the attributes that its columns become, in the order of the header; null if there are none. */
    keptColumns: text('kept_columns').array(),
    /** What was skipped or guessed while reading the file. */
    warnings: jsonb('warnings').$type<ImportWarning[]>().notNull().default([]),
    bytesReceived: count('bytes_received').notNull().default(0),
    bytesTotal: count('bytes_total'),
    bytesProcessed: count('bytes_processed').notNull().default(0),
    /** Of the file, in hex; null until it was received completely. */
    sha256: text('sha256'),
    /** Progress of the merge, 0 to 1. */
    mergedShare: doublePrecision('merged_share').notNull().default(0),
    rowsRead: count('rows_read').notNull().default(0),
    rowsInserted: count('rows_inserted').notNull().default(0),
    rowsUpdated: count('rows_updated').notNull().default(0),
    rowsUnchanged: count('rows_unchanged').notNull().default(0),
    rowsSuperseded: count('rows_superseded').notNull().default(0),
    rowsRejected: count('rows_rejected').notNull().default(0),
    rowsDeleted: count('rows_deleted').notNull().default(0),
    /** Of an undo: products that were left alone, as they were changed again after the import that it undoes. */
    rowsKept: count('rows_kept').notNull().default(0),
    rowsPerSecond: doublePrecision('rows_per_second'),
    errorCode: text('error_code'),
    errorMessage: text('error_message'),
    /** The name of who started it; null for a data source, or if that is unknown. */
    createdBy: text('created_by'),
    /** The data source of the file, and its name at that time; null for an upload. */
    sourceId: uuid('source_id'),
    sourceName: text('source_name'),
    /** Of an undo: the import that it undoes. */
    undoes: uuid('undoes'),
    /** Of a correction: the import whose rejected rows it corrects. */
    corrects: uuid('corrects'),
    /** The server process that runs the import; null if it was released for another process to resume. */
    owner: uuid('owner'),
    /** Number of the attempt to load its rows; part of the names of its staging tables. */
    attempt: integer('attempt').notNull().default(0),
    /** Null while it is not waiting. */
    waitingFor: text('waiting_for', { enum: ['DATABASE', 'MERGE_TURN', 'IMPORT_LIMIT', 'SPOOL'] }),
    /** Incremented with every change: orders states independently of clocks. */
    revision: count('revision').notNull().default(0),
    /** Until when the file of a failed import is kept for a retry; null if it cannot be retried. */
    retryUntil: instant('retry_until'),
    /** Until when it can be committed; null unless it is READY. */
    expiresAt: instant('expires_at'),
    /** When a client committed a previewed import. */
    committedAt: instant('committed_at'),
    cancelRequestedAt: instant('cancel_requested_at'),
    /** With the precision that cursors have: milliseconds. */
    createdAt: timestamp('created_at', { withTimezone: true, mode: 'date', precision: 3 })
      .notNull()
      .defaultNow(),
    startedAt: instant('started_at'),
    finishedAt: instant('finished_at'),
    updatedAt: instant('updated_at').notNull().defaultNow(),
    /** The span that began it, as a traceparent; null without tracing. Whoever goes on with it continues the trace. */
    traceParent: text('trace_parent'),
    /** The rows that metrics have counted when it ended; null if it has not ended. A retry counts what it adds. */
    countedRows: jsonb('counted_rows').$type<CountedRows>(),
  },
  (table) => [
    uniqueIndex('imports_number').on(table.number),
    uniqueIndex('imports_undoes').on(table.undoes).where(sql`undoes IS NOT NULL`),
    index('imports_corrects')
      .on(table.corrects, desc(table.createdAt), table.id)
      .where(sql`corrects IS NOT NULL`),
    index('imports_created').on(desc(table.createdAt), table.id),
    index('imports_of_source')
      .on(table.sourceId, desc(table.createdAt), table.id)
      .where(sql`source_id IS NOT NULL`),
    // Polled by every process every second or two.
    index('imports_unfinished').on(table.createdAt).where(sql`finished_at IS NULL`),
    // Whose rows may still be staged.
    index('imports_retryable').on(table.retryUntil).where(sql`retry_until IS NOT NULL`),
    // What is too old to be kept.
    index('imports_finished').on(table.finishedAt).where(sql`finished_at IS NOT NULL`),
    // Tells whether any product can have attributes.
    index('imports_keeping_columns').on(table.id).where(sql`kept_columns IS NOT NULL`),
  ],
);

/** Numbers of rows, and of deleted products. */
export type CountedRows = Record<
  'inserted' | 'updated' | 'unchanged' | 'superseded' | 'rejected' | 'deleted',
  number
>;

/** Something that the sender of a file should know, although no row was rejected for it. */
export interface ImportWarning {
  code: WarningCode;
  /** For a person to read. */
  message: string;
  /** The first physical line that it applies to, from 1; null if it applies to the whole file. */
  line: number | null;
}

/**
 * What is left of deleted imports: so that the id of one is not imported again, and that nothing of it is forgotten if the
 * server stops while it is cleared away.
 */
export const deletedImports = pgTable(
  'deleted_imports',
  {
    id: uuid('id').primaryKey(),
    /** As in products and their changes. */
    number: integer('number').notNull(),
    /** Whether its columns may be attributes of products. */
    keptColumns: boolean('kept_columns').notNull(),
    deletedAt: instant('deleted_at').notNull().defaultNow(),
    /** When its issues and all else that it left were removed; null until then. */
    clearedAt: instant('cleared_at'),
  },
  (table) => [
    index('deleted_imports_to_clear').on(table.deletedAt).where(sql`cleared_at IS NULL`),
    index('deleted_imports_keeping_columns').on(table.id).where(sql`kept_columns`),
  ],
);

/** The partitions of an import's staged rows. Each holds its part of the ledger, slice by slice. */
export const importPartitions = pgTable(
  'import_partitions',
  {
    importId: uuid('import_id').notNull(),
    partition: integer('partition').notNull(),
    staged: count('staged').notNull(),
    inserted: count('inserted').notNull().default(0),
    updated: count('updated').notNull().default(0),
    unchanged: count('unchanged').notNull().default(0),
    superseded: count('superseded').notNull().default(0),
    /** How many of the superseded rows are kept as issues, or are to be kept once it is merged; null: all of them. */
    supersededKept: count('superseded_kept'),
    /** Of an undo. */
    deleted: count('deleted').notNull().default(0),
    kept: count('kept').notNull().default(0),
    /** The last SKU of the slices that are merged; null before the first. */
    mergedThrough: key('merged_through'),
    mergedAt: instant('merged_at'),
    /** Whether rows were inserted into an empty catalogue, so that product_changes does not have them. */
    isFirstLoad: boolean('is_first_load').notNull().default(false),
  },
  (table) => [primaryKey({ columns: [table.importId, table.partition] })],
);

/** Products that an undo left alone, each with the change that was newest then. */
export const keptProducts = pgTable(
  'kept_products',
  {
    /** The undo. */
    importId: uuid('import_id').notNull(),
    sku: key('sku').notNull(),
    /** The number of the import that made the change; 0 for an edit. */
    changedBy: integer('changed_by').notNull(),
    kind: text('kind', { enum: CHANGE_KINDS }).notNull(),
    changedAt: instant('changed_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.importId, table.sku] })],
);

/** What a previewed import would have done at the moment of its preview. Apart from `imports`, whose rows are read often. */
export const importPreviews = pgTable('import_previews', {
  importId: uuid('import_id').primaryKey(),
  preview: jsonb('preview').$type<ImportPreview>().notNull(),
});
