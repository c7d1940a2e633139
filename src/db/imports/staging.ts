// The staged rows of an import: one unlogged table a partition, filled by the lanes, emptied by the merge. The rows of a first
// load are in a single logged table, which becomes `products` if it has no column for more than a product. Beside each is a table
// for those of its rows that another row of the file supersedes.
//
// Each attempt to load an import has tables of its own: what a process still writes that lost the import to another one
// never mixes with the rows of that one.

import type postgres from 'postgres';
import { copyFrom } from '../postgres/copy/copy-from.ts';
import { withLockTimeout } from '../postgres/locks/lock-timeout.ts';
import { placeBySku } from '../postgres/placement.ts';
import { STAGING_SCHEMA } from '../postgres/schemas.ts';

export interface Staging {
  importId: string;
  attempt: number;
}

/** What is staged of each row beside its line and its product. */
export interface StagedColumns {
  /** The attributes of the product (of a file whose other columns are kept). */
  withAttributes: boolean;
  /** The record as the file has it (of a file from whose fields it cannot be put together). */
  withRecord: boolean;
  /** Whether it is passed over (of a file that is a download of issues). */
  withSuperseded: boolean;
}

/** @returns the quoted name of the table that holds this partition's rows */
export function stagingTable({ importId, attempt }: Staging, partition: number): string {
  return `${STAGING_SCHEMA}."${importId}_${attempt}_${partition}"`;
}

/**
 * @returns the quoted name of the table that the superseded rows of a partition are moved to, each with `next_line` and with
 *   `place`: where it was in the staging table
 */
export function supersededTable({ importId, attempt }: Staging, partition: number): string {
  return `${STAGING_SCHEMA}."${importId}_${attempt}_${partition}_superseded"`;
}

/** @returns a subquery: the SKUs of all rows of a partition, superseded ones included */
export function stagedSkus(staging: Staging, partition: number): string {
  return `(SELECT sku FROM ${stagingTable(staging, partition)} UNION ALL SELECT sku FROM ${supersededTable(staging, partition)})`;
}

/** Of a table of products. Since Postgres 18, constraints that are not null have names: those that `products` has. */
export const PRODUCT_COLUMNS = `
      sku text COLLATE "C" CONSTRAINT products_sku_not_null NOT NULL,
      name text COLLATE "C" CONSTRAINT products_name_not_null NOT NULL,
      description text CONSTRAINT products_description_not_null NOT NULL`;

/**
 * Creates the tables of an attempt, empty; those of earlier ones are dropped.
 *
 * @param isFirstLoad whether the rows, of a single partition, are to become `products`
 */
export async function createStaging(
  sql: postgres.Sql,
  staging: Staging,
  partitions: number,
  { withAttributes, withRecord, withSuperseded }: StagedColumns,
  isFirstLoad = false,
): Promise<void> {
  const attributes = withAttributes ? ', attributes jsonb' : '';
  const record = withRecord ? ', record text NOT NULL' : '';
  const passedOver = withSuperseded ? ', passed_over boolean NOT NULL' : '';
  const create = `CREATE ${isFirstLoad ? '' : 'UNLOGGED'} TABLE`;
  const options = 'WITH (autovacuum_enabled = false)';
  const tables = Array.from({ length: partitions }, (_, partition) => ({
    staged: stagingTable(staging, partition),
    superseded: supersededTable(staging, partition),
  }));
  const statements = tables.map(
    ({ staged, superseded }) => `
    ${create} ${staged} (
      line bigint NOT NULL,
      may_repeat boolean NOT NULL,${PRODUCT_COLUMNS}${attributes}${record}${passedOver}
    ) ${options};
    ${create} ${superseded} (LIKE ${staged}, next_line bigint NOT NULL, place tid NOT NULL) ${options}`,
  );
  await dropStaging(sql, staging.importId);
  await withLockTimeout(sql, async (tx) => {
    await tx.unsafe(statements.join(';'));
    await placeBySku(
      tx,
      tables.flatMap(({ staged, superseded }) => [staged, superseded]),
    );
  });
}

/** Drops the tables of all attempts. */
export async function dropStaging(sql: postgres.Sql, importId: string): Promise<void> {
  const tables = await sql<{ name: string }[]>`
    SELECT tablename AS name FROM pg_tables
    WHERE schemaname = ${STAGING_SCHEMA} AND starts_with(tablename, ${`${importId}_`})`;
  if (tables.length === 0) return;
  const names = tables.map(({ name }) => `${STAGING_SCHEMA}."${name}"`);
  await withLockTimeout(sql, (tx) => tx.unsafe(`DROP TABLE IF EXISTS ${names.join(', ')}`));
}

/** @returns the ids of all imports that have staging tables */
export async function stagedImports(sql: postgres.Sql): Promise<string[]> {
  const found = await sql<{ id: string }[]>`
    SELECT DISTINCT split_part(tablename, '_', 1) AS id FROM pg_tables WHERE schemaname = ${STAGING_SCHEMA}`;
  return found.map(({ id }) => id);
}

/** @param data rows in COPY's binary format: line, may_repeat, sku, name, description, and the staged columns in their order */
export async function copyIntoStaging(
  sql: postgres.Sql,
  staging: Staging,
  partition: number,
  data: Uint8Array,
): Promise<void> {
  await copyFrom(sql, `COPY ${stagingTable(staging, partition)} FROM STDIN (FORMAT binary)`, chunksOf(data));
}

const CHUNK_BYTES = 256 * 1024;

function* chunksOf(data: Uint8Array): Iterable<Uint8Array> {
  for (let at = 0; at < data.length; at += CHUNK_BYTES) yield data.subarray(at, at + CHUNK_BYTES);
}
