// How each SQL script begins: the file is passed to COPY unchanged.

import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type postgres from 'postgres';

const COPY_CHUNK_BYTES = 256 * 1024;

const CREATE_STAGE = `
  CREATE UNLOGGED TABLE stage (
    line bigint GENERATED ALWAYS AS IDENTITY (CACHE 1000),
    name text COLLATE "C", sku text COLLATE "C", description text
  ) WITH (autovacuum_enabled = false)`;

const COPY = 'COPY stage (name, sku, description) FROM STDIN (FORMAT csv, HEADER)';

/** For a bulk load on a solid-state disk, whatever the server is set to. */
export const EXPERT_SETTINGS = `
  SET work_mem = '256MB'; SET maintenance_work_mem = '512MB'; SET random_page_cost = 1.1; SET jit = off`;

/** The last row of each SKU. */
export const LAST_ROWS = 'SELECT DISTINCT ON (sku) sku, name, description FROM stage ORDER BY sku, line DESC';

/** Loads the file into the table `stage`. */
export async function stageFile(sql: postgres.ISql, file: string): Promise<void> {
  await sql.unsafe(CREATE_STAGE);
  await pipeline(
    createReadStream(file, { highWaterMark: COPY_CHUNK_BYTES }),
    await sql.unsafe(COPY).writable(),
  );
}
