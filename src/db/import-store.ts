// Imports: what was sent, how far each is, and how it ended. Every change is announced to all server processes.

import { and, desc, eq, gt, inArray, lt, notInArray, or, sql as raw, type SQL } from 'drizzle-orm';
import type { Database } from './client.ts';
import { importPartitions, imports } from './tables.ts';

/** The state of an import: a row of `imports`. */
export type ImportRecord = typeof imports.$inferSelect;
export type NewImport = typeof imports.$inferInsert;
export type ImportChanges = Partial<Omit<ImportRecord, 'id' | 'createdAt' | 'updatedAt'>>;
export type ImportStatus = ImportRecord['status'];

const FINAL_STATUSES: readonly ImportStatus[] = ['COMPLETED', 'FAILED', 'CANCELLED'];

/** Whether nothing more happens to the import. */
export function hasEnded({ status }: ImportRecord): boolean {
  return FINAL_STATUSES.includes(status);
}

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

  async get(id: string): Promise<ImportRecord | undefined> {
    const [record] = await this.#database.orm.select().from(imports).where(eq(imports.id, id));
    return record;
  }

  async getMany(ids: string[]): Promise<ImportRecord[]> {
    return this.#database.orm.select().from(imports).where(inArray(imports.id, ids));
  }

  /** Newest first. */
  async list({ first, backwards, after, before, status }: ImportPage): Promise<ImportRecord[]> {
    return this.#database.orm
      .select()
      .from(imports)
      .where(
        and(after && olderThan(after), before && newerThan(before), status && eq(imports.status, status)),
      )
      .orderBy(...(backwards ? [imports.createdAt, desc(imports.id)] : [desc(imports.createdAt), imports.id]))
      .limit(first);
  }

  /**
   * Asks whoever works on the import to cancel it.
   *
   * @returns false when it has ended, or never was
   */
  async requestCancel(id: string): Promise<boolean> {
    const asked = await this.#write(id, { cancelRequestedAt: new Date() });
    return asked.length > 0;
  }

  /** Those that have not ended, oldest first. */
  async unfinished(): Promise<ImportRecord[]> {
    return this.#database.orm
      .select()
      .from(imports)
      .where(notInArray(imports.status, [...FINAL_STATUSES]))
      .orderBy(imports.createdAt);
  }

  /** Writes what changed and announces it. An import that has ended stays as it is. */
  async update(id: string, changes: ImportChanges): Promise<void> {
    await this.#write(id, changes);
    await this.#announce(id);
  }

  /**
   * Writes how an import moves; announces it when it did.
   *
   * @returns whether someone asked to cancel it
   */
  async report(id: string, changes: ImportChanges): Promise<boolean> {
    const [row] = await this.#write(id, changes);
    if (Object.keys(changes).length > 0) await this.#announce(id);
    return row !== undefined && row.cancelRequestedAt !== null;
  }

  /**
   * From here on the import merges: how many rows each partition has is fixed, in the transaction that says so. Rows
   * that are loaded again, because the database lost them, are the same.
   */
  async beginMerging(id: string, staged: readonly number[], changes: ImportChanges): Promise<void> {
    await this.#database.orm.transaction(async (tx) => {
      const entries = staged.map((rows, partition) => ({ importId: id, partition, staged: rows }));
      await tx.insert(importPartitions).values(entries).onConflictDoNothing();
      await tx
        .update(imports)
        .set({ ...changes, status: 'MERGING' })
        .where(eq(imports.id, id));
    });
    await this.#announce(id);
  }

  async partitions(id: string): Promise<(typeof importPartitions.$inferSelect)[]> {
    return this.#database.orm
      .select()
      .from(importPartitions)
      .where(eq(importPartitions.importId, id))
      .orderBy(importPartitions.partition);
  }

  async #write(id: string, changes: ImportChanges) {
    return this.#database.orm
      .update(imports)
      .set({ ...changes, updatedAt: raw`now()` as unknown as Date })
      .where(and(eq(imports.id, id), notInArray(imports.status, [...FINAL_STATUSES])))
      .returning({ cancelRequestedAt: imports.cancelRequestedAt });
  }

  async #announce(id: string): Promise<void> {
    await this.#database.sql.notify(IMPORT_CHANNEL, id);
  }
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
