// Baseline A: what a Postgres expert would write for a file of any kind. COPY, MERGE, then the counts.
//
// It has no row counts, validation, list of superseded rows or HTTP, and one bad row fails the whole file.

import { openDatabase } from '../../src/db/postgres/connection/database.ts';
import { checkpoint } from '../catalogue/databases.ts';
import { checkCatalogue, type Expected } from '../catalogue/expected.ts';
import { type Parts, Stopwatch } from '../report/stopwatch.ts';
import { mergeDifferences } from './raw-sql-differences.ts';
import { EXPERT_SETTINGS, LAST_ROWS, stageFile } from './stage.ts';
import { COUNT_NAMES, EXPERT_TABLES } from './tables.ts';

export interface RawSqlTimes {
  first: Parts;
  /** Times of importing the same file again, into the resulting catalogue. */
  repeat: Parts;
  /** The same once more, with the script that writes only differences. */
  differences: Parts;
}

const MERGE = `
  MERGE INTO products AS old
  USING (${LAST_ROWS}) AS new
  ON old.sku = new.sku
  WHEN MATCHED AND (old.name, old.description) IS DISTINCT FROM (new.name, new.description)
    THEN UPDATE SET name = new.name, description = new.description, updated_at = now()
  WHEN NOT MATCHED THEN INSERT (sku, name, description) VALUES (new.sku, new.name, new.description)`;

/** Updates only counts that have changed. */
const RECOUNT_NAMES = `${COUNT_NAMES} WHERE product_name_counts.product_count <> excluded.product_count`;
const DELETE_UNUSED_NAMES = `
  DELETE FROM product_name_counts AS counts
  WHERE NOT EXISTS (SELECT FROM products WHERE products.name = counts.name)`;

export async function runRawSql(url: string, file: string, expected: Expected): Promise<RawSqlTimes> {
  const { sql, close } = openDatabase(url, { max: 1 });
  try {
    await sql.unsafe(EXPERT_SETTINGS);
    await sql.unsafe(EXPERT_TABLES);
    const load = async (counting: string[]) => {
      const watch = new Stopwatch();
      await stageFile(sql, file);
      watch.lap('copy');
      await sql.unsafe(MERGE);
      watch.lap('merge');
      for (const statement of counting) await sql.unsafe(statement);
      watch.lap('counts');
      await sql.unsafe('DROP TABLE stage');
      await checkCatalogue(sql, expected);
      return watch.parts();
    };
    const first = await load([COUNT_NAMES]);
    await checkpoint(sql);
    const repeat = await load([RECOUNT_NAMES, DELETE_UNUSED_NAMES]);
    await checkpoint(sql);
    const differences = await mergeDifferences(sql, file, { isLargeCatalogue: false });
    await checkCatalogue(sql, expected);
    return { first, repeat, differences };
  } finally {
    await close();
  }
}
