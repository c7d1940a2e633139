// Data sources as the process that watches them sees and writes them.

import { eq, isNull, sql as raw } from 'drizzle-orm';
import type { ImportRecord } from '../imports/import-store.ts';
import type { Database } from '../postgres/connection/database.ts';
import { dataSourceHeaders, dataSourceImports, dataSources } from '../tables.ts';
import { type DataSourceRecord, SOURCE_CHANNEL } from './data-source-store.ts';

/** With what is needed to fetch it, credentials too. */
export interface WatchedRecord extends DataSourceRecord {
  headers: Record<string, string>;
}

/** What the watcher found out about a source: all of it, each time. */
export interface CheckState {
  id: string;
  revision: number;
  activity: DataSourceRecord['activity'];
  failures: number;
  errorCode: string | null;
  errorMessage: string | null;
  lastCheckedAt: Date | null;
  nextCheckAt: Date | null;
  /** Newer ones for the content that is known; null leaves those that are there. */
  validators: Record<string, string> | null;
}

export interface NewFetch {
  importId: string;
  sourceId: string;
  revision: number;
}

/** How the import of a source's content ended; undefined `status`: it never began. */
export interface EndedImport {
  sourceId: string;
  importId: string;
  status: ImportRecord['status'] | null;
  errorCode: string | null;
  errorMessage: string | null;
}

/** After an import: what of the source follows from it. */
export interface Settlement
  extends Pick<CheckState, 'failures' | 'errorCode' | 'errorMessage' | 'nextCheckAt'> {
  /** The content is in the catalogue, is refused until its deletions are confirmed, or has to be fetched again. */
  outcome: 'IMPORTED' | 'REFUSED' | 'FAILED';
}

/** NOTIFY takes 8,000 bytes at most, and a UUID with its comma is 37. */
const IDS_PER_NOTICE = 200;

