// Imports that are staged and merged without a server, file or lanes.

import { randomUUID } from 'node:crypto';
import { createStaging, stagingTable } from '../../../src/db/imports/staging.ts';
import type { PartitionLedger } from '../../../src/db/merge/partitions/partition-ledger.ts';
import type { Database } from '../../../src/db/postgres/connection/database.ts';
import { type MergeControl, type MergeTask, mergeStaged } from '../../../src/ingest/merge/merge-staged.ts';
import { previewStaged, type StagedPreview } from '../../../src/ingest/merge/preview-staged.ts';

export type StagedRow = readonly [
  line: number,
  sku: string,
  name: string,
  description: string,
  attributes?: Record<string, string>,
];

const NEVER = new AbortController().signal;
/**
 * A file keeps the columns that its rows have attributes for.
 *
 * @param isFirstLoad whether the staged rows are to become the catalogue; then there is only one partition
 * @param withRecord whether they are staged with their records, as of a file with other columns
 */
export async function stage(
  database: Database,
  rows: readonly StagedRow[],
  isFirstLoad: boolean,
  partitions = 1,
  withRecord = false,
): Promise<MergeTask> {
  const staging = { importId: randomUUID(), attempt: 1 };
  const { sql } = database;
  const keptColumns = [...new Set(rows.flatMap(([, , , , attributes]) => Object.keys(attributes ?? {})))];
  const columns = { withAttributes: keptColumns.length > 0, withRecord, withSuperseded: false };
  await createStaging(sql, staging, partitions, columns, isFirstLoad);
  const seen = new Set<string>();
  const marked = rows.map(([line, sku, name, description, attributes]) => {
    const mayRepeat = seen.has(sku);
    seen.add(sku);
    return [line, mayRepeat, sku, name, description, attributes] as const;
  });
  for (let partition = 0; partition < partitions; partition++) {
    const part = marked.filter(
      ([, , sku]) => Buffer.from(sku).reduce((sum, byte) => sum + byte, 0) % partitions === partition,
    );
    await sql`
      INSERT INTO ${sql.unsafe(stagingTable(staging, partition))}
      SELECT (row->>0)::bigint, (row->>1)::boolean, row->>2, row->>3, row->>4
        ${columns.withAttributes ? sql`, row->5` : sql``}
        ${withRecord ? sql`, 'record of ' || (row->>0)` : sql``}
      FROM jsonb_array_elements(${JSON.stringify(part)}::text::jsonb) AS rows (row)`;
    await sql`
      INSERT INTO import_partitions (import_id, partition, staged)
      VALUES (${staging.importId}, ${partition}, ${part.length})`;
  }
  return {
    ...staging,
    ...columns,
    importNumber: 1,
    columns: [
      ...(['sku', 'name', 'description'] as const).map((field) => ({ field })),
      ...keptColumns.map((attribute) => ({ attribute })),
    ],
    keptColumns,
    winner: 'LAST',
    delimiter: ',',
    quoting: 'STANDARD',
    sourceId: null,
    issueLimit: undefined,
    partitions: Array.from({ length: partitions }, (_, partition) => partition),
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

/** What the merge of a task would do. */
export async function preview(database: Database, task: MergeTask): Promise<StagedPreview> {
  const staged = await database.sql<{ staged: number }[]>`
    SELECT staged FROM import_partitions WHERE import_id = ${task.importId} ORDER BY partition`;
  return previewStaged(database, { ...task, staged: staged.map((each) => each.staged) }, NEVER);
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
