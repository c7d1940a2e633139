// How files are read: options of imports, sources and profiles.

import { boolean, jsonb, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { count, instant, key } from './columns.ts';

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

/** Which of several rows with one SKU is imported. */
export const DUPLICATE_RULES = ['LAST_WINS', 'FIRST_WINS', 'REJECT'] as const;

export type DuplicateRule = (typeof DUPLICATE_RULES)[number];

/** STANDARD: as in RFC 4180. NONE: quotes are ordinary characters. */
export const quoting = () =>
  text('quoting', { enum: ['STANDARD', 'NONE'] })
    .notNull()
    .default('STANDARD');

export const skipInitialSpace = () => boolean('skip_initial_space').notNull().default(false);

/** How files are read; null: the default, or what a profile says. */
export const readingOptions = () => ({
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

/** How files are read, kept under a name. */
export const importProfiles = pgTable('import_profiles', {
  id: uuid('id').primaryKey(),
  name: key('name').notNull().unique(),
  ...readingOptions(),
  maxRejectedRows: count('max_rejected_rows'),
  createdAt: instant('created_at').notNull().defaultNow(),
  updatedAt: instant('updated_at').notNull().defaultNow(),
});
