// Data sources as the process that watches them reads and writes them.
//
// Decisions are made by the watch, from the row as it read it. A write says what it was decided from, and does nothing
// where a client, or another process, has changed that since: the row is then read again.

import { and, eq, isNull, or, sql as raw } from 'drizzle-orm';
import type { ImportRecord } from '../imports/import-record.ts';
import type { Database } from '../postgres/connection/database.ts';
import { dataSourceHeaders, dataSourceImports, dataSources } from '../tables.ts';
import {
  ANNOUNCED,
  type DataSourceRecord,
  recordFrom,
  recordOf,
  SOURCE_CHANNEL,
  WRITTEN,
  type WrittenListener,
} from './source-rows.ts';

/** With what is needed to fetch it, credentials too. */
export interface WatchedRow extends DataSourceRecord {
  headers: Record<string, string>;
}

/** What a check or an import found out about a source. */
export interface CheckState {
  id: string;
  /** Of the row from which it follows. */
  clientRevision: number;
  activity: DataSourceRecord['activity'];
  failures: number;
  errorCode: string | null;
  errorMessage: string | null;
  lastCheckedAt: Date | null;
  nextCheckAt: Date | null;
  /** Newer ones for the known content; null keeps the present ones. */
  validators: Record<string, string> | null;
}

export interface NewFetch {
  importId: string;
  sourceId: string;
  /** Of the set-up by which the content was found. */
  revision: number;
}

type DataSourceImport = typeof dataSourceImports.$inferSelect;

/** How the import of a source's content ended, and what it was. `status` is null if it never began. */
export interface EndedImport
  extends Pick<
    DataSourceImport,
    'importId' | 'sourceId' | 'revision' | 'mode' | 'maxDeletedShare' | 'validators'
  > {
  status: ImportRecord['status'] | null;
  errorCode: string | null;
  errorMessage: string | null;
}

/** What follows for a source from an import that has ended. */
export interface Conclusion
  extends Pick<
    DataSourceRecord,
    | 'validators'
    | 'refusedValidators'
    | 'mustFetch'
    | 'deletionImportId'
    | 'deletionConfirmed'
    | 'failures'
    | 'errorCode'
    | 'errorMessage'
    | 'nextCheckAt'
  > {
  /** The content is in the catalogue, is refused until its deletions are confirmed, or has to be fetched again. */
  outcome: 'IMPORTED' | 'REFUSED' | 'FAILED';
}

/** Of one statement: a notification has less than 8,000 bytes, and an id with its revision at most 57. */
const MAX_STATES = 100;
const NOW = raw`now()` as unknown as Date;

export class SourceWatchStore {
  readonly #database: Database;
  #onWritten: WrittenListener = () => {};
  #isListening = () => false;

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * Calls the listener with each row that this process writes, once it is committed.
   *
   * @param isListening whether it has any use for them: of many checks whole rows cost more than the checks
   */
  onWritten(listener: WrittenListener, isListening: () => boolean): void {
    this.#onWritten = listener;
    this.#isListening = isListening;
  }

  /**
   * @param id one source, whatever became of it; or all those for which something is left to do, removed ones too
   */
  async load(id?: string): Promise<WatchedRow[]> {
    const { orm } = this.#database;
    const isLeft = or(isNull(dataSources.removedAt), isNull(dataSources.releasedAt));
    const records = await orm
      .select()
      .from(dataSources)
      .where(id === undefined ? isLeft : eq(dataSources.id, id));
    const headers = await orm
      .select()
      .from(dataSourceHeaders)
      .where(id === undefined ? undefined : eq(dataSourceHeaders.sourceId, id));
    const byId = new Map(
      records.map((record) => [record.id, { ...record, headers: {} as Record<string, string> }]),
    );
    for (const { sourceId, name, value } of headers)
      Object.assign(byId.get(sourceId)?.headers ?? {}, { [name]: value });
    return [...byId.values()];
  }

  /**
   * Writes what was found out, for many sources in a statement.
   *
   * @returns the ids of those that were left out, as a client has changed or removed them
   */
  async write(states: readonly CheckState[]): Promise<string[]> {
    const refused = new Set(states.map(({ id }) => id));
    for (let at = 0; at < states.length; at += MAX_STATES) {
      for (const id of await this.#writeSome(states.slice(at, at + MAX_STATES))) refused.delete(id);
    }
    return [...refused];
  }

  /** @returns the ids of those that were written */
  async #writeSome(states: readonly CheckState[]): Promise<string[]> {
    const { sql } = this.#database;
    const isListening = this.#isListening();
    // As text, so that it is not made JSON twice, whatever the pool does with parameters of that type.
    const json = JSON.stringify(states);
    const rows = await sql<{ id: string }[]>`
      WITH written AS (
        UPDATE data_sources SET
          activity = state.activity, failures = state.failures, error_code = state."errorCode",
          error_message = state."errorMessage", last_checked_at = state."lastCheckedAt",
          next_check_at = state."nextCheckAt", validators = coalesce(state.validators, data_sources.validators),
          state_revision = data_sources.state_revision + 1, updated_at = now()
        FROM jsonb_to_recordset(${json}::text::jsonb) AS state (
          id uuid, "clientRevision" integer, activity text, failures integer, "errorCode" text, "errorMessage" text,
          "lastCheckedAt" timestamptz, "nextCheckAt" timestamptz, validators jsonb
        )
        WHERE data_sources.id = state.id AND data_sources.client_revision = state."clientRevision"
        RETURNING data_sources.*
      ), notice AS MATERIALIZED (
        SELECT pg_notify(${SOURCE_CHANNEL}, string_agg(id || ':' || state_revision, ',')) FROM written HAVING count(*) > 0
      )
      SELECT ${isListening ? sql`written.*` : sql`written.id`} FROM written, notice`;
    if (isListening) for (const row of rows) this.#onWritten(recordFrom(row));
    return rows.map(({ id }) => id);
  }

