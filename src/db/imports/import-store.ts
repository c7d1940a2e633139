// Imports: what was sent, how far each is, and how it ended. Every change is announced to all server processes.
//
// An import has one owner, the server process that works on it. What an owner writes is written only while it is the
// owner: a process that lost an import to another one, and does not know it yet, can do it no harm.

import {
  and,
  desc,
  eq,
  getTableColumns,
  gt,
  inArray,
  isNull,
  lt,
  or,
  sql as raw,
  type SQL,
} from 'drizzle-orm';
import type { Database } from '../postgres/connection/database.ts';
import { importPartitions, imports, rowIssues } from '../tables.ts';

/** The state of an import: a row of `imports`. */
export type ImportRecord = typeof imports.$inferSelect;
export type NewImport = typeof imports.$inferInsert;
export type ImportChanges = Partial<Omit<ImportRecord, 'id' | 'createdAt' | 'updatedAt' | 'revision'>>;
export type ImportStatus = ImportRecord['status'];
export type ImportWait = NonNullable<ImportRecord['waitingFor']>;

export const FINAL_STATUSES: readonly ImportStatus[] = ['COMPLETED', 'FAILED', 'CANCELLED'];

/** Whether nothing more happens to the import. */
export function hasEnded({ status }: ImportRecord): boolean {
  return FINAL_STATUSES.includes(status);
}

/**
 * Whether an upload failed before its file had arrived whole. Nothing of it has reached the catalogue, and nobody decided
 * that it should end: with its file it may begin anew.
 */
export function isBrokenOff({ status, sha256, sourceId }: ImportRecord): boolean {
  return status === 'FAILED' && sha256 === null && sourceId === null;
}

/** The import belongs to another process by now, or has ended. */
export class OwnershipLostError extends Error {}

/** The channel on which the id of an import that changed is sent. */
export const IMPORT_CHANNEL = 'loadstone_import';

/** Where an import stands in the list. */
export type ImportPlace = Pick<ImportRecord, 'createdAt' | 'id'>;

export interface ImportPage {
  first: number;
  /** Counts from the end: the last ones, in reverse. */
  backwards?: boolean | undefined;
  after?: ImportPlace | undefined;
  before?: ImportPlace | undefined;
  status?: ImportStatus | undefined;
  /** Of a data source, also of one that was removed. */
  sourceId?: string | undefined;
}

