// Baseline A: what a Postgres expert would write. The file is passed to COPY unchanged; the rest is SQL.
//
// It has no row counts, validation, list of superseded rows or HTTP, and one bad row fails the whole file.

import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { openDatabase } from '../src/db/postgres/connection/database.ts';
import { COUNT_NAMES, EXPERT_TABLES } from './baseline-tables.ts';
import { checkCatalogue, type Expected } from './expected.ts';
import { type Parts, Stopwatch } from './stopwatch.ts';

export interface RawSqlTimes {
  first: Parts;
  /** Times of importing the same file again, into the resulting catalogue. */
  repeat: Parts;
}

const COPY_CHUNK_BYTES = 256 * 1024;

const CREATE_STAGE = `
  CREATE UNLOGGED TABLE stage (
    line bigint GENERATED ALWAYS AS IDENTITY (CACHE 1000),
    name text, sku text COLLATE "C", description text
  ) WITH (autovacuum_enabled = false)`;

const COPY = 'COPY stage (name, sku, description) FROM STDIN (FORMAT csv, HEADER)';

const MERGE = `
  MERGE INTO products AS old
  USING (SELECT DISTINCT ON (sku) sku, name, description FROM stage ORDER BY sku, line DESC) AS new
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
    await sql.unsafe(`SET work_mem = '256MB'`);
    await sql.unsafe(EXPERT_TABLES);
    const load = async (counting: string[]) => {
      const watch = new Stopwatch();
      await sql.unsafe(CREATE_STAGE);
      await pipeline(
        createReadStream(file, { highWaterMark: COPY_CHUNK_BYTES }),
        await sql.unsafe(COPY).writable(),
      );
      watch.lap('copy');
      await sql.unsafe(MERGE);
      watch.lap('merge');
      for (const statement of counting) await sql.unsafe(statement);
      watch.lap('counts');
      const parts = watch.parts();
      await sql.unsafe('DROP TABLE stage');
      await checkCatalogue(sql, expected);
      return parts;
    };
    const first = await load([COUNT_NAMES]);
    await sql.unsafe('CHECKPOINT');
    const repeat = await load([RECOUNT_NAMES, DELETE_UNUSED_NAMES]);
    return { first, repeat };
  } finally {
    await close();
  }
}
