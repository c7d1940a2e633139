// The tables, as drizzle-kit reads them to write migrations (`npm run db:generate`).
//
// Keys are compared byte by byte (COLLATE "C"): a sorted insert then builds the index fast, a prefix search
// can use it, and the order is the same on every machine.

import { desc, sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  check,
  customType,
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

const key = customType<{ data: string }>({ dataType: () => 'text COLLATE "C"' });
/** How quotes are read: as RFC 4180 has them, or as characters like any other. */
const quoting = () =>
  text('quoting', { enum: ['STANDARD', 'NONE'] })
    .notNull()
    .default('STANDARD');
const skipInitialSpace = () => boolean('skip_initial_space').notNull().default(false);
const count = (name: string) => bigint(name, { mode: 'number' });
const instant = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' });

/** The catalogue: one row a SKU. */
export const products = pgTable(
  'products',
  {
    sku: key('sku').primaryKey(),
    name: key('name').notNull(),
    description: text('description').notNull(),
    updatedAt: instant('updated_at').notNull().defaultNow(),
  },
  // A hash, not a tree: it costs an import a third of what a tree does, and names are looked up whole.
  (table) => [index('products_name').using('hash', table.name)],
);

/**
 * Names of so many products and fewer are left out of the index by count. They are most of the names, and cost a
 * merge a quarter of its counting; among all names in order they are never far apart.
 */
export const RARE_COUNT = 3;

/** How many products have each name; written in the transaction that writes the products. */
export const productNameCounts = pgTable(
  'product_name_counts',
  {
    name: key('name').primaryKey(),
    productCount: count('product_count').notNull(),
  },
  (table) => [
    index('product_name_counts_by_count')
      .on(desc(table.productCount), table.name)
      .where(sql`product_count > ${sql.raw(String(RARE_COUNT))}`),
    check('product_name_counts_positive', sql`${table.productCount} > 0`),
  ],
);

/** One row an import: what was sent, how far it is, and its ledger. */
export const imports = pgTable(
  'imports',
  {
    id: uuid('id').primaryKey(),
    fileName: text('file_name').notNull(),
    status: text('status', {
      enum: ['RECEIVING', 'LOADING', 'MERGING', 'COMPLETED', 'FAILED', 'CANCELLED'],
    }).notNull(),
    delimiter: text('delimiter'),
    encoding: text('encoding'),
    quoting: quoting(),
    skipInitialSpace: skipInitialSpace(),
    maxRejectedRows: count('max_rejected_rows').notNull(),
    /** The header as the file has it, and the columns of it that are not ours. */
    columns: text('columns').array(),
    ignoredColumns: text('ignored_columns').array(),
    /** What was passed over or guessed while the file was read; a few at most. */
    warnings: jsonb('warnings').$type<ImportWarning[]>().notNull().default([]),
    bytesReceived: count('bytes_received').notNull().default(0),
    bytesTotal: count('bytes_total'),
    bytesProcessed: count('bytes_processed').notNull().default(0),
    /** Of the bytes received, in hex; null until all of them are. */
    sha256: text('sha256'),
    /** Of the merge, 0 to 1. */
    mergedShare: doublePrecision('merged_share').notNull().default(0),
    rowsRead: count('rows_read').notNull().default(0),
    rowsInserted: count('rows_inserted').notNull().default(0),
    rowsUpdated: count('rows_updated').notNull().default(0),
    rowsUnchanged: count('rows_unchanged').notNull().default(0),
    rowsSuperseded: count('rows_superseded').notNull().default(0),
    rowsRejected: count('rows_rejected').notNull().default(0),
    rowsDeleted: count('rows_deleted').notNull().default(0),
    rowsPerSecond: doublePrecision('rows_per_second'),
    errorCode: text('error_code'),
    errorMessage: text('error_message'),
    /** The data source that it came from, with its name at that time; null for an upload. */
    sourceId: uuid('source_id'),
    sourceName: text('source_name'),
    /** The server process that works on it; null when one gave it up, for another to go on. */
    owner: uuid('owner'),
    /** How often its rows were loaded; it is part of the names of its staging tables. */
    attempt: integer('attempt').notNull().default(0),
    /** What it waits for; null while it works, and when it has ended. */
    waitingFor: text('waiting_for', { enum: ['DATABASE', 'MERGE_TURN', 'IMPORT_LIMIT', 'SPOOL'] }),
    /** Grows with every change: the order of states, whatever the clock says. */
    revision: count('revision').notNull().default(0),
    /** Until when its file is kept although it failed, so that it can go on; null when it cannot. */
    retryUntil: instant('retry_until'),
    cancelRequestedAt: instant('cancel_requested_at'),
    /** In milliseconds, as a cursor can tell it. */
    createdAt: timestamp('created_at', { withTimezone: true, mode: 'date', precision: 3 })
      .notNull()
      .defaultNow(),
    startedAt: instant('started_at'),
    finishedAt: instant('finished_at'),
    updatedAt: instant('updated_at').notNull().defaultNow(),
  },
  (table) => [
    index('imports_created').on(desc(table.createdAt), table.id),
    index('imports_of_source')
      .on(table.sourceId, desc(table.createdAt), table.id)
      .where(sql`source_id IS NOT NULL`),
    // Every process looks at them every second or two.
    index('imports_unfinished').on(table.createdAt).where(sql`finished_at IS NULL`),
  ],
);

/** Something about a file that its sender should know, though nothing was rejected for it. */
export interface ImportWarning {
  /** Stable, for programs. */
  code: string;
  /** For a person to read. */
  message: string;
  /** The physical line where it was noticed first, from 1; null where it is no line's. */
  line: number | null;
}

/** The partitions of an import's staged rows. Those with `merged_at` are in the catalogue, with their part of the ledger. */
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
    mergedAt: instant('merged_at'),
  },
  (table) => [primaryKey({ columns: [table.importId, table.partition] })],
);

