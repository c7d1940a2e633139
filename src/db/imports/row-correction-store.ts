// Which rows of corrections correct which rejected rows, and what became of them.

import { and, eq, inArray, or, sql as raw } from 'drizzle-orm';
import { LoadstoneError } from '../../errors.ts';
import type { Database } from '../postgres/connection/database.ts';
import { imports, rowCorrections, rowIssues } from '../tables.ts';
import { importDeleted } from './delete-imports.ts';
import { hasEnded, type ImportRecord } from './import-record.ts';
import { type Transaction, withdrawRetries } from './import-store.ts';
import type { RowIssue } from './row-issue-store.ts';

/** A rejected row. */
export interface RejectedRowKey {
  importId: string;
  line: number;
}

/** What a correction consists of. */
export interface NewCorrection {
  /** The import whose rows it corrects. */
  corrects: string;
  rows: { line: number; correctedLine: number; values: string[] }[];
}

/** A row of a correction. */
export interface CorrectedRow {
  /** Where it starts in the file of the correction. */
  line: number;
  values: string[];
  /** Why it did not reach the catalogue either; undefined if it did, or is still on its way. */
  issue: RowIssue | undefined;
}

type RowCorrectionStatus = 'PENDING' | 'CORRECTED' | 'SUPERSEDED' | 'REJECTED' | 'NOT_IMPORTED';

/** The latest correction of a rejected row. */
export interface RowCorrection {
  import: ImportRecord;
  status: RowCorrectionStatus;
  rows: CorrectedRow[];
}

type Orm = Database['orm'] | Transaction;

