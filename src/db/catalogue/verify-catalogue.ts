// Checks a database against itself: the kept name counts against the products, the ledgers of completed imports
// against their issues and partitions, and that no import that has ended left staging tables.
//
// One read-only transaction sees it all as of one instant, so imports and updates may go on meanwhile.

import postgres from 'postgres';
import { SettingsError } from '../../errors.ts';
import { FINAL_STATUSES, type ImportStatus } from '../imports/import-store.ts';
import type { Database } from '../postgres/connection/database.ts';
import { Session } from '../postgres/connection/session.ts';
import { STAGING_SCHEMA } from '../postgres/schemas.ts';
import { connectionError } from '../postgres/startup/startup-errors.ts';

/** How many there are, and the first of them. */
export interface Listed<Item> {
  total: number;
  first: Item[];
}

/** A name whose kept count is not the number of its products. */
export interface CountDifference {
  name: string;
  /** Products that have the name. */
  products: number;
  /** The kept count; 0 where there is none. */
  kept: number;
}

/** What the ledger of a completed import is compared with. */
export type LedgerCheck =
  | 'ROWS'
  | 'REJECTED_ISSUES'
  | 'SUPERSEDED_ISSUES'
  | 'INSERTED_PARTS'
  | 'UPDATED_PARTS'
  | 'UNCHANGED_PARTS'
  | 'SUPERSEDED_PARTS'
  | 'UNMERGED_PARTITIONS'
  | 'PLANNED_DELETIONS'
  | 'DELETED_PARTS';

export interface LedgerDifference {
  importId: string;
  fileName: string;
  check: LedgerCheck;
  /** What the import says. */
  ledger: number;
  /** What was counted. */
  found: number;
}

interface LeftStaging {
  table: string;
  /** Of its import; null when there is no such import. */
  status: ImportStatus | null;
}

interface RunningImport {
  id: string;
  fileName: string;
  status: ImportStatus;
}

export interface Verification {
  /** Whether nothing differs. */
  equal: boolean;
  /** The instant that was looked at. */
  asOf: Date;
  products: number;
  /** Names that products have, or that have a count. */
  names: number;
  completedImports: number;
  /** Left out: their ledgers move. */
  runningImports: Listed<RunningImport>;
  /** Names of products without a count. */
  missingCounts: Listed<CountDifference>;
  /** Counts of names that no product has. */
  superfluousCounts: Listed<CountDifference>;
  wrongCounts: Listed<CountDifference>;
  ledgers: Listed<LedgerDifference>;
  staging: Listed<LeftStaging>;
}

export type VerificationPart = 'counts' | 'ledgers' | 'staging';

const LISTED = 20;
/** Longer than a server takes to remove what is not needed any more. */
const CLEANED_WITHIN = '5 minutes';
const TABLES = [
  'products',
  'product_name_counts',
  'imports',
  'import_partitions',
  'import_row_issues',
  'data_source_imports',
];

/**
 * @param onBegin told of each part when it begins
 * @param signal cancels it
 * @throws SettingsError when the database cannot be reached, or is none of Loadstone's; the signal's reason
 */
export async function verifyCatalogue(
  database: Database,
  onBegin: (part: VerificationPart) => void,
  signal: AbortSignal,
): Promise<Verification> {
  const session = await Session.open(database, 'verify', '').catch((error: unknown) => {
    throw connectionError(database.url, error);
  });
  try {
    return await session.run(signal, (sql) => inOneInstant(sql, (tx) => verify(tx, onBegin)));
  } catch (error) {
    throw isMissingColumn(error) ? otherVersion(error) : error;
  } finally {
    await session.close();
  }
}

function isMissingColumn(error: unknown): error is Error {
  return error instanceof postgres.PostgresError && error.code === '42703';
}

function otherVersion(cause: Error): SettingsError {
  return new SettingsError(
    `The tables are of an older Loadstone (${cause.message}). Start the server of this version once: it brings them up to date.`,
    { cause },
  );
}