  /**
   * Claims the source for one import of its content, before a byte of it is taken: never two at once, whatever
   * process believes to be the one that watches.
   *
   * @returns undefined when it was changed, removed, or has an import under way
   */
  async beginFetch({ importId, sourceId, revision }: NewFetch): Promise<DataSourceRecord | undefined> {
    const [row] = await this.#database.sql`
      WITH claimed AS (
        UPDATE data_sources SET
          import_id = ${importId}, activity = 'FETCHING', must_fetch = true, last_changed_at = now(),
          state_revision = state_revision + 1, updated_at = now()
        WHERE id = ${sourceId} AND revision = ${revision} AND import_id IS NULL AND removed_at IS NULL
        RETURNING *
      ), entry AS (
        INSERT INTO data_source_imports
          (import_id, source_id, revision, mode, max_deleted_share, confirmed_fingerprint)
        SELECT ${importId}, claimed.id, claimed.revision, claimed.mode, claimed.max_deleted_share, refused.refused_fingerprint
        FROM claimed LEFT JOIN data_source_imports refused
          ON claimed.deletion_confirmed AND refused.import_id = claimed.deletion_import_id
      )
      SELECT claimed.*, pg_notify(${SOURCE_CHANNEL}, id || ':' || state_revision) FROM claimed`;
    return row && this.#published(recordFrom(row));
  }

  /** From now on the content is fetched, whatever the source says of it, until it was imported. */
  async requireContent(id: string, revision: number): Promise<void> {
    const [returned] = await this.#database.orm
      .update(dataSources)
      .set({ mustFetch: true, ...WRITTEN })
      .where(and(eq(dataSources.id, id), eq(dataSources.revision, revision)))
      .returning(ANNOUNCED);
    if (returned) this.#published(recordOf(returned));
  }

  /** What tells the content that was fetched from the next. It counts once the import is completed. */
  async noteValidators(importId: string, validators: Record<string, string>): Promise<void> {
    await this.#database.orm
      .update(dataSourceImports)
      .set({ validators })
      .where(eq(dataSourceImports.importId, importId));
  }

  /** @returns undefined while the import is under way */
  async endOf(importId: string): Promise<EndedImport | undefined> {
    const [ended] = await this.#database.sql<EndedImport[]>`
      SELECT entry.import_id AS "importId", entry.source_id AS "sourceId", entry.revision, entry.mode,
        entry.max_deleted_share AS "maxDeletedShare", entry.validators,
        imports.status, imports.error_code AS "errorCode", imports.error_message AS "errorMessage"
      FROM data_source_imports entry LEFT JOIN imports ON imports.id = entry.import_id
      WHERE entry.import_id = ${importId} AND (imports.id IS NULL OR imports.finished_at IS NOT NULL)`;
    return ended;
  }

  /**
   * Writes what follows from an import that has ended, which frees the source for the next one.
   *
   * @param clientRevision of the row from which it follows
   * @returns undefined when a client has changed the source since, or the import was concluded before
   */
  async conclude(
    { importId, sourceId, clientRevision }: { importId: string; sourceId: string; clientRevision: number },
    { outcome, ...changes }: Conclusion,
  ): Promise<DataSourceRecord | undefined> {
    const [returned] = await this.#database.orm
      .update(dataSources)
      .set({
        ...changes,
        ...(outcome === 'IMPORTED' && { lastImportId: importId, lastImportedAt: NOW }),
        importId: null,
        activity: null,
        ...WRITTEN,
      })
      .where(
        and(
          eq(dataSources.id, sourceId),
          eq(dataSources.importId, importId),
          eq(dataSources.clientRevision, clientRevision),
        ),
      )
      .returning(ANNOUNCED);
    return returned && this.#published(recordOf(returned));
  }

  /** Gives up what a removed source brought: its products stay. To be called in the merge turn. */
  async release(id: string): Promise<void> {
    const [returned] = await this.#database.orm.transaction(async (tx) => {
      await tx.execute(raw`DELETE FROM source_products WHERE source_id = ${id}`);
      return tx
        .update(dataSources)
        .set({ releasedAt: NOW, ...WRITTEN })
        .where(eq(dataSources.id, id))
        .returning(ANNOUNCED);
    });
    if (returned) this.#published(recordOf(returned));
  }

  #published(record: DataSourceRecord): DataSourceRecord {
    this.#onWritten(record);
    return record;
  }
}