export class RowCorrectionStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** In the order of the keys; null for a row that nobody has corrected. */
  async latest(keys: readonly RejectedRowKey[]): Promise<(RowCorrection | null)[]> {
    const found = await latestCorrections(this.#database.orm, keys);
    return keys.map((key) => found.get(nameOf(key)) ?? null);
  }

  /** How many corrections each of these imports has. */
  async counts(importIds: readonly string[]): Promise<number[]> {
    const found = await this.#database.sql<Count[]>`
      SELECT corrects AS id, count(*) AS count FROM imports
      WHERE corrects = ANY (${[...importIds]}::text[]::uuid[]) GROUP BY corrects`;
    return countsOf(importIds, found);
  }

  /** How many rejected rows of each of these imports are corrected. */
  async correctedRows(importIds: readonly string[]): Promise<number[]> {
    const { orm, sql } = this.#database;
    const completed = await orm
      .select({ id: imports.id })
      .from(imports)
      .where(and(inArray(imports.corrects, [...importIds]), eq(imports.status, 'COMPLETED')));
    const ids = completed.map(({ id }) => id);
    const undone = await undoneAmong(orm, ids);
    const found = await sql<Count[]>`
      SELECT corrected_import AS id, count(DISTINCT corrected_line) AS count
      FROM (
        SELECT corrections.corrected_import, corrections.corrected_line
        FROM row_corrections corrections
        LEFT JOIN import_row_issues issues USING (import_id, line)
        WHERE import_id = ANY (${ids.filter((id) => !undone.has(id))}::text[]::uuid[])
        GROUP BY import_id, corrected_import, corrected_line HAVING count(issues.code) = 0
      ) corrected
      GROUP BY corrected_import`;
    return countsOf(importIds, found);
  }
}

/**
 * Writes what a correction corrects, in the transaction that creates its import. Others that correct or undo the same import
 * wait until it is over.
 *
 * @throws LoadstoneError IMPORT_DELETED, BEING_UNDONE, ALREADY_UNDONE, ALREADY_CORRECTED
 */
export async function writeCorrection(
  tx: Transaction,
  importId: string,
  { corrects, rows }: NewCorrection,
): Promise<void> {
  const locked = await tx
    .select({ id: imports.id })
    .from(imports)
    .where(eq(imports.id, corrects))
    .for('update');
  if (locked.length === 0) throw importDeleted(corrects);
  await requireInEffect(tx, corrects);
  const lines = [...new Set(rows.map(({ correctedLine }) => correctedLine))];
  const earlier = await latestCorrections(
    tx,
    lines.map((line) => ({ importId: corrects, line })),
  );
  const taken = lines.flatMap((line) => {
    const correction = earlier.get(nameOf({ importId: corrects, line }));
    const isOpen = !correction || REPEATABLE.has(correction.status);
    return isOpen ? [] : [{ line, import: correction.import.id, isOver: correction.status === 'CORRECTED' }];
  });
  if (taken.length > 0) throw alreadyCorrected(taken);
  // An earlier attempt must not come after this one.
  await withdrawRetries(tx, [...new Set([...earlier.values()].map((correction) => correction.import.id))]);
  await tx
    .insert(rowCorrections)
    .values(rows.map((row) => ({ importId, correctedImport: corrects, ...row })));
}

/** Of rows that may be corrected (again). */
const REPEATABLE: ReadonlySet<RowCorrectionStatus> = new Set(['SUPERSEDED', 'REJECTED', 'NOT_IMPORTED']);

/** @throws LoadstoneError BEING_UNDONE, ALREADY_UNDONE */
async function requireInEffect(tx: Transaction, id: string): Promise<void> {
  if (!(await undoneAmong(tx, [id])).has(id)) return;
  const [undo] = await tx.select().from(imports).where(eq(imports.undoes, id));
  const isOver = undo && hasEnded(undo);
  throw new LoadstoneError(
    isOver ? 'ALREADY_UNDONE' : 'BEING_UNDONE',
    `The import ${isOver ? 'was' : 'is being'} undone, so its rows cannot be corrected. Import the file again, corrected.`,
    { details: { undoneBy: undo?.id } },
  );
}

function alreadyCorrected(taken: { line: number; import: string; isOver: boolean }[]): LoadstoneError {
  const [first] = taken;
  const more = taken.length > 1 ? `, and ${taken.length - 1} more of these rows` : '';
  return new LoadstoneError(
    'ALREADY_CORRECTED',
    `The row on line ${first?.line} ${first?.isOver ? 'was corrected before' : 'is being corrected'}, by the import ${first?.import}${more}. Leave out what is corrected; to change it once more, edit the product.`,
    { details: { rows: taken.map(({ isOver: _, ...row }) => row) } },
  );
}

/** @returns by `nameOf` of the key */
async function latestCorrections(
  orm: Orm,
  keys: readonly RejectedRowKey[],
): Promise<Map<string, RowCorrection>> {
  const linesOf = Map.groupBy(keys, ({ importId }) => importId);
  const rows = await orm
    .select({ row: rowCorrections, import: imports, issue: rowIssues })
    .from(rowCorrections)
    .innerJoin(imports, eq(imports.id, rowCorrections.importId))
    .leftJoin(
      rowIssues,
      and(eq(rowIssues.importId, rowCorrections.importId), eq(rowIssues.line, rowCorrections.line)),
    )
    .where(
      or(
        ...[...linesOf].map(([importId, those]) =>
          and(
            eq(rowCorrections.correctedImport, importId),
            inArray(
              rowCorrections.correctedLine,
              those.map(({ line }) => line),
            ),
          ),
        ),
      ),
    )
    .orderBy(imports.number, rowCorrections.line);
  const undone = await undoneAmong(orm, [...new Set(rows.map(({ row }) => row.importId))]);
  const corrections = new Map<string, RowCorrection>();
  const all = Map.groupBy(rows, ({ row }) =>
    nameOf({ importId: row.correctedImport, line: row.correctedLine }),
  );
  for (const [name, found] of all) {
    const last = found.at(-1)?.import;
    if (!last) continue;
    const corrected = found
      .filter((each) => each.import.id === last.id)
      .map(({ row, issue }) => ({ line: row.line, values: row.values, issue: issue ?? undefined }));
    const status = statusOf(last, undone.has(last.id), corrected);
    corrections.set(name, { import: last, status, rows: corrected });
  }
  return corrections;
}

function statusOf(
  record: ImportRecord,
  isUndone: boolean,
  rows: readonly CorrectedRow[],
): RowCorrectionStatus {
  if (!hasEnded(record)) return 'PENDING';
  if (record.status !== 'COMPLETED' || isUndone) return 'NOT_IMPORTED';
  const kinds = new Set(rows.map(({ issue }) => issue?.kind));
  return kinds.has('REJECTED') ? 'REJECTED' : kinds.has('SUPERSEDED') ? 'SUPERSEDED' : 'CORRECTED';
}

/** Those of the imports that are undone, or being undone. An undo may itself be undone. */
async function undoneAmong(orm: Orm, ids: readonly string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const found = await orm.execute<{ id: string }>(raw`
    WITH RECURSIVE chain AS (
      SELECT id AS root, id FROM imports WHERE ${inArray(raw`id`, [...ids])}
      UNION ALL
      SELECT chain.root, undo.id FROM chain JOIN imports undo ON undo.undoes = chain.id
      WHERE undo.status NOT IN ('FAILED', 'CANCELLED')
    )
    SELECT root AS id FROM chain GROUP BY root HAVING count(*) % 2 = 0`);
  return new Set(found.map(({ id }) => id));
}

interface Count {
  id: string;
  count: number;
}

function countsOf(ids: readonly string[], found: readonly Count[]): number[] {
  const byId = new Map(found.map(({ id, count }) => [id, count]));
  return ids.map((id) => byId.get(id) ?? 0);
}

function nameOf({ importId, line }: RejectedRowKey): string {
  return `${importId} ${line}`;
}
