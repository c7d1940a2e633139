import assert from 'node:assert/strict';
import { test } from 'node:test';
import { products } from '../../../../src/db/tables.ts';
import { createTestDatabase } from '../../../support/database/database.ts';

test('a bigint is returned as a number', async (t) => {
  const { sql } = await createTestDatabase(t);
  const [row] = await sql`select 9007199254740991::bigint as largest, ${42}::bigint + 1 as next`;
  assert.deepEqual({ ...row }, { largest: Number.MAX_SAFE_INTEGER, next: 43 });
});

test('an unsafe bigint fails its query, and the connection stays usable', async (t) => {
  const { sql } = await createTestDatabase(t);
  await assert.rejects(sql`select 9007199254740993::bigint`, RangeError);
  assert.deepEqual([...(await sql`select 1 as one`)], [{ one: 1 }]);
});

test('timestamps are read and written as Date objects, in SQL and in Drizzle', async (t) => {
  const { sql, orm } = await createTestDatabase(t);
  const updatedAt = new Date('2024-02-29T12:34:56.789Z');
  await orm.insert(products).values({ sku: 'a', name: 'A', description: '', updatedAt });
  await sql`insert into products values ('b', 'B', '', ${updatedAt})`;

  const instants = [updatedAt, updatedAt];
  assert.deepEqual(
    (await sql`select updated_at from products`).map((row) => row['updated_at']),
    instants,
  );
  assert.deepEqual(
    (await orm.select().from(products)).map((row) => row.updatedAt),
    instants,
  );
});

test('a text array is returned as an array', async (t) => {
  const { sql } = await createTestDatabase(t);
  const value = ['plain', 'with "quotes", commas', ''];
  assert.deepEqual([...(await sql`select ${value}::text[] as value`)], [{ value }]);
});

test('JSON has the keys that are stored, though V8 may take one that ends with a quote for another', async (t) => {
  const { sql, orm } = await createTestDatabase(t);
  const attributes = [
    { Brand: 'a', 'Size 15\\': '1' },
    { Brand: 'a', 'Size 15"': '2' },
  ];
  for (const [index, values] of attributes.entries())
    await orm.insert(products).values({ sku: `${index}`, name: 'A', description: '', attributes: values });
  const stored = await sql`select attributes from products order by sku`;
  assert.deepEqual(
    [...stored],
    attributes.map((values) => ({ attributes: values })),
  );
  assert.deepEqual(
    (await orm.select().from(products).orderBy(products.sku)).map((row) => row.attributes),
    attributes,
  );
});
