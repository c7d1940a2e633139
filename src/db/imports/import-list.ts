// The list of all imports, by pages.

import { and, desc, eq, gt, isNotNull, isNull, lt, or, sql as raw, type SQL } from 'drizzle-orm';
import type { Database } from '../postgres/connection/database.ts';
import { imports } from '../tables.ts';
import type { ImportRecord, ImportStatus } from './import-record.ts';

/** Conditions that all have to hold. */
export interface ImportFilter {
  status?: ImportStatus | undefined;
  /** Of a data source, also of one that was removed. */
  sourceId?: string | undefined;
  /** Corrections of this import. */
  corrects?: string | undefined;
  /** Whether they are corrections. */
  isCorrection?: boolean | undefined;
}

/** Where an import stands in the list. */
export type ImportPlace = Pick<ImportRecord, 'createdAt' | 'id'>;

export interface ImportPage extends ImportFilter {
  first: number;
  /** Counts from the end: the last ones, in reverse. */
  backwards?: boolean | undefined;
  after?: ImportPlace | undefined;
  before?: ImportPlace | undefined;
}

export class ImportList {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Newest first. */
  async page({ first, backwards, after, before, ...filter }: ImportPage): Promise<ImportRecord[]> {
    return this.#database.orm
      .select()
      .from(imports)
      .where(and(after && olderThan(after), before && newerThan(before), matching(filter)))
      .orderBy(...(backwards ? [imports.createdAt, desc(imports.id)] : [desc(imports.createdAt), imports.id]))
      .limit(first);
  }

  async count(filter: ImportFilter): Promise<number> {
    return this.#database.orm.$count(imports, matching(filter));
  }
}

function matching({ status, sourceId, corrects, isCorrection }: ImportFilter): SQL | undefined {
  return and(
    status && eq(imports.status, status),
    sourceId === undefined ? undefined : eq(imports.sourceId, sourceId),
    corrects === undefined ? undefined : eq(imports.corrects, corrects),
    isCorrection === undefined ? undefined : (isCorrection ? isNotNull : isNull)(imports.corrects),
  );
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
