// Data sources as clients see and change them.

import { isDeepStrictEqual } from 'node:util';
import { and, asc, count, desc, eq, gt, inArray, isNull, lt, sql as raw, type SQL } from 'drizzle-orm';
import { fieldError, LoadstoneError } from '../../errors.ts';
import type { Database } from '../postgres/connection/database.ts';
import { dataSourceHeaders, dataSourceImports, dataSources, sourceProducts } from '../tables.ts';
import { CHANGED_BY_CLIENT, RESET } from './data-source-changes.ts';
import { type DataSourceRecord, ORDERED, recordOf, type WrittenListener } from './source-rows.ts';

export type DataSourceKind = DataSourceRecord['kind'];
export type DataSourceMode = DataSourceRecord['mode'];
/** What an import from a data source is to do beyond one of an upload, and how far it is with that. */
export type DataSourceImport = typeof dataSourceImports.$inferSelect;

export interface Header {
  name: string;
  value: string;
}

/** How the content of a source is read. */
type SourceReading = Pick<
  DataSourceRecord,
  | 'delimiter'
  | 'encoding'
  | 'quoting'
  | 'skipInitialSpace'
  | 'sheet'
  | 'mapping'
  | 'defaults'
  | 'keepColumns'
  | 'onDuplicate'
  | 'profile'
>;

/** What a client says of a source. */
export interface DataSourceSetup extends SourceReading {
  name: string;
  kind: DataSourceKind;
  url: string;
  intervalSeconds: number;
  mode: DataSourceMode;
  maxDeletedShare: number;
  /** Null: the setting of the server. */
  maxRejectedRows: number | null;
}

/** Which part of the list, between two names; all of it without `first`. */
export interface DataSourcePage {
  first?: number;
  backwards?: boolean | undefined;
  after?: string | undefined;
  before?: string | undefined;
}

export interface DataSourceChanges extends Partial<DataSourceSetup> {
  /** All of them, in place of those before. */
  headers?: Header[];
}

const UNIQUE_VIOLATION = '23505';
const NOW = raw`now()` as unknown as Date;
/** Fields that determine the content, and how it is read. */
const CONTENT_FIELDS = [
  'url',
  'kind',
  'delimiter',
  'encoding',
  'quoting',
  'skipInitialSpace',
  'sheet',
  'mapping',
  'defaults',
  'keepColumns',
  'onDuplicate',
  'profile',
] as const;
/** Content that was refused may be allowed by now. */
const FETCH_AGAIN = { refusedValidators: null, mustFetch: true };

export class DataSourceStore {
  readonly #database: Database;
  #onWritten: WrittenListener = () => {};

  constructor(database: Database) {
    this.#database = database;
  }

  /** Calls the listener with each row that this process writes, once it is committed. */
  onWritten(listener: WrittenListener): void {
    this.#onWritten = listener;
  }

  /** @throws LoadstoneError BAD_USER_INPUT when another source has the name */
  async add(id: string, setup: DataSourceSetup, headers: readonly Header[]): Promise<DataSourceRecord> {
    const added = await this.#database.orm
      .transaction(async (tx) => {
        const [record] = await tx
          .insert(dataSources)
          .values({ id, ...setup, nextCheckAt: NOW })
          .returning(ORDERED);
        if (headers.length > 0) await tx.insert(dataSourceHeaders).values(headersOf(id, headers));
        return record;
      })
      .catch((error: unknown) => {
        throw nameTaken(error, setup.name);
      });
    return this.#published(found(added, id));
  }

