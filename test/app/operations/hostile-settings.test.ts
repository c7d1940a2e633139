// Databases and roles with non-default settings: a partitioned import, an update, dates and counts give the usual
// results, and verification of the catalogue passes.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sampleChunks } from '../../../src/cli/sample/sample-rows.ts';
import { verifyCatalogue } from '../../../src/db/catalogue/verification/verify-catalogue.ts';
import { openDatabase } from '../../../src/db/postgres/connection/database.ts';
import { createTestDatabase } from '../../support/database/database.ts';
import { releaseAfter } from '../../support/release.ts';
import { expectNoErrors, importAndWait, query } from '../../support/server/graphql-client.ts';
import { startTestServer } from '../../support/server/server.ts';

const ROWS = 100_000;
const SAMPLE = Buffer.concat([...sampleChunks(ROWS, 1)].map(({ bytes }) => bytes));

test('settings of a role or a database do not change results', async (t) => {
  const { url: databaseUrl } = await createTestDatabase(t, { hostile: true, bare: true });
  const server = await startTestServer(t, { databaseUrl });
  const begun = Date.now();
  // A first load has a single partition.
  await importAndWait(server.url, 'name,sku,description\nAnn,a-1,x\n');
  const done = await importAndWait(server.url, SAMPLE);
  assert.deepEqual([done.status, done.rows.read], ['COMPLETED', ROWS]);
  const [parts] = await server.database.sql`SELECT count(*) AS parts FROM import_partitions`;
  assert.ok(Number(parts?.['parts']) > 2);
  const again = await importAndWait(server.url, SAMPLE);
  assert.equal(again.rows.unchanged, done.rows.inserted);

  const { products } = expectNoErrors(
    await query<{ products: { nodes: { sku: string; name: string; updatedAt: string }[] } }>(
      server.url,
      '{ products(first: 3) { nodes { sku name updatedAt } } }',
    ),
  );
  for (const { updatedAt } of products.nodes) {
    const at = Date.parse(updatedAt);
    assert.ok(at >= begun - 60_000 && at <= Date.now() + 60_000, updatedAt);
  }
  const [product] = products.nodes;
  const { updateProduct } = expectNoErrors(
    await query<{ updateProduct: { name: string; updatedAt: string } }>(
      server.url,
      'mutation ($sku: String!, $at: DateTime) { updateProduct(sku: $sku, input: { name: "Zoë \\\\ Ω" }, updatedAt: $at) { name updatedAt } }',
      { sku: product?.sku, at: product?.updatedAt },
    ),
  );
  assert.equal(updateProduct.name, 'Zoë \\ Ω');
  const { found } = expectNoErrors(
    await query<{ found: { totalCount: number } }>(
      server.url,
      '{ found: products(filter: { nameContains: "zoë \\\\ ω" }) { totalCount } }',
    ),
  );
  assert.equal(found.totalCount, 1);

  const database = openDatabase(databaseUrl, { max: 1, applicationName: 'test' });
  releaseAfter(t, () => database.close());
  const verified = await verifyCatalogue(database, () => {}, new AbortController().signal);
  assert.ok(verified.equal, JSON.stringify(verified));
  assert.equal(verified.products, 1 + done.rows.inserted);
});

test('the date format of a database does not matter', async (t) => {
  const { sql } = await createTestDatabase(t, { hostile: true });
  const fourthOfMarch = new Date('2026-03-04T05:06:07.089Z');
  await sql`INSERT INTO products VALUES ('a', 'A', '', ${fourthOfMarch})`;
  await sql`INSERT INTO products VALUES ('b', 'B', '', ${new Date('0099-12-31T23:59:59Z')})`;
  const dates = await sql`SELECT updated_at AS at, updated_at::date::text AS day FROM products ORDER BY sku`;
  assert.deepEqual(dates[0], { at: fourthOfMarch, day: '2026-03-04' });
  assert.equal(dates[1]?.['day'], '0099-12-31');
  const [values] = await sql`
    SELECT 0.1::float8 + 0.2::float8 AS sum, '\\x00ff'::bytea::text AS bytes, 'a\\b' AS text, '1 day'::interval::text AS span`;
  assert.deepEqual(
    { ...values },
    { sum: 0.30000000000000004, bytes: '\\x00ff', text: 'a\\b', span: '1 day' },
  );
});
