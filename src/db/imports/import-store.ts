// The state of each import. The statement that writes a state also notifies all server processes of it, so no process
// can die between the two.
//
// An import has one owner, the server process that works on it. An owner's writes apply only while it is the owner, so a
// process that has lost an import without knowing it cannot do any harm.

import { and, eq, getTableColumns, inArray, isNotNull, isNull, or, sql as raw, type SQL } from 'drizzle-orm';
import type { Database } from '../postgres/connection/database.ts';
import {
  type ImportPreview,
  importPartitions,
  importPreviews,
  imports,
  rowCorrections,
  rowIssues,
} from '../tables.ts';
import {
  type ImportChanges,
  type ImportRecord,
  type ImportStatus,
  type ImportWait,
  type NewImport,
  OwnershipLostError,
} from './import-record.ts';

/** The channel of notifications about imports, as `LiveFeed` reads them. */
export const IMPORT_CHANNEL = 'loadstone_import_state';

export class ImportStore {
  readonly #database: Database;
  #onWritten: (record: ImportRecord) => void = () => {};

  constructor(database: Database) {
    this.#database = database;
  }

  /** Calls the listener with each state that this process writes, once it is committed. */
  onWritten(listener: (record: ImportRecord) => void): void {
    this.#onWritten = listener;
  }

