// Schemas of Loadstone's own, beside the one that holds the catalogue.

export const STAGING_SCHEMA = 'loadstone_staging';

/** Where Drizzle records the migrations that were applied. */
export const MIGRATIONS_SCHEMA = 'drizzle';
export const MIGRATIONS_TABLE = '__drizzle_migrations';
