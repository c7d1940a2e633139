// Access tokens in the database. Whoever changes one tells every server process.

import { and, asc, eq, getTableColumns, inArray, isNull, lt, or, sql as raw } from 'drizzle-orm';
import type { Database } from '../postgres/connection/database.ts';
import { accessTokens } from '../tables.ts';

export type AccessToken = typeof accessTokens.$inferSelect;
export type NewAccessToken = Pick<AccessToken, 'id' | 'name' | 'role' | 'hash' | 'expiresAt'>;

/** Notified with the ID of a token that was revoked. */
export const ACCESS_CHANNEL = 'loadstone_access';

const NOTIFY = raw<unknown>`pg_notify(${ACCESS_CHANNEL}, ${accessTokens.id}::text)`;

/** How old `last_used_at` may become. */
const USE_PRECISION = raw`interval '1 hour'`;

export class AccessTokenStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** @returns undefined if another token that is not revoked has this name */
  async add(token: NewAccessToken): Promise<AccessToken | undefined> {
    const [added] = await this.#database.orm
      .insert(accessTokens)
      .values(token)
      .onConflictDoNothing()
      .returning();
    return added;
  }

  async find(ids: string[]): Promise<AccessToken[]> {
    return this.#database.orm.select().from(accessTokens).where(inArray(accessTokens.id, ids));
  }

  /** All of them, the revoked and expired ones included, in the order in which they were made. */
  async list(): Promise<AccessToken[]> {
    return this.#database.orm
      .select()
      .from(accessTokens)
      .orderBy(asc(accessTokens.createdAt), asc(accessTokens.id));
  }

  /** Whether a token was ever made. */
  async hasAny(): Promise<boolean> {
    const found = await this.#database.orm.select({ id: accessTokens.id }).from(accessTokens).limit(1);
    return found.length > 0;
  }

  /**
   * @param which its ID or its name, which is no UUID
   * @returns undefined if there is no such token, or it was revoked before
   */
  async revoke(which: string): Promise<AccessToken | undefined> {
    const [revoked] = await this.#database.orm
      .update(accessTokens)
      .set({ revokedAt: raw`now()` as unknown as Date })
      .where(
        and(
          or(raw`${accessTokens.id}::text = ${which}`, eq(accessTokens.name, which)),
          isNull(accessTokens.revokedAt),
        ),
      )
      .returning({ ...getTableColumns(accessTokens), notified: NOTIFY });
    return revoked;
  }

  async noteUse(id: string): Promise<void> {
    const isOld = or(
      isNull(accessTokens.lastUsedAt),
      lt(accessTokens.lastUsedAt, raw`now() - ${USE_PRECISION}`),
    );
    await this.#database.orm
      .update(accessTokens)
      .set({ lastUsedAt: raw`now()` as unknown as Date })
      .where(and(eq(accessTokens.id, id), isOld));
  }
}
