// Checks the content of a server's database without the server, and that imports leave nothing behind.

import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Session } from '../../../src/db/postgres/connection/session.ts';
import { inCut } from '../../../src/db/postgres/cut.ts';
import type { TestServer } from '../server/server.ts';
import { waitUntil } from '../wait-until.ts';
import type { CatalogueModel } from './catalogue-model.ts';

/** The database takes a moment to notice that a connection has been closed. */
const CLOSED_WITHIN_MS = 2_000;

/** Fails unless products and name counts are exactly those of the model. */
export async function expectCatalogue({ database }: TestServer, model: CatalogueModel): Promise<void> {
  const products = await database.sql`SELECT sku, name, description FROM products ORDER BY sku`;
  const wanted = [...model.products].map(([sku, product]) => ({ sku, ...product }));
  wanted.sort((a, b) => Buffer.compare(Buffer.from(a.sku), Buffer.from(b.sku)));
  assert.deepEqual([...products], wanted);
  const counts = await database.sql`SELECT name, product_count FROM product_name_counts ORDER BY name`;
  assert.deepEqual([...counts], model.counts());
}

/** Fails unless the counts match the products, whatever these are. */
export async function expectExactCounts({ database }: Pick<TestServer, 'database'>): Promise<void> {
  const session = await Session.open(database, 'test', '');
  try {
    const wrong = await inCut(
      session.sql,
      (tx) => tx`
        SELECT * FROM (SELECT name, count(*) AS counted FROM products GROUP BY name) products
        FULL JOIN product_name_counts USING (name)
        WHERE counted IS DISTINCT FROM product_count`,
    );
    assert.deepEqual([...wrong], []);
  } finally {
    await session.close();
  }
}

/** Fails if an import left a table, a file or a connection behind. */
export async function expectNothingLeft({ database, settings }: TestServer): Promise<void> {
  const tables = await database.sql`SELECT tablename FROM pg_tables WHERE schemaname = 'loadstone_staging'`;
  assert.deepEqual([...tables], [], 'staging tables were left');
  const spool = await readdir(join(settings.dataDir, 'spool')).catch(() => []);
  assert.deepEqual(spool, [], 'files were left in the spool');
  await waitUntil(
    'its connections are closed',
    async () => {
      const connections = await database.sql`
      SELECT FROM pg_stat_activity WHERE datname = current_database()
        AND application_name ~ '^loadstone (lane|preview|merge|merge turn) @'`;
      return connections.length === 0;
    },
    CLOSED_WITHIN_MS,
  );
}

/** @returns the identity of the table of products, which a first load replaces */
export async function productsTable({ database }: Pick<TestServer, 'database'>): Promise<number> {
  const [found] = await database.sql<[{ oid: number }]>`SELECT 'products'::regclass::oid AS oid`;
  return found.oid;
}
