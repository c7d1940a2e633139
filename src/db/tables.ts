// The tables, as drizzle-kit reads them to write migrations (`npm run db:generate`).
//
// Keys use COLLATE "C", which compares bytes: sorted inserts build the index fast, prefix searches can use it, and the
// order is the same on every machine.

import { desc, sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  check,
  customType,
  date,
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
import type { WarningCode } from '../codes/warning-codes.ts';

const bytes = customType<{ data: Buffer }>({ dataType: () => 'bytea' });
const key = customType<{ data: string }>({ dataType: () => 'text COLLATE "C"' });
/** STANDARD: as in RFC 4180. NONE: quotes are ordinary characters. */
const quoting = () =>
  text('quoting', { enum: ['STANDARD', 'NONE'] })
    .notNull()
    .default('STANDARD');
/** What became of a product. */
export const CHANGE_KINDS = ['INSERTED', 'UPDATED', 'DELETED'] as const;
export type ChangeKind = (typeof CHANGE_KINDS)[number];
/** Which of several rows with one SKU is imported. */
const DUPLICATE_RULES = ['LAST_WINS', 'FIRST_WINS', 'REJECT'] as const;
export type DuplicateRule = (typeof DUPLICATE_RULES)[number];
const skipInitialSpace = () => boolean('skip_initial_space').notNull().default(false);
/** How files are read; null: the default, or what a profile says. */
const readingOptions = () => ({
  delimiter: text('delimiter'),
  encoding: text('encoding'),
  quoting: quoting(),
  skipInitialSpace: skipInitialSpace(),
  /** Of a workbook: the sheet that the client named. */
  sheet: text('sheet'),
  mapping: jsonb('mapping').$type<ColumnMapping[]>(),
  defaults: jsonb('defaults').$type<FieldDefaults>(),
  onDuplicate: text('on_duplicate', { enum: DUPLICATE_RULES }),
  keepColumns: boolean('keep_columns'),
});
const count = (name: string) => bigint(name, { mode: 'number' });
const instant = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' });

/** The catalogue: one row for each SKU. */
export const products = pgTable(
  'products',
  {
    sku: key('sku').primaryKey(),
    name: key('name').notNull(),
    description: text('description').notNull(),
    updatedAt: instant('updated_at').notNull().defaultNow(),
    /** Its writer: the number of the import that wrote this version; 0 for an edit, or if that is unknown. */
    changedBy: integer('changed_by').notNull().default(0),
    /** Other columns of files, by their names in the header; null if there are none. Their index is created when it is needed. */
    attributes: jsonb('attributes').$type<Attributes>(),
  },
  // A hash index takes a third of a B-tree's time to update, and names are only looked up as a whole.
  (table) => [index('products_name').using('hash', table.name)],
);

/** What a product has beside its fields. The values are not empty. */
export type Attributes = Record<string, string>;

/**
 * The history of products: one row for each change, written in the statement that makes it. What an import inserts into an
 * empty catalogue has none: it is found by `products.changed_by`, or by `old_changed_by` of its first change.
 */
export const productChanges = pgTable(
  'product_changes',
  {
    sku: key('sku').notNull(),
    /** The order of the changes of a product. */
    id: count('id').notNull().generatedAlwaysAsIdentity(),
    /** The number of the import that made the change; 0 for an edit. */
    importNumber: integer('import_number').notNull(),
    kind: text('kind', { enum: CHANGE_KINDS }).notNull(),
    changedAt: instant('changed_at').notNull().defaultNow(),
    /** The former version of the product; null if it was inserted. */
    oldName: key('old_name'),
    oldDescription: text('old_description'),
    oldUpdatedAt: instant('old_updated_at'),
    oldChangedBy: integer('old_changed_by'),
    oldAttributes: jsonb('old_attributes').$type<Attributes>(),
    /** Of an edit: the name of who made it; null if that is unknown. Who started an import is known of the import. */
    author: text('author'),
  },
  (table) => [
    primaryKey({ columns: [table.sku, table.id] }),
    // What an import did, in the order of SKU; and what is too old to be kept.
    index('product_changes_of_import')
      .on(table.importNumber, table.kind, table.sku)
      .where(sql`import_number > 0`),
    // Edits that are too old to be kept.
    index('product_changes_edited').on(table.changedAt).where(sql`import_number = 0`),
  ],
);

/**
 * Names with this many products or fewer are not in the index by count. They are most of the names, and indexing them would
 * take a quarter of the time that a merge spends on counts. The index by name finds them fast enough.
 */
export const RARE_COUNT = 3;

/** How many products each name has; written in the transaction that writes the products. */
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

/**
 * What clients have asked within a minute, where servers count together: its columns and their order are those that
 * rate-limiter-flexible expects. Unlogged, which the migration says: a count costs no wait for the disk, and a crash of the
 * database forgets a minute.
 */
export const rateCounts = pgTable(
  'rate_counts',
  {
    /** What is counted, and a hash of the client. */
    key: key('key').primaryKey(),
    points: count('points').notNull(),
    /** The end of its minute, in milliseconds since 1970. */
    expire: count('expire').notNull(),
  },
  (table) => [index('rate_counts_expire').on(table.expire)],
);

/** Has a row once an edit has given a product attributes: then products may have some although no import kept columns. */
export const attributeEdits = pgTable('attribute_edits', {
  isDone: boolean('is_done').primaryKey().default(true),
});

/** The fields of a product that a column of a file can become. */
export type ProductField = 'sku' | 'name' | 'description';

/** A column, as a client names it. */
export interface ColumnMapping {
  column: string;
  field: ProductField;
}

/** A column, as the header names it. */
export interface MappedColumn extends ColumnMapping {
  /** Whether it was found by a name that a shop system gives it, neither by the field's name nor by the client's mapping. */
  isGuessed: boolean;
}

/** Values for fields without a column, and for blank ones. A SKU has none, as it must differ. */
export type FieldDefaults = { [Field in Exclude<ProductField, 'sku'>]?: string };

/** Something that the sender of a file should know, although no row was rejected for it. */
export interface ImportWarning {
  code: WarningCode;
  /** For a person to read. */
  message: string;
  /** The first physical line that it applies to, from 1; null if it applies to the whole file. */
  line: number | null;
}

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

/** What an import would do if it were merged now. */
export interface ImportPreview {
  /** The moment that all of it belongs to, in ISO format. */
  asOf: string;
  rows: PreviewedRows;
  /** How many names would have another count. */
  namesChanged: number;
  /** Those whose counts would change most, in that order. */
  names: NameCountMove[];
  /** The first rows of each kind, in the order of lines. */
  samples: PreviewSample[];
}

/** Numbers of rows. */
export interface PreviewedRows {
  read: number;
  inserted: number;
  updated: number;
  unchanged: number;
  superseded: number;
  rejected: number;
  deleted: number;
}

export interface NameCountMove {
  name: string;
  countNow: number;
  countThen: number;
}

export type PreviewSampleKind = 'INSERTED' | 'UPDATED' | 'UNCHANGED' | 'SUPERSEDED';

export interface PreviewSample {
  kind: PreviewSampleKind;
  /** The physical line, from 1, on which the record starts. */
  line: number;
  sku: string;
  /** The product; null if there is none, or if the row is superseded. */
  before: PreviewedProduct | null;
  /** What the row says. */
  after: PreviewedProduct;
  /** Of a superseded row: the line of the row with the same SKU that would be used; null if that is in an earlier file. */
  winningLine: number | null;
}

export interface PreviewedProduct {
  name: string;
  description: string;
  attributes: Record<string, string>;
  /** Whether the description or an attribute is longer than shown. */
  isCut: boolean;
}

/** Rows of a file that are not in the catalogue, each with the reason. */
export const rowIssues = pgTable(
  'import_row_issues',
  {
    importId: uuid('import_id').notNull(),
    /** The physical line, from 1, on which the record starts. */
    line: count('line').notNull(),
    kind: text('kind', { enum: ['REJECTED', 'SUPERSEDED'] }).notNull(),
    code: text('code').notNull(),
    /** The invalid column, if it is a single one. */
    columnName: text('column_name'),
    /** For a rejected row. The message for a superseded row is derived from winningLine. */
    message: text('message'),
    /** For a superseded row: the line of the row with the same SKU that was used. */
    winningLine: count('winning_line'),
    /** Number of physical lines of a rejected record; null for a superseded one. */
    lineCount: integer('line_count'),
    /** The record as it is in the file. */
    record: text('record').notNull(),
  },
  // Finds a few rejected rows among many superseded ones, and costs a merge nothing.
  (table) => [
    primaryKey({ columns: [table.importId, table.line] }),
    index('import_row_issues_rejected')
      .on(table.importId, table.line, table.code)
      .where(sql`kind = 'REJECTED'`),
  ],
);

/** The rows of corrections, each with the rejected row that it corrects. A rejected row may turn into several rows. */
export const rowCorrections = pgTable(
  'row_corrections',
  {
    /** The correction. */
    importId: uuid('import_id').notNull(),
    /** The physical line, from 1, on which the row starts in the file of the correction. */
    line: count('line').notNull(),
    correctedImport: uuid('corrected_import').notNull(),
    /** The line of the rejected row. */
    correctedLine: count('corrected_line').notNull(),
    /** The corrected row, in the order of the columns. */
    values: text('values').array().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.importId, table.line] }),
    index('row_corrections_corrected').on(table.correctedImport, table.correctedLine),
  ],
);

