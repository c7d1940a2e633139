// A session that merges, and its work tables.

import { randomUUID } from 'node:crypto';
import type postgres from 'postgres';
import type { Database } from '../../postgres/connection/database.ts';
import { Session } from '../../postgres/connection/session.ts';
import { isPlaced, placeByName, placeBySku } from '../../postgres/placement.ts';
import { STAGING_SCHEMA } from '../../postgres/schemas.ts';

/** The names of tables. */
export interface WorkTables {
  /** What a partition changes: each row is what becomes of a product. */
  changes: string;
  /** By how much counts of names change: a transaction may have several rows for a name. */
  moves: string;
  /** By how much each count changes. */
  sums: string;
  /** Claimed products that their source no longer has. */
  gone: string;
}

type Work = keyof WorkTables;

const COLUMNS: Record<Work, string> = {
  changes: `
    outcome text, sku text COLLATE "C", name text COLLATE "C", description text,
    old_name text COLLATE "C", old_description text, old_updated_at timestamptz, old_changed_by integer,
    old_attributes jsonb, attributes jsonb, updated_at timestamptz, changed_by integer`,
  moves: 'name text COLLATE "C", change bigint',
  sums: 'name text COLLATE "C", change bigint',
  gone: 'sku text COLLATE "C", removable boolean NOT NULL',
};

/** Not in a transaction that writes the table: on several nodes, it would wait for itself. */
export async function emptyWorkTable(sql: postgres.Sql, table: string): Promise<void> {
  await sql.unsafe(`TRUNCATE ${table}`);
}

export async function openMergeSession(database: Database): Promise<Session> {
  return Session.open(database, 'merge', `SET work_mem = '128MB'; SET temp_buffers = '64MB'`);
}

/**
 * Creates those that the session needs. They are temporary; where the catalogue is spread over nodes, they are beside the rows
 * that they are joined with, and dropped with the staging of the import.
 */
export async function createWorkTables<Needed extends Work>(
  { sql }: Session,
  importId: string,
  needed: readonly Needed[],
): Promise<Pick<WorkTables, Needed>> {
  const placed = await isPlaced(sql);
  const id = randomUUID().slice(0, 8);
  const nameOf = (work: Work) =>
    placed ? `${STAGING_SCHEMA}."${importId}_${work}_${id}"` : `pg_temp.merge_${work}`;
  const names = Object.fromEntries(needed.map((work) => [work, nameOf(work)]));
  await sql.begin(async (tx) => {
    for (const work of needed) {
      const table = nameOf(work);
      const isByName = work === 'moves' || work === 'sums';
      const emptied = isByName && !placed ? 'ON COMMIT DELETE ROWS' : '';
      await tx.unsafe(`CREATE ${placed ? 'UNLOGGED' : 'TEMP'} TABLE ${table} (${COLUMNS[work]}) ${emptied}`);
      if (!isByName) await tx.unsafe(`CREATE INDEX ON ${table} (sku)`);
      await (isByName ? placeByName(tx, table) : placeBySku(tx, [table]));
    }
  });
  return names as Pick<WorkTables, Needed>;
}
