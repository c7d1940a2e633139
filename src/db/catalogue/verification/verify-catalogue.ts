// Checks a database for consistency: the counts of names against the products, the ledgers of completed imports against
// their issues and partitions, and whether finished imports have left staging tables.
//
// It reads everything in a single snapshot, so imports and updates can continue in the meantime.

import postgres from 'postgres';
import { SettingsError } from '../../../errors.ts';
import type { Database } from '../../postgres/connection/database.ts';
import { Session } from '../../postgres/connection/session.ts';
import { WITHOUT_JIT } from '../../postgres/connection/session-settings.ts';
import { inCut } from '../../postgres/cut.ts';
import { connectionError } from '../../postgres/startup/startup-errors.ts';
import { type CountComparison, compareCounts } from './verify-counts.ts';
import type { Listed } from './verify-findings.ts';
import {
  compareLedgers,
  findLeftStaging,
  type LedgerDifference,
  type LeftStaging,
  type RunningImport,
  summarizeImports,
} from './verify-imports.ts';

export interface Verification extends CountComparison {
  /** Whether there are no differences. */
  equal: boolean;
  /** The instant of the snapshot. */
  asOf: Date;
  completedImports: number;
  /** Not checked, because their ledgers still change. */
  runningImports: Listed<RunningImport>;
  ledgers: Listed<LedgerDifference>;
  staging: Listed<LeftStaging>;
}

export type VerificationPart = 'counts' | 'ledgers' | 'staging';

const TABLES = [
  'products',
  'product_name_counts',
  'imports',
  'import_partitions',
  'import_previews',
  'import_row_issues',
  'data_source_imports',
];

/**
 * @param onBegin called when a part begins
 * @param signal cancels the verification
 * @throws SettingsError if the database cannot be reached or is not a Loadstone database; the reason of the signal
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
    return await session.run(signal, async (sql) => {
      await requireTables(sql);
      return inCut(sql, (tx) => verify(tx, onBegin));
    });
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
    `The tables are from an older version of Loadstone (${cause.message}). Start the server of this version once to update them.`,
    { cause },
  );
}

/** For hash joins instead of lookups, whatever the size of the catalogue. The statement timeout is meant for other statements. */
async function setUp(tx: postgres.TransactionSql): Promise<void> {
  await tx.unsafe(`
    ${WITHOUT_JIT};
    SET LOCAL work_mem = '128MB';
    SET LOCAL enable_nestloop = off;
    SET LOCAL statement_timeout = 0`);
}

async function verify(
  tx: postgres.TransactionSql,
  onBegin: (part: VerificationPart) => void,
): Promise<Verification> {
  await setUp(tx);
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

async function requireTables(sql: postgres.Sql): Promise<void> {
  const missing = await sql<{ name: string }[]>`
    SELECT name FROM unnest(${TABLES}::text[]) AS name WHERE to_regclass(name) IS NULL`;
  if (missing.length === 0) return;
  const names = missing.map(({ name }) => name).join(', ');
  throw new SettingsError(
    `This is not a Loadstone database: it lacks ${names}. Check DATABASE_URL. The server creates the tables when it first starts.`,
  );
}