  /**
   * Changes a source. Where something else is to be fetched, or to be read from it, what was found out before is
   * forgotten.
   *
   * @throws LoadstoneError NOT_FOUND; BAD_USER_INPUT when another source has the name
   */
  async update(id: string, { headers, ...changes }: DataSourceChanges): Promise<DataSourceRecord> {
    const updated = await this.#database.orm
      .transaction(async (tx) => {
        const [before] = await tx.select().from(dataSources).where(present(id)).for('update');
        if (!before) return undefined;
        const after = { ...before, ...changes };
        const isOther =
          headers !== undefined ||
          CONTENT_FIELDS.some((field) => !isDeepStrictEqual(after[field], before[field]));
        const { mode, maxDeletedShare } = after;
        const hasNewGuard = mode !== before.mode || maxDeletedShare !== before.maxDeletedShare;
        const [record] = await tx
          .update(dataSources)
          .set({
            ...changes,
            ...(hasNewGuard && before.deletionImportId !== null && FETCH_AGAIN),
            ...(isOther && RESET),
            nextCheckAt: before.paused ? null : NOW,
            ...CHANGED_BY_CLIENT,
          })
          .where(eq(dataSources.id, id))
          .returning(ORDERED);
        if (headers) {
          await tx.delete(dataSourceHeaders).where(eq(dataSourceHeaders.sourceId, id));
          if (headers.length > 0) await tx.insert(dataSourceHeaders).values(headersOf(id, headers));
        }
        return record;
      })
      .catch((error: unknown) => {
        throw nameTaken(error, changes.name ?? '');
      });
    return this.#published(found(updated, id));
  }

