// Who may do what, and how often.

import { sql } from 'drizzle-orm';
import { index, pgTable, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { bytes, count, instant, key } from './columns.ts';

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
