// What a Postgres expert would write if the catalogue is known to be empty: new tables are filled before they get their keys.

import { openDatabase } from '../../src/db/postgres/connection/database.ts';
import { checkCatalogue, type Expected } from '../catalogue/expected.ts';
import { type Parts, Stopwatch } from '../report/stopwatch.ts';
import { EXPERT_SETTINGS, LAST_ROWS, stageFile } from './stage.ts';

const CREATE_PRODUCTS = `
  CREATE TABLE products AS SELECT sku, name, description, now() AS updated_at FROM (${LAST_ROWS}) AS rows`;
const ADD_KEY = `
  ALTER TABLE products
    ADD PRIMARY KEY (sku), ALTER name SET NOT NULL, ALTER description SET NOT NULL,
    ALTER updated_at SET NOT NULL, ALTER updated_at SET DEFAULT now()`;
const CREATE_COUNTS = `
  CREATE TABLE product_name_counts AS SELECT name, count(*) AS product_count FROM products GROUP BY name`;
const ADD_COUNTS_KEY = `
  ALTER TABLE product_name_counts ADD PRIMARY KEY (name), ALTER product_count SET NOT NULL`;

export async function runRawSqlNewTables(url: string, file: string, expected: Expected): Promise<Parts> {
  const { sql, close } = openDatabase(url, { max: 1 });
  try {
    await sql.unsafe(EXPERT_SETTINGS);
    const watch = new Stopwatch();
    await stageFile(sql, file);
    watch.lap('copy');
    await sql.begin(async (tx) => {
      await tx.unsafe(CREATE_PRODUCTS);
      watch.lap('products');
      await tx.unsafe(ADD_KEY);
      watch.lap('key');
      await tx.unsafe(CREATE_COUNTS);
      await tx.unsafe(ADD_COUNTS_KEY);
      watch.lap('counts');
    });
    watch.lap('commit');
    await checkCatalogue(sql, expected);
    return watch.parts();
  } finally {
    await close();
  }
}