/** Rows of a file that did not reach the catalogue, each with its reason. */
export const rowIssues = pgTable(
  'import_row_issues',
  {
    importId: uuid('import_id').notNull(),
    /** The physical line, from 1, on which the record starts. */
    line: count('line').notNull(),
    kind: text('kind', { enum: ['REJECTED', 'SUPERSEDED'] }).notNull(),
    code: text('code').notNull(),
    /** The column at fault, where it is one column. */
    columnName: text('column_name'),
    /** For a rejected row. That of a superseded row follows from winningLine. */
    message: text('message'),
    /** For a superseded row: the line whose row has the same SKU and was taken. */
    winningLine: count('winning_line'),
    /** Physical lines that a rejected record spans, 1 or more; null for a superseded one. */
    lineCount: integer('line_count'),
    /** The record as it stands in the file. */
    record: text('record').notNull(),
  },
  // Rejected rows by themselves: they may be few among many that are superseded. The others cost a merge nothing.
  (table) => [
    primaryKey({ columns: [table.importId, table.line] }),
    index('import_row_issues_rejected')
      .on(table.importId, table.line, table.code)
      .where(sql`kind = 'REJECTED'`),
  ],
);

/**
 * Names that products have or had, for the search by a part of the name; rows are only ever added. Its trigram
 * index is written in the migration, where Postgres has the means for one.
 */
export const productNameSearch = pgTable('product_name_search', { name: key('name').primaryKey() });

/**
 * Names that came into product_name_counts and are not in product_name_search yet: a merge writes them here at
 * full speed, the index takes them from here in the background. A name may stand here twice, or in both tables.
 */
export const productNamesUnindexed = pgTable('product_names_unindexed', { name: key('name').notNull() });

/**
 * Places elsewhere whose products are wanted: what each is, and what is known of it. A source that was removed keeps
 * its row, so that nobody who watches it misses that.
 */