/** A catalogue of any size is hashed and not looked up; a limit on time would be for other statements. */
async function inOneInstant<Result>(
  sql: postgres.Sql,
  read: (tx: postgres.TransactionSql) => Promise<Result>,
): Promise<Result> {
  const boxed = await sql.begin('isolation level repeatable read read only', async (tx) => {
    await tx.unsafe(`
      SET LOCAL work_mem = '128MB';
      SET LOCAL enable_nestloop = off;
      SET LOCAL statement_timeout = 0`);
    return { result: await read(tx) };
  });
  return boxed.result;
}

async function verify(
  tx: postgres.TransactionSql,
  onBegin: (part: VerificationPart) => void,
): Promise<Verification> {
  await requireTables(tx);
  const [instant] = await tx<[{ asOf: Date }]>`SELECT now() AS "asOf"`;
  onBegin('counts');
  const counts = await compareCounts(tx);
  onBegin('ledgers');
  const ledgers = { ...(await summarizeImports(tx)), ledgers: await compareLedgers(tx) };
  onBegin('staging');
  const staging = await findLeftStaging(tx);
  const differences = [
    counts.missingCounts,
    counts.superfluousCounts,
    counts.wrongCounts,
    ledgers.ledgers,
    staging,
  ];
  const equal = differences.every(({ total }) => total === 0);
  return { equal, asOf: instant.asOf, ...counts, ...ledgers, staging };
}

async function requireTables(tx: postgres.TransactionSql): Promise<void> {
  const missing = await tx<{ name: string }[]>`
    SELECT name FROM unnest(${TABLES}::text[]) AS name WHERE to_regclass(name) IS NULL`;
  if (missing.length === 0) return;
  const names = missing.map(({ name }) => name).join(', ');
  throw new SettingsError(
    `This is no database of Loadstone: it lacks ${names}. Check DATABASE_URL; a new database gets its tables when the server first starts.`,
  );
}

type Counts = Pick<
  Verification,
  'products' | 'names' | 'missingCounts' | 'superfluousCounts' | 'wrongCounts'
>;

async function compareCounts(tx: postgres.TransactionSql): Promise<Counts> {
  const [totals] = await tx<
    [{ names: number; products: number; missing: number; superfluous: number; wrong: number }]
  >`
    SELECT count(*) AS names, coalesce(sum(products), 0)::bigint AS products,
      count(*) FILTER (WHERE product_count IS NULL) AS missing,
      count(*) FILTER (WHERE products IS NULL) AS superfluous,
      count(*) FILTER (WHERE products <> product_count) AS wrong
    FROM (${countedAndKept(tx)}) compared`;
  const { names, products, missing, superfluous, wrong } = totals;
  const first = missing + superfluous + wrong === 0 ? [] : await firstCountDifferences(tx);
  const listed = (total: number, isOfKind: (difference: CountDifference) => boolean) => ({
    total,
    first: first.filter(isOfKind),
  });
  return {
    names,
    products,
    missingCounts: listed(missing, ({ kept }) => kept === 0),
    superfluousCounts: listed(superfluous, (difference) => difference.products === 0),
    wrongCounts: listed(wrong, (difference) => difference.products > 0 && difference.kept > 0),
  };
}

/** The first of each kind, in the order of names. */
async function firstCountDifferences(tx: postgres.TransactionSql): Promise<CountDifference[]> {
  const rows = await tx<CountDifference[]>`
    SELECT name, coalesce(products, 0) AS products, coalesce(product_count, 0) AS kept
    FROM (
      SELECT *, row_number() OVER (PARTITION BY products IS NULL, product_count IS NULL ORDER BY name) AS place
      FROM (${countedAndKept(tx)}) compared
      WHERE products IS DISTINCT FROM product_count
    ) differing
    WHERE place <= ${LISTED}
    ORDER BY name`;
  return [...rows];
}

function countedAndKept(tx: postgres.TransactionSql): postgres.Fragment {
  return tx`
    SELECT name, products, product_count
    FROM (SELECT name, count(*) AS products FROM products GROUP BY name) counted
    FULL JOIN product_name_counts USING (name)`;
}