export class SourceWatchStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** @param id one source, or all of them */
  async load(id?: string): Promise<WatchedRecord[]> {
    const { orm } = this.#database;
    const records = await orm
      .select()
      .from(dataSources)
      .where(id === undefined ? isNull(dataSources.removedAt) : eq(dataSources.id, id));
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

  /** Forgets what a watcher that is gone was at. Imports go on by themselves. */
  async clearActivities(): Promise<void> {
    await this.#database.sql`
      UPDATE data_sources SET activity = CASE WHEN import_id IS NOT NULL THEN 'IMPORTING' END
      WHERE activity IS DISTINCT FROM CASE WHEN import_id IS NOT NULL THEN 'IMPORTING' END`;
  }

  /** Writes many states in one statement. Those of sources that were changed meanwhile are left out. */
  async write(states: readonly CheckState[]): Promise<void> {
    if (states.length === 0) return;
    // As text, so that it is not made JSON twice, whatever the pool does with parameters of that type.
    const json = JSON.stringify(states);
    const written = await this.#database.sql<{ id: string }[]>`
      UPDATE data_sources SET
        activity = state.activity, failures = state.failures, error_code = state."errorCode",
        error_message = state."errorMessage", last_checked_at = state."lastCheckedAt",
        next_check_at = CASE WHEN NOT paused THEN state."nextCheckAt" END,
        validators = coalesce(state.validators, data_sources.validators), updated_at = now()
      FROM jsonb_to_recordset(${json}::text::jsonb) AS state (
        id uuid, revision integer, activity text, failures integer, "errorCode" text, "errorMessage" text,
        "lastCheckedAt" timestamptz, "nextCheckAt" timestamptz, validators jsonb
      )
      WHERE data_sources.id = state.id AND data_sources.revision = state.revision AND removed_at IS NULL
      RETURNING data_sources.id`;
    await this.#announce(written.map(({ id }) => id));
  }

  /**
   * Claims the source for one import of its content, before a byte of it is taken: never two at once, whatever
   * process believes to be the one that watches.
   *
   * @returns false when it was changed, removed, or has an import under way
   */
  async beginFetch({ importId, sourceId, revision }: NewFetch): Promise<boolean> {
    const claimed = await this.#database.sql`
      WITH claimed AS (
        UPDATE data_sources
        SET import_id = ${importId}, activity = 'FETCHING', must_fetch = true, last_changed_at = now(), updated_at = now()
        WHERE id = ${sourceId} AND revision = ${revision} AND import_id IS NULL AND removed_at IS NULL
        RETURNING *
      )
      INSERT INTO data_source_imports
        (import_id, source_id, revision, mode, max_deleted_share, confirmed_fingerprint)
      SELECT ${importId}, claimed.id, claimed.revision, claimed.mode, claimed.max_deleted_share, refused.refused_fingerprint
      FROM claimed LEFT JOIN data_source_imports refused
        ON claimed.deletion_confirmed AND refused.import_id = claimed.deletion_import_id
      RETURNING import_id`;
    if (claimed.length > 0) await this.#announce([sourceId]);
    return claimed.length > 0;
  }

  /** From now on the content is fetched, whatever a check says, until it was imported. */
  async wantContent(id: string): Promise<void> {
    await this.#database.orm.update(dataSources).set({ mustFetch: true }).where(eq(dataSources.id, id));
  }

  /** What tells the content that was fetched from the next. It counts once the import is completed. */
  async noteValidators(importId: string, validators: Record<string, string>): Promise<void> {
    await this.#database.orm
      .update(dataSourceImports)
      .set({ validators })
      .where(eq(dataSourceImports.importId, importId));
  }

  /** @returns those of the imports that have ended, or that do not exist */
  async ended(imports: readonly { sourceId: string; importId: string }[]): Promise<EndedImport[]> {
    const json = JSON.stringify(imports);
    return this.#database.sql<EndedImport[]>`
      SELECT wanted."sourceId", wanted."importId", imports.status,
        imports.error_code AS "errorCode", imports.error_message AS "errorMessage"
      FROM jsonb_to_recordset(${json}::text::jsonb) AS wanted ("sourceId" uuid, "importId" uuid)
      LEFT JOIN imports ON imports.id = wanted."importId"
      WHERE imports.id IS NULL OR imports.finished_at IS NOT NULL`;
  }

  /** Writes what follows from an import that has ended; once, however often it is told. */
  async settle({ sourceId, importId }: EndedImport, settlement: Settlement): Promise<void> {
    const { outcome, failures, errorCode, errorMessage, nextCheckAt } = settlement;
    const imported = outcome === 'IMPORTED';
    const refused = outcome === 'REFUSED';
    // Validators of an address that the source has no more are worth nothing.
    await this.#database.sql`
      UPDATE data_sources SET
        import_id = NULL, activity = NULL,
        validators = CASE WHEN ${imported} AND current THEN fetched.validators ELSE data_sources.validators END,
        refused_validators = CASE WHEN ${refused} AND current THEN fetched.validators END,
        must_fetch = NOT (${imported || refused} AND current AND fetched.validators IS NOT NULL),
        last_import_id = CASE WHEN ${imported} THEN ${importId}::uuid ELSE last_import_id END,
        last_imported_at = CASE WHEN ${imported} THEN now() ELSE last_imported_at END,
        deletion_import_id = CASE WHEN ${refused} AND current THEN ${importId}::uuid WHEN ${imported} THEN NULL ELSE deletion_import_id END,
        deletion_confirmed = deletion_confirmed AND ${outcome === 'FAILED'},
        failures = ${failures}, error_code = ${errorCode}, error_message = ${errorMessage},
        next_check_at = CASE WHEN NOT paused THEN ${nextCheckAt}::timestamptz END, updated_at = now()
      FROM (
        SELECT given.*, given.revision = source.revision AS current
        FROM data_source_imports given JOIN data_sources source ON source.id = given.source_id
        WHERE given.import_id = ${importId}
      ) fetched
      WHERE data_sources.id = ${sourceId} AND data_sources.import_id = ${importId}`;
    await this.#announce([sourceId]);
  }

  /** Sources that were removed while they still had brought something, or an import was under way. */
  async removedWithRemains(): Promise<{ id: string; importId: string | null }[]> {
    return this.#database.orm
      .select({ id: dataSources.id, importId: dataSources.importId })
      .from(dataSources)
      .where(raw`removed_at IS NOT NULL AND released_at IS NULL`);
  }

  /** Gives up what a removed source brought: its products stay. To be called in the merge turn. */
  async release(id: string): Promise<void> {
    await this.#database.sql.begin(async (tx) => {
      await tx`DELETE FROM source_products WHERE source_id = ${id}`;
      await tx`UPDATE data_sources SET released_at = now() WHERE id = ${id}`;
    });
  }

  async #announce(ids: readonly string[]): Promise<void> {
    for (let at = 0; at < ids.length; at += IDS_PER_NOTICE) {
      await this.#database.sql.notify(SOURCE_CHANNEL, ids.slice(at, at + IDS_PER_NOTICE).join(','));
    }
  }
}