export const dataSources = pgTable(
  'data_sources',
  {
    id: uuid('id').primaryKey(),
    name: key('name').notNull(),
    kind: text('kind', { enum: ['HTTP', 'SENSE_READ'] }).notNull(),
    url: text('url').notNull(),
    intervalSeconds: integer('interval_seconds').notNull(),
    mode: text('mode', { enum: ['UPSERT', 'REPLACE'] }).notNull(),
    /** Of what the source brought: an import that would delete a larger share asks first. */
    maxDeletedShare: doublePrecision('max_deleted_share').notNull(),
    /** How its content is read; null where that is found out from the content. */
    delimiter: text('delimiter'),
    encoding: text('encoding'),
    quoting: quoting(),
    skipInitialSpace: skipInitialSpace(),
    /** Of an import; null where the setting of the server holds. */
    maxRejectedRows: count('max_rejected_rows'),
    paused: boolean('paused').notNull().default(false),
    /** Raised whenever something else is to be fetched: what was found out before no longer holds. */
    revision: integer('revision').notNull().default(1),
    /** Raised by every write of a client: the process that watches overwrites nothing that it has not read. */
    clientRevision: integer('client_revision').notNull().default(0),
    /** Raised by every write of the row: of two states the one with the higher number is newer. */
    stateRevision: count('state_revision').notNull().default(0),

    // Written by the process that watches the sources.
    activity: text('activity', { enum: ['CHECKING', 'FETCHING', 'IMPORTING'] }),
    /** The import of its content that is under way. */
    importId: uuid('import_id'),
    /** What tells the content that was imported last from the next. */
    validators: jsonb('validators').$type<StoredValidators>(),
    /** Of a content whose deletions wait to be confirmed: it need not be fetched again and again. */
    refusedValidators: jsonb('refused_validators').$type<StoredValidators>(),
    /** The content is wanted whatever a check says: nothing of it was imported yet, or that went wrong. */
    mustFetch: boolean('must_fetch').notNull().default(true),
    failures: integer('failures').notNull().default(0),
    errorCode: text('error_code'),
    errorMessage: text('error_message'),
    lastCheckedAt: instant('last_checked_at'),
    lastChangedAt: instant('last_changed_at'),
    lastImportId: uuid('last_import_id'),
    lastImportedAt: instant('last_imported_at'),
    nextCheckAt: instant('next_check_at'),

    /** The import that was refused because of what it would have deleted; null when nothing waits to be confirmed. */
    deletionImportId: uuid('deletion_import_id'),
    deletionConfirmed: boolean('deletion_confirmed').notNull().default(false),

    createdAt: instant('created_at').notNull().defaultNow(),
    updatedAt: instant('updated_at').notNull().defaultNow(),
    removedAt: instant('removed_at'),
    /** When what it had brought was given up, after it was removed. */
    releasedAt: instant('released_at'),
  },
  (table) => [uniqueIndex('data_sources_name').on(table.name).where(sql`removed_at IS NULL`)],
);

/** As a fetcher has them; the database only keeps them. */
type StoredValidators = Record<string, string>;

/** Headers that are sent to a source: credentials, which nothing but a fetch reads. */
export const dataSourceHeaders = pgTable(
  'data_source_headers',
  { sourceId: uuid('source_id').notNull(), name: text('name').notNull(), value: text('value').notNull() },
  (table) => [primaryKey({ columns: [table.sourceId, table.name] })],
);

/** What an import from a data source is to do beyond one of an upload, and how far it is with that. */
export const dataSourceImports = pgTable('data_source_imports', {
  importId: uuid('import_id').primaryKey(),
  sourceId: uuid('source_id').notNull(),
  /** Of the source when its content was fetched. */
  revision: integer('revision').notNull(),
  mode: text('mode', { enum: ['UPSERT', 'REPLACE'] }).notNull(),
  maxDeletedShare: doublePrecision('max_deleted_share').notNull(),
  /** The deletion that was confirmed, if one was. */
  confirmedFingerprint: text('confirmed_fingerprint'),
  validators: jsonb('validators').$type<StoredValidators>(),
  /** Products that it deletes; null until that is decided, before anything is merged. */
  planned: count('planned'),
  deleted: count('deleted').notNull().default(0),
  /** When all that was planned was deleted. */
  removedAt: instant('removed_at'),
  /** Products that the source no longer names, and that stay because of rows that could not be read. */
  held: count('held').notNull().default(0),
  /** The deletion for which it was refused: how many products, of how many, some of them, and which in all. */
  refusedProducts: count('refused_products'),
  refusedOf: count('refused_of'),
  refusedSkus: text('refused_skus').array(),
  refusedFingerprint: text('refused_fingerprint'),
});

/** Which source brought which product, and has not given it up. Uploads have no part in it. */
export const sourceProducts = pgTable(
  'source_products',
  { sku: key('sku').notNull(), sourceId: uuid('source_id').notNull() },
  (table) => [
    primaryKey({ columns: [table.sku, table.sourceId] }),
    index('source_products_source').on(table.sourceId),
  ],
);
