// Profiles: how files are read, kept under a name. Imports copy what a profile says when they begin; data sources name it.

import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { and, asc, desc, eq, gt, inArray, isNull, lt, sql as raw } from 'drizzle-orm';
import type { Database } from '../postgres/connection/database.ts';
import { dataSources, importProfiles } from '../tables.ts';
import { CHANGED_BY_CLIENT, RESET } from './data-source-changes.ts';
import { ORDERED } from './source-rows.ts';

export type ImportProfile = typeof importProfiles.$inferSelect;
/** What a client says of a profile. */
export type ImportProfileSetup = Omit<ImportProfile, 'id' | 'createdAt' | 'updatedAt'>;

/** Which part of the list, between two names. */
export interface ImportProfilePage {
  first: number;
  backwards?: boolean | undefined;
  after?: string | undefined;
  before?: string | undefined;
}

/** The limit of rejected rows does not change how a file is read. */
function readsOtherwise(setup: ImportProfileSetup, before: ImportProfile): boolean {
  return !isDeepStrictEqual(
    { ...before, ...setup, maxRejectedRows: null },
    { ...before, maxRejectedRows: null },
  );
}

export class ImportProfileStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * Adds a profile, or replaces the one with its name. If it changes, the content of data sources that name it is fetched and
   * imported again.
   */
  async save(setup: ImportProfileSetup): Promise<ImportProfile> {
    const { name } = setup;
    return this.#database.orm.transaction(async (tx) => {
      const [before] = await tx
        .select()
        .from(importProfiles)
        .where(eq(importProfiles.name, name))
        .for('update');
      const [saved] = await tx
        .insert(importProfiles)
        .values({ id: randomUUID(), ...setup })
        .onConflictDoUpdate({ target: importProfiles.name, set: { ...setup, updatedAt: raw`now()` } })
        .returning();
      if (!saved) throw new Error(`the profile ${name} was not written`);
      if (!before || readsOtherwise(setup, before)) {
        await tx
          .update(dataSources)
          .set({
            ...RESET,
            nextCheckAt: raw`CASE WHEN ${dataSources.paused} THEN NULL ELSE now() END` as unknown as Date,
            ...CHANGED_BY_CLIENT,
          })
          .where(and(eq(dataSources.profile, name), isNull(dataSources.removedAt)))
          .returning(ORDERED);
      }
      return saved;
    });
  }

  /** @returns undefined if there is none */
  async delete(id: string): Promise<ImportProfile | undefined> {
    const [deleted] = await this.#database.orm
      .delete(importProfiles)
      .where(eq(importProfiles.id, id))
      .returning();
    return deleted;
  }

  async get(id: string): Promise<ImportProfile | undefined> {
    const [profile] = await this.#database.orm.select().from(importProfiles).where(eq(importProfiles.id, id));
    return profile;
  }

  async getMany(ids: string[]): Promise<ImportProfile[]> {
    return this.#database.orm.select().from(importProfiles).where(inArray(importProfiles.id, ids));
  }

  async named(name: string): Promise<ImportProfile | undefined> {
    const [profile] = await this.#database.orm
      .select()
      .from(importProfiles)
      .where(eq(importProfiles.name, name));
    return profile;
  }

  async count(): Promise<number> {
    return this.#database.orm.$count(importProfiles);
  }

  /** By name; in reverse if the page is backwards. */
  async list({ first, backwards, after, before }: ImportProfilePage): Promise<ImportProfile[]> {
    const { name } = importProfiles;
    return this.#database.orm
      .select()
      .from(importProfiles)
      .where(
        and(
          after === undefined ? undefined : gt(name, after),
          before === undefined ? undefined : lt(name, before),
        ),
      )
      .orderBy(backwards ? desc(name) : asc(name))
      .limit(first);
  }
}