/**
 * Names that products have or had, for substring search. Rows are only added. Its trigram index is created in a migration,
 * if pg_trgm is available.
 */
export const productNameSearch = pgTable('product_name_search', { name: key('name').primaryKey() });

/**
 * Queue of names that are in product_name_counts but not in product_name_search yet. Merges append to it at full speed, and
 * names are moved to the index in the background. A name may be here twice, or in both tables. A row is a single name, or a
 * block of many, which is searched as one text: see src/db/catalogue/names/name-queue.ts.
 */
export const productNamesUnindexed = pgTable(
  'product_names_unindexed',
  {
    name: key('name'),
    names: text('names').array(),
    /** The folded names of a block, one after the other. */
    folded: key('folded'),
  },
  ({ name, names }) => [check('product_names_unindexed_form', sql`num_nonnulls(${name}, ${names}) = 1`)],
);

/** Indexes of products that exist only while searches use them, with the day on which one last did. */
export const productIndexUses = pgTable('product_index_uses', {
  indexName: text('index_name').primaryKey(),
  usedOn: date('used_on').notNull().default(sql`current_date`),
});

/**
 * Data sources: their definitions and their state. A removed source keeps its row, so that every subscriber learns of the
 * removal.
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
    /** An import that would delete a larger share of the source's products needs confirmation. */
    maxDeletedShare: doublePrecision('max_deleted_share').notNull(),
    /** How its content is read; null: detected from the content. */
    ...readingOptions(),
    /** The name of a profile, which says what is not said here. */
    profile: key('profile'),
    /** For each import; null: the server's default. */
    maxRejectedRows: count('max_rejected_rows'),
    paused: boolean('paused').notNull().default(false),
    /** Incremented when something else is to be fetched: results of earlier checks are obsolete. */
    revision: integer('revision').notNull().default(1),
    /** Raised by every write of a client: the process that watches overwrites nothing that it has not read. */
    clientRevision: integer('client_revision').notNull().default(0),
    /** Raised by every write of the row: of two states the one with the higher number is newer. */
    stateRevision: count('state_revision').notNull().default(0),

    // Written by the process that watches the sources.
    activity: text('activity', { enum: ['CHECKING', 'FETCHING', 'IMPORTING'] }),
    /** The running import of its content. */
    importId: uuid('import_id'),
    /** Of the content that was imported last: ETag, Last-Modified or a hash. */
    validators: jsonb('validators').$type<StoredValidators>(),
    /** Of content whose deletions await confirmation, so that it is not fetched repeatedly. */
    refusedValidators: jsonb('refused_validators').$type<StoredValidators>(),
    /** Fetch regardless of validators: nothing was imported yet, or the last import failed. */
    mustFetch: boolean('must_fetch').notNull().default(true),
    failures: integer('failures').notNull().default(0),
    errorCode: text('error_code'),
    errorMessage: text('error_message'),
    lastCheckedAt: instant('last_checked_at'),
    lastChangedAt: instant('last_changed_at'),
    lastImportId: uuid('last_import_id'),
    lastImportedAt: instant('last_imported_at'),
    nextCheckAt: instant('next_check_at'),

    /** The import whose deletion awaits confirmation. */
    deletionImportId: uuid('deletion_import_id'),
    deletionConfirmed: boolean('deletion_confirmed').notNull().default(false),

    createdAt: instant('created_at').notNull().defaultNow(),
    updatedAt: instant('updated_at').notNull().defaultNow(),
    removedAt: instant('removed_at'),
    /** When the claims of a removed source were released. */
    releasedAt: instant('released_at'),
  },
  (table) => [uniqueIndex('data_sources_name').on(table.name).where(sql`removed_at IS NULL`)],
);

