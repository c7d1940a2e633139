// Files of changes to a large catalogue, in random order, derived from the baseline's catalogue with SQL. What each import
// must result in is computed independently of the imports.

import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { stringify } from 'csv-stringify';
import type postgres from 'postgres';
import type { Ledger } from '../../src/cli/client/loadstone-client.ts';
import { formatCount } from '../../src/cli/output/format.ts';
import { openDatabase } from '../../src/db/postgres/connection/database.ts';
import type { Catalogues } from './catalogues.ts';
import { NO_ROWS } from './catalogues.ts';
import type { Databases } from './databases.ts';
import { CHECKSUM, type Expected } from './expected.ts';
import { once } from './once.ts';

export interface ChangeFile {
  path: string;
  ledger: Ledger;
  /** The catalogue afterwards. */
  expected: Omit<Expected, 'read'>;
}

/** Rows of a file by what they are to the catalogue. */
interface Mix {
  added: number;
  changed: number;
  unchanged: number;
}

export class ChangeFiles {
  /** Half of the rows are new products, and half change a product. */
  readonly half: () => Promise<ChangeFile>;
  /** One row of 500 changes a product; the others change nothing. */
  readonly few: () => Promise<ChangeFile>;
  /** New products alone. */
  readonly added: () => Promise<ChangeFile>;

  /**
   * @param rows of each file
   * @param catalogueRows of the file from which the catalogue was made, of which the changes are derived
   */
  constructor(options: {
    folder: string;
    databases: Databases;
    catalogues: Catalogues;
    rows: number;
    catalogueRows: number;
    log: (line: string) => void;
  }) {
    const { folder, databases, catalogues, rows, catalogueRows, log } = options;
    const file = (name: string, mix: Mix) =>
      once(async () => {
        const template = await catalogues.expert(catalogueRows);
        log(`writing ${name}.csv, ${formatCount(rows)} rows`);
        return writeChanges(databases.urlOf(template), join(folder, `${name}.csv`), mix);
      });
    const [half, few] = [Math.floor(rows / 2), Math.ceil(rows / 500)];
    this.half = file('half', { added: rows - half, changed: half, unchanged: 0 });
    this.few = file('few', { added: 0, changed: few, unchanged: rows - few });
    this.added = file('added', { added: rows, changed: 0, unchanged: 0 });
  }
}

/**
 * A changed product has another description, and every second one the name of another product. No SKU of the sample has a
 * slash.
 */
const CHANGES = (rows: number, { added, changed }: Mix) => `
  CREATE TEMPORARY TABLE change AS
  WITH picked AS (
    SELECT row_number() OVER () AS number, product.*
    FROM (SELECT sku, name, description FROM products ORDER BY hashtextextended(sku, 1) LIMIT ${rows}) AS product
  )
  SELECT
    CASE WHEN number <= ${added} THEN sku || '/new' ELSE sku END AS sku,
    CASE WHEN number > ${added} AND number <= ${added + changed} AND number % 2 = 0
      THEN lag(name) OVER (ORDER BY number) ELSE name END AS name,
    CASE WHEN number > ${added} AND number <= ${added + changed}
      THEN description || ' Revised.' ELSE description END AS description
  FROM picked`;

const READ_CHANGES = 'SELECT name, sku, description FROM change ORDER BY hashtextextended(sku, 2)';
const READ_ROWS = 10_000;

const EXPECTED = `
  WITH result AS MATERIALIZED (
    SELECT sku, name, description FROM change
    UNION ALL
    SELECT sku, name, description FROM products WHERE NOT EXISTS (SELECT FROM change WHERE change.sku = products.sku)
  )
  SELECT count(*) AS products, ${CHECKSUM} AS checksum, (SELECT count(DISTINCT name) FROM result) AS names
  FROM result`;

async function writeChanges(url: string, path: string, mix: Mix): Promise<ChangeFile> {
  const rows = mix.added + mix.changed + mix.unchanged;
  const { sql, close } = openDatabase(url, { max: 1 });
  try {
    await sql.unsafe(`SET work_mem = '256MB'`);
    await sql.unsafe(CHANGES(rows, mix));
    await sql.unsafe('ANALYZE change');
    await pipeline(readChanges(sql), stringify(), createWriteStream(path));
    return { path, ledger: ledgerOf(rows, mix), expected: await resultOf(sql) };
  } finally {
    await close();
  }
}

async function* readChanges(sql: postgres.Sql): AsyncGenerator<string[]> {
  yield ['name', 'sku', 'description'];
  for await (const rows of sql.unsafe(READ_CHANGES).cursor(READ_ROWS)) {
    for (const { name, sku, description } of rows) yield [name, sku, description];
  }
}

function ledgerOf(read: number, { added, changed, unchanged }: Mix): Ledger {
  return { ...NO_ROWS, read, inserted: added, updated: changed, unchanged };
}

async function resultOf(sql: postgres.Sql): Promise<Omit<Expected, 'read'>> {
  const [result] = await sql.unsafe<Omit<Expected, 'read'>[]>(EXPECTED);
  if (!result) throw new Error('the database gave no answer');
  return { ...result };
}
