// Deletes imports that have ended, and clears away what belonged to them, a few rows at a time.
//
// An import is gone at once: its row makes way for one of deleted_imports, in one transaction. Its issues, which may be
// millions, follow in batches; whoever continues after a crash finds in deleted_imports what is left.

import { eq } from 'drizzle-orm';
import type postgres from 'postgres';
import { LoadstoneError } from '../../errors.ts';
import type { Database } from '../postgres/connection/database.ts';
import { RETENTION_LOCK } from '../postgres/locks/advisory-locks.ts';
import { deletedImports } from '../tables.ts';
import { IMPORT_CHANNEL, type Transaction } from './import-store.ts';

/** Rows of one statement: others wait for none of them, and it takes milliseconds. */
const BATCH_ROWS = 2000;
const BATCH_IMPORTS = 100;

/** Why an import cannot be deleted. */
export type DeletionHindrance =
  | { kind: 'UNFINISHED' }
  /** An unfinished import needs it: its undo, or a correction. */
  | { kind: 'NEEDED'; by: string }
  /** It is an undo or a correction of an import that is still there. */
  | { kind: 'BELONGS'; to: string }
  /** A data source concludes it, or its deletion awaits confirmation there. */
  | { kind: 'SOURCE'; sourceId: string };

/** What stands against deleting the import `candidate`, in the order of `HINDRANCES`. */
const HINDRANCES = `
  CASE WHEN candidate.finished_at IS NULL THEN candidate.id END AS unfinished,
  (
    SELECT needing.id FROM imports needing
    WHERE (needing.undoes = candidate.id OR needing.corrects = candidate.id) AND needing.finished_at IS NULL LIMIT 1
  ) AS needed,
  (SELECT main.id FROM imports main WHERE main.id IN (candidate.undoes, candidate.corrects) LIMIT 1) AS belongs,
  (
    SELECT source.id FROM data_sources source
    WHERE source.import_id = candidate.id OR (source.deletion_import_id = candidate.id AND source.removed_at IS NULL) LIMIT 1
  ) AS source`;

/** @returns undefined if it was deleted, or if there is none */
export async function deleteImport({ sql }: Database, id: string): Promise<DeletionHindrance | undefined> {
  return sql.begin(async (tx) => {
    // Before its hindrances are read: whoever undoes, corrects or retries it locks it, too.
    await tx`SELECT FROM imports WHERE id = ${id} FOR UPDATE`;
    const [found] = await tx<Hindrances[]>`
      SELECT ${tx.unsafe(HINDRANCES)} FROM imports candidate WHERE id = ${id}`;
    if (!found) return undefined;
    const hindrance = hindranceOf(found);
    if (!hindrance) await bury(tx, [id]);
    return hindrance;
  });
}

interface Hindrances {
  unfinished: string | null;
  needed: string | null;
  belongs: string | null;
  source: string | null;
}

function hindranceOf({ unfinished, needed, belongs, source }: Hindrances): DeletionHindrance | undefined {
  if (unfinished !== null) return { kind: 'UNFINISHED' };
  if (needed !== null) return { kind: 'NEEDED', by: needed };
  if (belongs !== null) return { kind: 'BELONGS', to: belongs };
  if (source !== null) return { kind: 'SOURCE', sourceId: source };
  return undefined;
}

/** Replaces rows of `imports` by rows of `deleted_imports`, and notifies of it. */
async function bury(tx: postgres.TransactionSql, ids: readonly string[]): Promise<void> {
  await tx`
    WITH gone AS (
      DELETE FROM imports WHERE id = ANY (${[...ids]}::text[]::uuid[])
      RETURNING id, number, kept_columns, revision
    ), buried AS (
      INSERT INTO deleted_imports (id, number, kept_columns)
      SELECT id, number, kept_columns IS NOT NULL FROM gone
    )
    SELECT pg_notify(${IMPORT_CHANNEL}, concat(id, ':', revision + 1)) FROM gone`;
}

/**
 * Deletes some of the imports that ended longer ago than this, oldest first.
 *
 * @param days 0: none
 * @returns whether there may be more
 */
async function deleteOld(tx: postgres.TransactionSql, days: number): Promise<boolean> {
  if (days === 0) return false;
  const old = await tx<{ id: string }[]>`
    SELECT id FROM imports candidate
    WHERE finished_at < now() - make_interval(days => ${days}) AND (retry_until IS NULL OR retry_until < now())
      AND (SELECT num_nonnulls(unfinished, needed, belongs, source) = 0 FROM (SELECT ${tx.unsafe(HINDRANCES)}) hindrances)
    ORDER BY finished_at LIMIT ${BATCH_IMPORTS}
    FOR UPDATE OF candidate SKIP LOCKED`;
  if (old.length === 0) return false;
  // Read again now that they are locked.
  const free = await tx<{ id: string }[]>`
    SELECT id FROM imports candidate
    WHERE id = ANY (${old.map(({ id }) => id)}::text[]::uuid[]) AND (retry_until IS NULL OR retry_until < now())
      AND (SELECT num_nonnulls(unfinished, needed, belongs, source) = 0 FROM (SELECT ${tx.unsafe(HINDRANCES)}) hindrances)`;
  await bury(
    tx,
    free.map(({ id }) => id),
  );
  return free.length > 0;
}

/** What belongs to an import, by table; the key orders the rows of an import. */
const LEFTOVERS = [
  { table: 'import_row_issues', key: 'line' },
  { table: 'row_corrections', key: 'line' },
  { table: 'kept_products', key: 'sku' },
  { table: 'import_partitions', key: 'partition' },
] as const;
const SINGLE_LEFTOVERS = ['import_previews', 'data_source_imports'] as const;