  /**
   * @param alsoWrite in the same transaction; if it throws, nothing is written
   * @returns undefined, with nothing written, if the id is taken
   */
  async create(record: NewImport, alsoWrite?: AlsoWrite): Promise<ImportRecord | undefined> {
    const insert = (orm: Transaction | Database['orm']) =>
      orm.insert(imports).values(record).onConflictDoNothing().returning(NOTIFYING);
    if (!alsoWrite) return this.#written(await insert(this.#database.orm));
    const created = await this.#database.orm.transaction(async (tx) => {
      const inserted = await insert(tx);
      if (inserted.length > 0) await alsoWrite(tx);
      return inserted;
    });
    return this.#written(created);
  }

  /**
   * Replaces an interrupted upload by a new import with its id. The revision goes on, so its states are newer than all
   * before.
   *
   * @param alsoWrite in the same transaction; if it throws, nothing is written
   * @returns undefined, with nothing written, if it is not an interrupted upload
   */
  async restart(record: NewImport, alsoWrite?: AlsoWrite): Promise<ImportRecord | undefined> {
    const { id } = record;
    // Drizzle would leave columns unchanged whose value is undefined.
    const given = Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));
    const isInterrupted = and(
      eq(imports.id, id),
      eq(imports.status, 'FAILED'),
      isNull(imports.sha256),
      isNull(imports.sourceId),
      isNull(imports.undoes),
    );
    const restarted = await this.#database.orm.transaction(async (tx) => {
      const updated = await tx
        .update(imports)
        .set({ ...BLANK, ...given, ...NEXT_REVISION })
        .where(isInterrupted)
        .returning(NOTIFYING);
      if (updated.length === 0) return [];
      await tx.delete(rowIssues).where(eq(rowIssues.importId, id));
      await tx.delete(importPartitions).where(eq(importPartitions.importId, id));
      await tx.delete(rowCorrections).where(eq(rowCorrections.importId, id));
      await alsoWrite?.(tx);
      return updated;
    });
    return this.#written(restarted);
  }

  async get(id: string): Promise<ImportRecord | undefined> {
    const [record] = await this.#database.orm.select().from(imports).where(eq(imports.id, id));
    return record;
  }

  async getMany(ids: string[]): Promise<ImportRecord[]> {
    return this.#database.orm.select().from(imports).where(inArray(imports.id, ids));
  }

  /**
   * Unfinished imports for which there is something to do, oldest first: all but those that are READY and wait for a client.
   */
  async unattended(): Promise<ImportRecord[]> {
    const isWaiting = and(IS_COMMITTABLE, isNull(imports.owner));
    return this.#database.orm
      .select()
      .from(imports)
      .where(and(isNull(imports.finishedAt), raw`(${isWaiting}) IS NOT TRUE`))
      .orderBy(imports.createdAt);
  }

  /** How many imports have not ended, by status and by what they wait for. */
  async countUnfinished(): Promise<
    { status: ImportStatus; waitingFor: ImportWait | null; imports: number }[]
  > {
    const { status, waitingFor } = imports;
    return this.#database.orm
      .select({ status, waitingFor, imports: raw<number>`count(*)::integer` })
      .from(imports)
      .where(isNull(imports.finishedAt))
      .groupBy(status, waitingFor);
  }

  /** Imports that have not ended, oldest first. */
  async unfinished(): Promise<ImportRecord[]> {
    return this.#database.orm
      .select()
      .from(imports)
      .where(isNull(imports.finishedAt))
      .orderBy(imports.createdAt);
  }

  /** The ids of imports whose file and staged rows are still needed: they have not ended, or can be retried. */
  async needed(): Promise<Set<string>> {
    const found = await this.#database.orm
      .select({ id: imports.id })
      .from(imports)
      .where(or(isNull(imports.finishedAt), raw`${imports.retryUntil} > now()`));
    return new Set(found.map(({ id }) => id));
  }

  /**
   * Asks the owner of the import to cancel it.
   *
   * @returns the import; undefined if it has ended or does not exist
   */
  async requestCancel(id: string): Promise<ImportRecord | undefined> {
    return this.#update(eq(imports.id, id), { cancelRequestedAt: new Date() });
  }

  /**
   * Writes an owner's changes to its import. Without changes it only reads.
   *
   * @returns the import after that
   * @throws OwnershipLostError if it has another owner by now, or has ended
   */
  async report(id: string, owner: string, changes: ImportChanges): Promise<ImportRecord> {
    const owned = and(eq(imports.id, id), eq(imports.owner, owner));
    if (Object.keys(changes).length === 0) {
      const [record] = await this.#database.orm
        .select()
        .from(imports)
        .where(and(owned, isNull(imports.finishedAt)));
      return record ?? lost(id);
    }
    return (await this.#update(owned, changes)) ?? lost(id);
  }

  /**
   * Ends an import of this owner.
   *
   * @param keepHours for how long its file is kept for a retry; 0: it is not
   */
  async end(id: string, owner: string, changes: ImportChanges, keepHours: number): Promise<void> {
    await this.report(id, owner, {
      ...changes,
      waitingFor: null,
      expiresAt: null,
      finishedAt: raw`now()` as unknown as Date,
      retryUntil:
        keepHours > 0 ? (raw`now() + make_interval(hours => ${keepHours})` as unknown as Date) : null,
    });
  }

  /**
   * Makes a process the owner of an import whose owner has died.
   *
   * @param before the import as it was read
   * @returns undefined, with nothing written, if another process has claimed it since
   */
  async claim({ id, owner: gone }: ImportRecord, owner: string): Promise<ImportRecord | undefined> {
    const unchanged = and(
      eq(imports.id, id),
      gone === null ? isNull(imports.owner) : eq(imports.owner, gone),
    );
    return this.#update(unchanged, { owner, waitingFor: null });
  }

  /**
   * Marks an import whose owner has died as waiting for a server that has its file.
   *
   * @param before the import as it was read
   */
  async awaitSpool({ id, owner, waitingFor }: ImportRecord): Promise<void> {
    if (owner === null || waitingFor === 'SPOOL') return;
    await this.report(id, owner, { waitingFor: 'SPOOL' });
  }

  /** Releases all unfinished imports of this owner, for other processes to claim. */
  async release(owner: string): Promise<void> {
    await this.#database.orm
      .update(imports)
      .set({ owner: null })
      .where(and(eq(imports.owner, owner), isNull(imports.finishedAt)));
  }

  /**
   * Reopens a failed import at the point that it had reached.
   *
   * @returns undefined, with nothing written, if it cannot be retried
   */
  async reopen(id: string, owner: string): Promise<ImportRecord | undefined> {
    const reopened = await this.#database.orm
      .update(imports)
      .set({ ...REOPENED, owner, ...NEXT_REVISION })
      .where(and(eq(imports.id, id), eq(imports.status, 'FAILED'), raw`${imports.retryUntil} > now()`))
      .returning(NOTIFYING);
    return this.#written(reopened);
  }

  /**
   * Begins the merge, and fixes the number of rows of each partition in the same transaction. If the database loses the rows
   * and they are loaded again, they are the same.
   *
   * @param staged rows of each partition
   * @throws OwnershipLostError
   */
  async beginMerging(id: string, owner: string, staged: readonly number[]): Promise<ImportRecord> {
    return this.#fixStaged(id, owner, staged, { status: 'MERGING' });
  }

  /**
   * Stores the preview of an import and releases it, for a client to commit. The number of rows of each partition is fixed as
   * by `beginMerging`.
   *
   * @throws OwnershipLostError
   */
  async makeReady(
    id: string,
    owner: string,
    {
      staged,
      preview,
      previewHours,
    }: { staged: readonly number[]; preview: ImportPreview; previewHours: number },
  ): Promise<ImportRecord> {
    const expiresAt = raw`now() + make_interval(hours => ${previewHours})` as unknown as Date;
    const changes = { status: 'READY' as const, owner: null, waitingFor: null, expiresAt };
    return this.#fixStaged(id, owner, staged, changes, async (tx) => {
      const stored = { importId: id, preview };
      await tx
        .insert(importPreviews)
        .values(stored)
        .onConflictDoUpdate({ target: importPreviews.importId, set: { preview } });
    });
  }

  /**
   * Makes a process the owner of an import that is READY, for it to be merged.
   *
   * @returns undefined, with nothing written, if it is not READY, has expired, or is to be cancelled
   */
  async commit(id: string, owner: string): Promise<ImportRecord | undefined> {
    const changes = { status: 'MERGING' as const, owner, committedAt: NOW, expiresAt: null };
    return this.#update(and(eq(imports.id, id), IS_COMMITTABLE, isNull(imports.owner)), changes);
  }

  async #fixStaged(
    id: string,
    owner: string,
    staged: readonly number[],
    changes: ImportChanges,
    alsoWrite?: AlsoWrite,
  ): Promise<ImportRecord> {
    const written = await this.#database.orm.transaction(async (tx) => {
      const updated = await tx
        .update(imports)
        .set({ ...changes, ...NEXT_REVISION })
        .where(and(eq(imports.id, id), eq(imports.owner, owner), isNull(imports.finishedAt)))
        .returning(NOTIFYING);
      if (updated.length === 0) return lost(id);
      const entries = staged.map((rows, partition) => ({ importId: id, partition, staged: rows }));
      await tx.insert(importPartitions).values(entries).onConflictDoNothing();
      await alsoWrite?.(tx);
      return updated;
    });
    return this.#written(written) ?? lost(id);
  }

  /** The undo of an import. */
  async undoOf(id: string): Promise<ImportRecord | undefined> {
    const [undo] = await this.#database.orm.select().from(imports).where(eq(imports.undoes, id));
    return undo;
  }

  /** The undo of each import that has one. */
  async undosOf(ids: readonly string[]): Promise<ImportRecord[]> {
    return this.#database.orm
      .select()
      .from(imports)
      .where(inArray(imports.undoes, [...ids]));
  }

  async byNumbers(numbers: readonly number[]): Promise<ImportRecord[]> {
    return this.#database.orm
      .select()
      .from(imports)
      .where(inArray(imports.number, [...numbers]));
  }

  /**
   * Records an undo. The import that it undoes can no longer be retried.
   *
   * @returns undefined, with nothing written, if that import has not ended, or has an undo
   */
  async createUndo(undo: NewImport & { undoes: string }): Promise<ImportRecord | undefined> {
    const [ended, created] = await this.#database.orm.transaction(async (tx) => {
      const which = and(eq(imports.id, undo.undoes), raw`${imports.finishedAt} IS NOT NULL`);
      // Locks it: nobody retries it, or goes on with it if it is an undo, before this commits.
      const undone = await tx
        .update(imports)
        .set({ retryUntil: null, ...NEXT_REVISION })
        .where(which)
        .returning(NOTIFYING);
      if (undone.length === 0) return [[], []];
      return [undone, await tx.insert(imports).values(undo).onConflictDoNothing().returning(NOTIFYING)];
    });
    this.#written(ended);
    return this.#written(created);
  }

  /**
   * Reopens an undo that failed or was cancelled, at the point that it had reached.
   *
   * @returns undefined, with nothing written, if it is neither, or was undone itself
   */
  async reopenUndo(id: string, owner: string): Promise<ImportRecord | undefined> {
    const reopened = await this.#database.orm.transaction(async (tx) => {
      await tx.select({ id: imports.id }).from(imports).where(eq(imports.id, id)).for('update');
      const [undo] = await tx.select({ id: imports.id }).from(imports).where(eq(imports.undoes, id));
      if (undo) return [];
      return tx
        .update(imports)
        .set({ ...REOPENED, owner, ...NEXT_REVISION })
        .where(and(eq(imports.id, id), inArray(imports.status, ['FAILED', 'CANCELLED'])))
        .returning(NOTIFYING);
    });
    return this.#written(reopened);
  }

  async partitions(id: string): Promise<(typeof importPartitions.$inferSelect)[]> {
    return this.#database.orm
      .select()
      .from(importPartitions)
      .where(eq(importPartitions.importId, id))
      .orderBy(importPartitions.partition);
  }

  /** Updates an import unless it has ended. */
  async #update(which: SQL | undefined, changes: ImportChanges): Promise<ImportRecord | undefined> {
    const updated = await this.#database.orm
      .update(imports)
      .set({ ...changes, ...NEXT_REVISION })
      .where(and(which, isNull(imports.finishedAt)))
      .returning(NOTIFYING);
    return this.#written(updated);
  }

  #written([row]: (ImportRecord & { notified: unknown })[]): ImportRecord | undefined {
    if (!row) return undefined;
    const { notified: _, ...record } = row;
    this.#onWritten(record);
    return record;
  }
}