async function summarizeImports(
  tx: postgres.TransactionSql,
): Promise<Pick<Verification, 'completedImports' | 'runningImports'>> {
  const [completed] = await tx<[{ total: number }]>`
    SELECT count(*) AS total FROM imports WHERE status = 'COMPLETED'`;
  const running = await tx<(RunningImport & { total: number })[]>`
    SELECT id, file_name AS "fileName", status, count(*) OVER () AS total
    FROM imports WHERE status <> ALL(${FINAL_STATUSES})
    ORDER BY created_at, id
    LIMIT ${LISTED}`;
  return { completedImports: completed.total, runningImports: listed(running) };
}

async function compareLedgers(tx: postgres.TransactionSql): Promise<Listed<LedgerDifference>> {
  const rows = await tx<(LedgerDifference & { total: number })[]>`
    WITH issues AS (
      SELECT import_id, count(*) FILTER (WHERE kind = 'REJECTED') AS rejected,
        count(*) FILTER (WHERE kind = 'SUPERSEDED') AS superseded
      FROM import_row_issues GROUP BY import_id
    ), parts AS (
      SELECT import_id, sum(inserted)::bigint AS inserted, sum(updated)::bigint AS updated,
        sum(unchanged)::bigint AS unchanged, sum(superseded)::bigint AS superseded,
        count(*) FILTER (WHERE merged_at IS NULL) AS unmerged
      FROM import_partitions GROUP BY import_id
    )
    SELECT imports.id AS "importId", file_name AS "fileName", compared.what AS check, ledger, found,
      count(*) OVER () AS total
    FROM imports
    LEFT JOIN issues ON issues.import_id = imports.id
    LEFT JOIN parts ON parts.import_id = imports.id
    LEFT JOIN data_source_imports removal ON removal.import_id = imports.id
    CROSS JOIN LATERAL (VALUES
      (1, 'ROWS', rows_read, rows_inserted + rows_updated + rows_unchanged + rows_superseded + rows_rejected),
      (2, 'REJECTED_ISSUES', rows_rejected, coalesce(issues.rejected, 0)),
      (3, 'SUPERSEDED_ISSUES', rows_superseded, coalesce(issues.superseded, 0)),
      (4, 'INSERTED_PARTS', rows_inserted, coalesce(parts.inserted, 0)),
      (5, 'UPDATED_PARTS', rows_updated, coalesce(parts.updated, 0)),
      (6, 'UNCHANGED_PARTS', rows_unchanged, coalesce(parts.unchanged, 0)),
      (7, 'SUPERSEDED_PARTS', rows_superseded, coalesce(parts.superseded, 0)),
      (8, 'UNMERGED_PARTITIONS', 0, coalesce(parts.unmerged, 0)),
      (9, 'PLANNED_DELETIONS', rows_deleted, coalesce(removal.planned, 0)),
      (10, 'DELETED_PARTS', rows_deleted, coalesce(removal.deleted, 0))
    ) AS compared(place, what, ledger, found)
    WHERE status = 'COMPLETED' AND ledger <> found
    ORDER BY created_at, imports.id, place
    LIMIT ${LISTED}`;
  return listed(rows);
}

/** Its name begins with the id of its import. One that may be retried keeps its tables. */
async function findLeftStaging(tx: postgres.TransactionSql): Promise<Listed<LeftStaging>> {
  const rows = await tx<(LeftStaging & { total: number })[]>`
    SELECT relname AS table, status, count(*) OVER () AS total
    FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
    LEFT JOIN imports ON imports.id::text = left(relname, 36)
    WHERE nspname = ${STAGING_SCHEMA} AND relkind = 'r'
      AND (status IS NULL OR status = ANY(${FINAL_STATUSES}))
      AND (retry_until IS NULL OR retry_until < now() - ${CLEANED_WITHIN}::interval)
    ORDER BY relname
    LIMIT ${LISTED}`;
  return listed(rows);
}

function listed<Item extends object>(rows: readonly (Item & { total: number })[]): Listed<Item> {
  const first = rows.map(({ total: _, ...item }) => item as unknown as Item);
  return { total: rows[0]?.total ?? 0, first };
}
