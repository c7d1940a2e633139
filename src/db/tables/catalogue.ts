// The catalogue: products with their history, and names with their counts.

import { desc, sql } from 'drizzle-orm';
import { boolean, check, date, index, integer, jsonb, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { count, instant, key } from './columns.ts';

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

/** What became of a product. */
export const CHANGE_KINDS = ['INSERTED', 'UPDATED', 'DELETED'] as const;

export type ChangeKind = (typeof CHANGE_KINDS)[number];

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

/** Has a row once an edit has given a product attributes: then products may have some although no import kept columns. */
export const attributeEdits = pgTable('attribute_edits', {
  isDone: boolean('is_done').primaryKey().default(true),
});

/** How many products each name has; written in the transaction that writes the products. */
export const productNameCounts = pgTable(
  'product_name_counts',
  {
    name: key('name').primaryKey(),
    productCount: count('product_count').notNull(),
  },
  (table) => [
    index('product_name_counts_by_count').on(desc(table.productCount), table.name),
    check('product_name_counts_positive', sql`${table.productCount} > 0`),
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