/** Of these imports, those that have failed can no longer be retried. */
export async function withdrawRetries(tx: Transaction, ids: readonly string[]): Promise<void> {
  await tx
    .update(imports)
    .set({ retryUntil: null, ...NEXT_REVISION })
    .where(and(inArray(imports.id, [...ids]), isNotNull(imports.retryUntil)))
    .returning(NOTIFYING);
}

export type Transaction = Parameters<Parameters<Database['orm']['transaction']>[0]>[0];
type AlsoWrite = (tx: Transaction) => Promise<void>;

const NOW = raw`now()` as unknown as Date;

/** Of an import that is READY: whether a client may still commit it. */
const IS_COMMITTABLE = and(
  eq(imports.status, 'READY'),
  isNull(imports.cancelRequestedAt),
  raw`${imports.expiresAt} > now()`,
);

/** For RETURNING: the import as it is written, and the notification of it, which is delivered with the commit. */
const NOTIFYING = {
  ...getTableColumns(imports),
  notified: raw<unknown>`pg_notify(${IMPORT_CHANNEL}, concat(${imports.id}, ':', ${imports.revision}))`,
};

const NEXT_REVISION = {
  updatedAt: raw`now()` as unknown as Date,
  revision: raw`${imports.revision} + 1` as unknown as number,
};

/** An import that goes on where it ended. */
const REOPENED = {
  status: raw`CASE WHEN EXISTS (
    SELECT FROM ${importPartitions} WHERE ${importPartitions.importId} = ${imports.id}
  ) THEN 'MERGING' ELSE 'LOADING' END` as unknown as ImportStatus,
  errorCode: null,
  errorMessage: null,
  cancelRequestedAt: null,
  startedAt: raw`now()` as unknown as Date,
  finishedAt: null,
  retryUntil: null,
};

/** The defaults of a new import; with its number, and without `attempt`, as tables of an earlier one may be left. */
const BLANK = Object.fromEntries(
  Object.keys(getTableColumns(imports))
    .filter((column) => !['id', 'number', 'attempt'].includes(column))
    .map((column) => [column, raw`DEFAULT`]),
) as unknown as ImportChanges;

function lost(id: string): never {
  throw new OwnershipLostError(`import ${id} belongs to another process, or has ended`);
}
