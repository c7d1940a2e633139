// Baseline B: what most developers would write. csv-parse streams records, Drizzle upserts 5,000 at a time.

import { createReadStream } from 'node:fs';
import { parse } from 'csv-parse';
import { sql as raw } from 'drizzle-orm';
import { pgTable, text, timestamp } from 'drizzle-orm/pg-core';
import { type Database, openDatabase } from '../../src/db/postgres/connection/database.ts';
import { checkCatalogue, type Expected } from '../catalogue/expected.ts';
import { type Parts, Stopwatch } from '../report/stopwatch.ts';
import { COUNT_NAMES, EXPERT_TABLES } from './tables.ts';

interface Row {
  name: string;
  sku: string;
  description: string;
}

const BATCH_ROWS = 5000;

/** That of the baselines: see tables.ts. */
const products = pgTable('products', {
  sku: text('sku').primaryKey(),
  name: text('name').notNull(),
  description: text('description').notNull(),
  updatedAt: timestamp('updated_at', { withTimezone: true }).notNull().defaultNow(),
});

export async function runDrizzle(url: string, file: string, expected: Expected): Promise<Parts> {
  const database = openDatabase(url, { max: 1 });
  try {
    await database.sql.unsafe(EXPERT_TABLES);
    const watch = new Stopwatch();
    await upsertRows(database, file);
    watch.lap('upsert');
    await database.sql.unsafe(COUNT_NAMES);
    watch.lap('counts');
    const parts = watch.parts();
    await checkCatalogue(database.sql, expected);
    return parts;
  } finally {
    await database.close();
  }
}

async function upsertRows(database: Database, file: string): Promise<void> {
  // An upsert must not affect a row twice, so only the last row of each SKU in a batch is kept.
  const batch = new Map<string, Row>();
  const upsert = async () => {
    const rows = [...batch.values()];
    batch.clear();
    if (rows.length === 0) return;
    await database.orm
      .insert(products)
      .values(rows)
      .onConflictDoUpdate({
        target: products.sku,
        set: { name: raw`excluded.name`, description: raw`excluded.description`, updatedAt: raw`now()` },
      });
  };
  const records = createReadStream(file).pipe(parse({ columns: true })) as AsyncIterable<Row>;
  let read = 0;
  for await (const row of records) {
    batch.set(row.sku, row);
    if (++read % BATCH_ROWS === 0) await upsert();
  }
  await upsert();
}
