// Data sources, their imports and claims.

import { sql } from 'drizzle-orm';
import {
  boolean,
  doublePrecision,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import { count, instant, key } from './columns.ts';
import { readingOptions } from './reading.ts';

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