/** How far the changes of a deleted import have been looked through. Lost with the process, which costs a second look. */
export interface ClearedChanges {
  importId: string;
  kind: number;
  sku: string;
}

/**
 * Deletes imports that ended longer ago than this, and clears away a batch of what deleted ones left. One process at a time.
 *
 * @param days 0: imports are kept for ever; what clients deleted is cleared all the same
 * @param cleared what the last call returned
 * @returns `hasMore`: whether there may be more
 */
export async function removeOldImports(
  { sql }: Database,
  days: number,
  cleared?: ClearedChanges,
): Promise<{ hasMore: boolean; cleared?: ClearedChanges | undefined }> {
  return sql.begin(async (tx) => {
    const [turn] = await tx<{ mine: boolean }[]>`SELECT pg_try_advisory_xact_lock(${RETENTION_LOCK}) AS mine`;
    if (!turn?.mine) return { hasMore: false };
    const hasOlder = await deleteOld(tx, days);
    const [next] = await tx<{ id: string; number: number }[]>`
      SELECT id, number FROM deleted_imports WHERE cleared_at IS NULL ORDER BY deleted_at LIMIT 1`;
    if (!next) return { hasMore: hasOlder };
    const { id } = next;
    for (const { table, key } of LEFTOVERS) {
      const removed = await tx.unsafe(
        `DELETE FROM ${table} WHERE import_id = $1 AND ${key} IN (
          SELECT ${key} FROM ${table} WHERE import_id = $1 ORDER BY ${key} LIMIT ${BATCH_ROWS}
        )`,
        [id],
      );
      if (removed.count === BATCH_ROWS) return { hasMore: true };
    }
    for (const table of SINGLE_LEFTOVERS) await tx.unsafe(`DELETE FROM ${table} WHERE import_id = $1`, [id]);
    const rest = await clearChanges(tx, next, cleared?.importId === id ? cleared : undefined);
    if (rest) return { hasMore: true, cleared: rest };
    await tx`UPDATE deleted_imports SET cleared_at = now() WHERE id = ${id}`;
    return { hasMore: true };
  });
}

const KINDS = ['DELETED', 'INSERTED', 'UPDATED'] as const;

/**
 * Removes those of its changes of products that nothing else needs: the version before it is what another change has led
 * to, as long as that is known. The others stay until they are too old.
 *
 * @returns how far it came; undefined if there are no more
 */
async function clearChanges(
  tx: postgres.TransactionSql,
  { id, number }: { id: string; number: number },
  from: ClearedChanges | undefined,
): Promise<ClearedChanges | undefined> {
  const firstLoads = await tx<{ number: number }[]>`
    SELECT DISTINCT number FROM imports JOIN import_partitions ON import_id = imports.id WHERE is_first_load`;
  // Literals: where the catalogue is on several nodes, imports are not beside it.
  const ofFirstLoads = tx.unsafe(`ARRAY[${firstLoads.map((load) => load.number).join(', ')}]::integer[]`);
  for (let kind = from?.kind ?? 0; kind < KINDS.length; kind++) {
    const after = kind === from?.kind ? from.sku : '';
    const [seen] = await tx<{ last: string | null; rows: number }[]>`
      WITH batch AS MATERIALIZED (
        SELECT sku, id, old_changed_by FROM product_changes
        WHERE import_number = ${tx.unsafe(String(number))} AND import_number > 0 AND kind = ${KINDS[kind] ?? ''}
          AND sku > ${after}
        ORDER BY sku LIMIT ${BATCH_ROWS}
      ), removed AS (
        DELETE FROM product_changes USING batch
        WHERE product_changes.sku = batch.sku AND product_changes.id = batch.id
          AND NOT EXISTS (
            SELECT 1 FROM product_changes earlier
            WHERE earlier.sku = product_changes.sku AND earlier.id < product_changes.id
          )
          -- What a first load inserted is known from the change that replaced it.
          AND (batch.old_changed_by IS NULL OR batch.old_changed_by <> ALL (${ofFirstLoads}))
      )
      SELECT max(sku) AS last, count(*) AS rows FROM batch`;
    if (seen?.rows === BATCH_ROWS && seen.last !== null) return { importId: id, kind, sku: seen.last };
  }
  return undefined;
}

export function importDeleted(id: string): LoadstoneError {
  return new LoadstoneError(
    'IMPORT_DELETED',
    `The import ${id} was deleted. What it brought into the catalogue is still there. To import the file again, send it with a new id.`,
  );
}

/** Of these ids, those of imports that were deleted. */
export async function deletedAmong({ sql }: Database, ids: readonly string[]): Promise<Set<string>> {
  const found = await sql<{ id: string }[]>`
    SELECT id FROM deleted_imports WHERE id = ANY (${[...ids]}::text[]::uuid[])`;
  return new Set(found.map(({ id }) => id));
}

/**
 * In the transaction that creates an import: a file that was sent again, with the id of an import that was deleted since, must
 * not be imported twice.
 *
 * @throws LoadstoneError IMPORT_DELETED
 */
export async function requireNotDeleted(tx: Transaction, id: string): Promise<void> {
  const [deleted] = await tx
    .select({ id: deletedImports.id })
    .from(deletedImports)
    .where(eq(deletedImports.id, id));
  if (deleted) throw importDeleted(id);
}