export class ImportStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** @returns false when an import has this id already; nothing is written then */
  async create(record: NewImport): Promise<boolean> {
    const created = await this.#database.orm.insert(imports).values(record).onConflictDoNothing().returning();
    if (created.length > 0) await this.#announce(record.id);
    return created.length > 0;
  }

  /**
   * Makes a new import of one that was broken off, as if there had been none; its state is newer than all before.
   *
   * @returns false when it is not broken off (any more); nothing is written then
   */
  async beginAnew(record: NewImport): Promise<boolean> {
    const { id } = record;
    // What is undefined would be left as it is.
    const given = Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));
    const brokenOff = and(
      eq(imports.id, id),
      eq(imports.status, 'FAILED'),
      isNull(imports.sha256),
      isNull(imports.sourceId),
    );
    const begun = await this.#database.orm.transaction(async (tx) => {
      const updated = await tx
        .update(imports)
        .set({ ...BLANK, ...given, ...MOVED })
        .where(brokenOff)
        .returning();
      if (updated.length === 0) return false;
      await tx.delete(rowIssues).where(eq(rowIssues.importId, id));
      await tx.delete(importPartitions).where(eq(importPartitions.importId, id));
      return true;
    });
    if (begun) await this.#announce(id);
    return begun;
  }

  async get(id: string): Promise<ImportRecord | undefined> {
    const [record] = await this.#database.orm.select().from(imports).where(eq(imports.id, id));
    return record;
  }

  async getMany(ids: string[]): Promise<ImportRecord[]> {
    return this.#database.orm.select().from(imports).where(inArray(imports.id, ids));
  }

  /** Newest first. */
  async list(page: ImportPage): Promise<ImportRecord[]> {
    const { first, backwards, after, before, status, sourceId } = page;
    return this.#database.orm
      .select()
      .from(imports)
      .where(
        and(
          after && olderThan(after),
          before && newerThan(before),
          status && eq(imports.status, status),
          sourceId === undefined ? undefined : eq(imports.sourceId, sourceId),
        ),
      )
      .orderBy(...(backwards ? [imports.createdAt, desc(imports.id)] : [desc(imports.createdAt), imports.id]))
      .limit(first);
  }

  /** Those that have not ended, oldest first. */
  async unfinished(): Promise<ImportRecord[]> {
    return this.#database.orm
      .select()
      .from(imports)
      .where(isNull(imports.finishedAt))
      .orderBy(imports.createdAt);
  }

  /** Ids of those whose file and staged rows are still of use: they have not ended, or can be retried. */
  async needed(): Promise<Set<string>> {
    const found = await this.#database.orm
      .select({ id: imports.id })
      .from(imports)
      .where(or(isNull(imports.finishedAt), raw`${imports.retryUntil} > now()`));
    return new Set(found.map(({ id }) => id));
  }

  /**
   * Asks whoever works on the import to cancel it.
   *
   * @returns false when it has ended, or never was
   */
  async requestCancel(id: string): Promise<boolean> {
    const asked = await this.#write(eq(imports.id, id), { cancelRequestedAt: new Date() });
    if (asked) await this.#announce(id);
    return asked !== undefined;
  }

  /**
   * Writes what the owner of an import has to say of it, and announces it; without changes it only asks.
   *
   * @returns the import as it is then
   * @throws OwnershipLostError when it is not the owner any more
   */
  async report(id: string, owner: string, changes: ImportChanges): Promise<ImportRecord> {
    const mine = and(eq(imports.id, id), eq(imports.owner, owner));
    if (Object.keys(changes).length === 0) {
      const [record] = await this.#database.orm
        .select()
        .from(imports)
        .where(and(mine, isNull(imports.finishedAt)));
      return record ?? lost(id);
    }
    const record = await this.#write(mine, changes);
    if (!record) return lost(id);
    await this.#announce(id);
    return record;
  }

  /**
   * Ends an import of this owner.
   *
   * @param keepHours how long its file is kept for a retry; 0 when it is not
   */
  async end(id: string, owner: string, changes: ImportChanges, keepHours: number): Promise<void> {
    await this.report(id, owner, {
      ...changes,
      waitingFor: null,
      finishedAt: raw`now()` as unknown as Date,
      retryUntil:
        keepHours > 0 ? (raw`now() + make_interval(hours => ${keepHours})` as unknown as Date) : null,
    });
  }

  /**
   * Makes a process the owner of an import whose owner is gone.
   *
   * @param before the import as it was seen; should anyone have claimed it since, nothing is written
   * @returns undefined when it was too late
   */
  async claim({ id, owner: gone }: ImportRecord, owner: string): Promise<ImportRecord | undefined> {
    const unchanged = and(
      eq(imports.id, id),
      gone === null ? isNull(imports.owner) : eq(imports.owner, gone),
    );
    const record = await this.#write(unchanged, { owner, waitingFor: null });
    if (record) await this.#announce(id);
    return record;
  }

  /**
   * Notes that an import whose owner is gone waits for a server that has its file.
   *
   * @param before the import as it was seen
   */
  async awaitSpool({ id, owner, waitingFor }: ImportRecord): Promise<void> {
    if (owner === null || waitingFor === 'SPOOL') return;
    await this.report(id, owner, { waitingFor: 'SPOOL' });
  }

  /** Gives up all imports of this owner, for others to go on with. */
  async release(owner: string): Promise<void> {
    await this.#database.orm
      .update(imports)
      .set({ owner: null })
      .where(and(eq(imports.owner, owner), isNull(imports.finishedAt)));
  }

  /**
   * Opens a failed import again, at the point to which it had come.
   *
   * @returns undefined when it cannot be retried, or not any more
   */
  async reopen(id: string, owner: string): Promise<ImportRecord | undefined> {
    const merging = raw`EXISTS (SELECT FROM ${importPartitions} WHERE ${importPartitions.importId} = ${imports.id})`;
    const [record] = await this.#database.orm
      .update(imports)
      .set({
        status: raw`CASE WHEN ${merging} THEN 'MERGING' ELSE 'LOADING' END` as unknown as ImportStatus,
        owner,
        errorCode: null,
        errorMessage: null,
        cancelRequestedAt: null,
        startedAt: raw`now()` as unknown as Date,
        finishedAt: null,
        retryUntil: null,
        ...MOVED,
      })
      .where(and(eq(imports.id, id), eq(imports.status, 'FAILED'), raw`${imports.retryUntil} > now()`))
      .returning();
    if (record) await this.#announce(id);
    return record;
  }

  /**
   * From here on the import merges: how many rows each partition has is fixed, in the transaction that says so. Rows
   * that are loaded again, because the database lost them, are the same.
   *
   * @throws OwnershipLostError
   */
  async beginMerging(
    id: string,
    owner: string,
    staged: readonly number[],
    changes: ImportChanges,
  ): Promise<ImportRecord> {
    const merging = await this.#database.orm.transaction(async (tx) => {
      const [record] = await tx
        .update(imports)
        .set({ ...changes, status: 'MERGING', ...MOVED })
        .where(and(eq(imports.id, id), eq(imports.owner, owner), isNull(imports.finishedAt)))
        .returning();
      if (!record) return lost(id);
      const entries = staged.map((rows, partition) => ({ importId: id, partition, staged: rows }));
      await tx.insert(importPartitions).values(entries).onConflictDoNothing();
      return record;
    });
    await this.#announce(id);
    return merging;
  }

  async partitions(id: string): Promise<(typeof importPartitions.$inferSelect)[]> {
    return this.#database.orm
      .select()
      .from(importPartitions)
      .where(eq(importPartitions.importId, id))
      .orderBy(importPartitions.partition);
  }

  /** An import that has ended stays as it is. */
  async #write(which: SQL | undefined, changes: ImportChanges): Promise<ImportRecord | undefined> {
    const [record] = await this.#database.orm
      .update(imports)
      .set({ ...changes, ...MOVED })
      .where(and(which, isNull(imports.finishedAt)))
      .returning();
    return record;
  }

  async #announce(id: string): Promise<void> {
    await this.#database.sql.notify(IMPORT_CHANNEL, id);
  }
}

const MOVED = {
  updatedAt: raw`now()` as unknown as Date,
  revision: raw`${imports.revision} + 1` as unknown as number,
};

/** What a new import has; not `attempt`, as of an earlier one tables may be left. */
const BLANK = Object.fromEntries(
  Object.keys(getTableColumns(imports))
    .filter((column) => !['id', 'attempt'].includes(column))
    .map((column) => [column, raw`DEFAULT`]),
) as unknown as ImportChanges;

function lost(id: string): never {
  throw new OwnershipLostError(`import ${id} belongs to another process, or has ended`);
}

function olderThan({ createdAt, id }: ImportPlace): SQL | undefined {
  return or(
    lt(imports.createdAt, createdAt),
    and(eq(imports.createdAt, createdAt), raw`${imports.id} > ${id}`),
  );
}

function newerThan({ createdAt, id }: ImportPlace): SQL | undefined {
  return or(
    gt(imports.createdAt, createdAt),
    and(eq(imports.createdAt, createdAt), raw`${imports.id} < ${id}`),
  );
}
