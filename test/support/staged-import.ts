// Imports that are staged and merged without a server, file or lanes.

import { randomUUID } from 'node:crypto';
import { createStaging, stagingTable } from '../../src/db/imports/staging.ts';
import type { PartitionLedger } from '../../src/db/merge/partition-ledger.ts';
import type { Database } from '../../src/db/postgres/connection/database.ts';
import { type MergeControl, type MergeTask, mergeStaged } from '../../src/ingest/merge/merge-staged.ts';

export type StagedRow = readonly [line: number, sku: string, name: string, description: string];

const NEVER = new AbortController().signal;
const PLAIN = { withAttributes: false, withRecord: false, withSuperseded: false };

/** @param isFirstLoad whether the staging table is to become the catalogue */
export async function stage(
  database: Database,
  rows: readonly StagedRow[],
  isFirstLoad: boolean,
): Promise<MergeTask> {
  const staging = { importId: randomUUID(), attempt: 1 };
  const { sql } = database;
  await createStaging(sql, staging, 1, PLAIN, isFirstLoad);
  await sql`
    INSERT INTO ${sql.unsafe(stagingTable(staging, 0))}
    SELECT (row->>0)::bigint, row->>1, row->>2, row->>3
    FROM jsonb_array_elements(${JSON.stringify(rows)}::text::jsonb) AS rows (row)`;
  await sql`INSERT INTO import_partitions (import_id, partition, staged) VALUES (${staging.importId}, 0, ${rows.length})`;
  return {
    ...staging,
    ...PLAIN,
    importNumber: 1,
    columns: [{ field: 'sku' }, { field: 'name' }, { field: 'description' }],
    keptColumns: [],
    winner: 'LAST',
    delimiter: ',',
    quoting: 'STANDARD',
    sourceId: null,
    partitions: [0],
    rows: rows.length,
    lanes: 2,
  };
}

/** @returns the ledger of each partition */
export async function merge(database: Database, task: MergeTask): Promise<PartitionLedger[]> {
  const merged = new Map<number, PartitionLedger>();
  const control: MergeControl = {
    signal: NEVER,
    drain: NEVER,
    onTurn: () => {},
    onShare: () => {},
    onMerged: (partition, ledger) => merged.set(partition, ledger),
    onDeleted: () => {},
  };
  await mergeStaged(database, task, control);
  return [...merged.values()];
}

/** What an import leaves behind. */
export async function stateOf({ sql }: Database, importId: string) {
  const [ledger] = await sql`
    SELECT staged, inserted, updated, unchanged, superseded, merged_at IS NOT NULL AS merged
    FROM import_partitions WHERE import_id = ${importId}`;
  return {
    ledger,
    products: [...(await sql`SELECT sku, name, description FROM products ORDER BY sku`)],
    counts: [...(await sql`SELECT * FROM product_name_counts ORDER BY name`)],
    issues: [
      ...(await sql`
        SELECT line, kind, code, winning_line, record FROM import_row_issues
        WHERE import_id = ${importId} ORDER BY line`),
    ],
    claims: [...(await sql`SELECT sku, source_id FROM source_products ORDER BY sku`)],
  };
}