/** How files are read, kept under a name. */
export const importProfiles = pgTable('import_profiles', {
  id: uuid('id').primaryKey(),
  name: key('name').notNull().unique(),
  ...readingOptions(),
  maxRejectedRows: count('max_rejected_rows'),
  createdAt: instant('created_at').notNull().defaultNow(),
  updatedAt: instant('updated_at').notNull().defaultNow(),
});

/** Opaque to the database. */
type StoredValidators = Record<string, string>;

/** Request headers for a source. They may hold credentials: only fetches read them. */
export const dataSourceHeaders = pgTable(
  'data_source_headers',
  { sourceId: uuid('source_id').notNull(), name: text('name').notNull(), value: text('value').notNull() },
  (table) => [primaryKey({ columns: [table.sourceId, table.name] })],
);

/** What an import from a data source does beyond an upload, and its progress. */
export const dataSourceImports = pgTable('data_source_imports', {
  importId: uuid('import_id').primaryKey(),
  sourceId: uuid('source_id').notNull(),
  /** Revision of the source when its content was fetched. */
  revision: integer('revision').notNull(),
  mode: text('mode', { enum: ['UPSERT', 'REPLACE'] }).notNull(),
  maxDeletedShare: doublePrecision('max_deleted_share').notNull(),
  /** Of the deletion that was confirmed, if any. */
  confirmedFingerprint: text('confirmed_fingerprint'),
  validators: jsonb('validators').$type<StoredValidators>(),
  /** How many products it deletes; null until that is decided, which is before anything is merged. */
  planned: count('planned'),
  deleted: count('deleted').notNull().default(0),
  /** When all planned products were deleted. */
  removedAt: instant('removed_at'),
  /** Products that the source no longer names, but that are kept because of rows that could not be read. */
  held: count('held').notNull().default(0),
  /** The refused deletion: how many products, of how many, the first SKUs, and a fingerprint of all SKUs. */
  refusedProducts: count('refused_products'),
  refusedOf: count('refused_of'),
  refusedSkus: text('refused_skus').array(),
  refusedFingerprint: text('refused_fingerprint'),
});

/** Claims: which source provides which product. Uploads have none. */
export const sourceProducts = pgTable(
  'source_products',
  { sku: key('sku').notNull(), sourceId: uuid('source_id').notNull() },
  (table) => [
    primaryKey({ columns: [table.sku, table.sourceId] }),
    index('source_products_source').on(table.sourceId),
  ],
);

/** Access tokens. What is shown to clients once is not stored, only its hash. */
export const accessTokens = pgTable(
  'access_tokens',
  {
    id: uuid('id').primaryKey(),
    /** For people; beside what was changed with it. */
    name: text('name').notNull(),
    role: text('role', { enum: ['reader', 'writer', 'admin'] }).notNull(),
    /** SHA-256 of its secret part. */
    hash: bytes('hash').notNull(),
    createdAt: instant('created_at').notNull().defaultNow(),
    /** Null: it does not expire. */
    expiresAt: instant('expires_at'),
    revokedAt: instant('revoked_at'),
    /** Roughly: noted once an hour. */
    lastUsedAt: instant('last_used_at'),
  },
  (table) => [uniqueIndex('access_tokens_name').on(table.name).where(sql`revoked_at IS NULL`)],
);