  /** Its credentials go at once; what it brought is given up by whoever watches the sources. */
  async remove(id: string): Promise<DataSourceRecord> {
    const removed = await this.#database.orm.transaction(async (tx) => {
      await tx.delete(dataSourceHeaders).where(eq(dataSourceHeaders.sourceId, id));
      const [record] = await tx
        .update(dataSources)
        .set({ removedAt: NOW, nextCheckAt: null, ...CHANGED_BY_CLIENT })
        .where(present(id))
        .returning(ORDERED);
      return record;
    });
    return this.#published(found(removed, id));
  }

  /** How many there are: paused ones, else those whose last check failed, else others. */
  async countByState(): Promise<{ ok: number; failing: number; paused: number }> {
    const { paused, failures, removedAt } = dataSources;
    const [counts] = await this.#database.orm
      .select({
        paused: raw<number>`count(*) FILTER (WHERE ${paused})::integer`,
        failing: raw<number>`count(*) FILTER (WHERE NOT ${paused} AND ${failures} > 0)::integer`,
        ok: raw<number>`count(*) FILTER (WHERE NOT ${paused} AND ${failures} = 0)::integer`,
      })
      .from(dataSources)
      .where(isNull(removedAt));
    return counts ?? { ok: 0, failing: 0, paused: 0 };
  }

  async setPaused(id: string, paused: boolean): Promise<DataSourceRecord> {
    return found(await this.#write(present(id), { paused, nextCheckAt: paused ? null : NOW }), id);
  }

  /** Has it checked as soon as possible, whatever its interval; once, if it is paused. */
  async checkNow(id: string): Promise<DataSourceRecord> {
    return found(await this.#write(present(id), { nextCheckAt: NOW }), id);
  }

  /**
   * Has the content fetched again whose import was refused, and the same deletion done.
   *
   * @throws LoadstoneError NOT_FOUND, NO_DELETION_TO_CONFIRM
   */
  async confirmDeletion(id: string, importId: string): Promise<DataSourceRecord> {
    const confirmed = await this.#write(
      and(present(id), eq(dataSources.deletionImportId, importId), isNull(dataSources.importId)),
      { deletionConfirmed: true, refusedValidators: null, mustFetch: true, nextCheckAt: NOW },
    );
    if (confirmed) return confirmed;
    found(await this.get(id), id);
    throw new LoadstoneError(
      'NO_DELETION_TO_CONFIRM',
      `No deletion of the import ${importId} waits to be confirmed. Look at deletionToConfirm of the source as it is now.`,
    );
  }

  /** @returns undefined when there is none, or it was removed */
  async get(id: string): Promise<DataSourceRecord | undefined> {
    const [record] = await this.#database.orm.select().from(dataSources).where(present(id));
    return record;
  }

  /** Those that were removed too. */
  async getMany(ids: string[]): Promise<DataSourceRecord[]> {
    return this.#database.orm.select().from(dataSources).where(inArray(dataSources.id, ids));
  }

  /**
   * By name.
   *
   * @param page one more row than the page holds tells whether the list goes on; in reverse when it is backwards
   */
  async list({ first, backwards, after, before }: DataSourcePage = {}): Promise<DataSourceRecord[]> {
    const { name, removedAt } = dataSources;
    const query = this.#database.orm
      .select()
      .from(dataSources)
      .where(
        and(
          isNull(removedAt),
          after === undefined ? undefined : gt(name, after),
          before === undefined ? undefined : lt(name, before),
        ),
      )
      .orderBy(backwards ? desc(name) : asc(name));
    return first === undefined ? query : query.limit(first);
  }

  async count(): Promise<number> {
    return this.#database.orm.$count(dataSources, isNull(dataSources.removedAt));
  }

  /** The names of the headers of each of these sources, in their order. Values are read only to fetch from a source. */
  async headerNames(ids: readonly string[]): Promise<string[][]> {
    const headers = await this.#database.orm
      .select({ sourceId: dataSourceHeaders.sourceId, name: dataSourceHeaders.name })
      .from(dataSourceHeaders)
      .where(inArray(dataSourceHeaders.sourceId, [...ids]))
      .orderBy(asc(dataSourceHeaders.name));
    const names = Map.groupBy(headers, ({ sourceId }) => sourceId);
    return ids.map((id) => (names.get(id) ?? []).map(({ name }) => name));
  }

  /** How many products each of these sources has imported and still claims, in their order. */
  async countProducts(ids: readonly string[]): Promise<number[]> {
    const { sourceId } = sourceProducts;
    const counted = await this.#database.orm
      .select({ sourceId, products: count() })
      .from(sourceProducts)
      .where(inArray(sourceId, [...ids]))
      .groupBy(sourceId);
    const counts = new Map(counted.map((each) => [each.sourceId, each.products]));
    return ids.map((id) => counts.get(id) ?? 0);
  }

  async getImports(importIds: readonly string[]): Promise<DataSourceImport[]> {
    return this.#database.orm
      .select()
      .from(dataSourceImports)
      .where(inArray(dataSourceImports.importId, [...importIds]));
  }

  async #write(
    where: SQL | undefined,
    changes: Partial<DataSourceRecord>,
  ): Promise<DataSourceRecord | undefined> {
    const [record] = await this.#database.orm
      .update(dataSources)
      .set({ ...changes, ...CHANGED_BY_CLIENT })
      .where(where)
      .returning(ORDERED);
    return record && this.#published(record);
  }

  #published(returned: Parameters<typeof recordOf>[0]): DataSourceRecord {
    const record = recordOf(returned);
    this.#onWritten(record);
    return record;
  }
}

function present(id: string): SQL | undefined {
  return and(eq(dataSources.id, id), isNull(dataSources.removedAt));
}

function headersOf(sourceId: string, headers: readonly Header[]) {
  return headers.map(({ name, value }) => ({ sourceId, name: name.toLowerCase(), value }));
}

function found<Found>(record: Found | undefined, id: string): Found {
  if (record) return record;
  throw new LoadstoneError('NOT_FOUND', `There is no data source with the id ${id}.`);
}

/** Drizzle wraps what the database says, and its message has the values that were to be written. */
function nameTaken(error: unknown, name: string): unknown {
  const cause = (error as { cause?: { code?: string } }).cause;
  if (cause?.code === UNIQUE_VIOLATION) {
    return fieldError('name', 'TAKEN', `Another data source has the name "${name}". Choose one for each.`);
  }
  return cause ?? error;
}
