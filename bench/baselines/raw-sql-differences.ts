// What a Postgres expert would write for a file that changes a part of a large catalogue: COPY, a table of the differences,
// and then only these are written. The counts change by the differences alone.
//
// The table of products is locked against other writers for as long as that takes, which keeps the counts exact. There is no
// validation, no list of superseded rows, no ledger and no HTTP, and one bad row fails the whole file.

import type postgres from 'postgres';
import { openDatabase } from '../../src/db/postgres/connection/database.ts';
import { checkCatalogue, type Expected } from '../catalogue/expected.ts';
import { type Parts, Stopwatch } from '../report/stopwatch.ts';
import { EXPERT_SETTINGS, LAST_ROWS, stageFile } from './stage.ts';

/** Where the old product is, so that it need not be looked up again. */
const FIND_DIFFERENCES = `
  CREATE TEMPORARY TABLE difference ON COMMIT DROP AS
  SELECT new.sku, new.name, new.description, old.name AS old_name, old.ctid AS old_row
  FROM (${LAST_ROWS}) AS new
  LEFT JOIN products AS old ON old.sku = new.sku
  WHERE old.sku IS NULL OR (old.name, old.description) IS DISTINCT FROM (new.name, new.description)`;

/** Products are looked up by their key: in a catalogue ten times the size of the file, joins by hash take half as long again. */
const LOOK_UP = 'SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off';
const LEAVE_TO_PLANNER = 'SET LOCAL enable_hashjoin = on; SET LOCAL enable_mergejoin = on';

/** In the order of the table, so that each of its pages is visited once. */
const UPDATE = `
  UPDATE products AS old SET name = new.name, description = new.description, updated_at = now()
  FROM (SELECT * FROM difference WHERE old_row IS NOT NULL ORDER BY old_row) AS new
  WHERE old.ctid = new.old_row`;

const INSERT = `
  INSERT INTO products (sku, name, description)
  SELECT sku, name, description FROM difference WHERE old_row IS NULL ORDER BY sku`;

const CHANGE_COUNTS = `
  MERGE INTO product_name_counts AS counts
  USING (
    SELECT name, sum(change) AS change
    FROM (
      SELECT name, 1 AS change FROM difference WHERE name IS DISTINCT FROM old_name
      UNION ALL
      SELECT old_name, -1 FROM difference WHERE old_name <> name
    ) AS changes
    GROUP BY name HAVING sum(change) <> 0 ORDER BY name
  ) AS changed
  ON counts.name = changed.name
  WHEN MATCHED AND counts.product_count + changed.change = 0 THEN DELETE
  WHEN MATCHED THEN UPDATE SET product_count = counts.product_count + changed.change
  WHEN NOT MATCHED THEN INSERT (name, product_count) VALUES (changed.name, changed.change)`;

export async function runRawSqlDifferences(
  url: string,
  file: string,
  expected: Pick<Expected, 'products' | 'names' | 'checksum'>,
): Promise<Parts> {
  const { sql, close } = openDatabase(url, { max: 1 });
  try {
    await sql.unsafe(EXPERT_SETTINGS);
    const parts = await mergeDifferences(sql, file, { isLargeCatalogue: true });
    await checkCatalogue(sql, expected);
    return parts;
  } finally {
    await close();
  }
}

/** @param options.isLargeCatalogue whether the catalogue has several times as many rows as the file */
export async function mergeDifferences(
  sql: postgres.Sql,
  file: string,
  { isLargeCatalogue }: { isLargeCatalogue: boolean },
): Promise<Parts> {
  const watch = new Stopwatch();
  await stageFile(sql, file);
  await sql.unsafe('ANALYZE stage');
  watch.lap('copy');
  await sql.begin(async (tx) => {
    await tx.unsafe('LOCK TABLE products IN SHARE ROW EXCLUSIVE MODE');
    if (isLargeCatalogue) await tx.unsafe(LOOK_UP);
    await tx.unsafe(FIND_DIFFERENCES);
    await tx.unsafe(LEAVE_TO_PLANNER);
    await tx.unsafe('ANALYZE difference');
    watch.lap('compare');
    await tx.unsafe(UPDATE);
    watch.lap('update');
    await tx.unsafe(INSERT);
    watch.lap('insert');
    await tx.unsafe(CHANGE_COUNTS);
    watch.lap('counts');
  });
  watch.lap('commit');
  await sql.unsafe('DROP TABLE stage');
  return watch.parts();
}
