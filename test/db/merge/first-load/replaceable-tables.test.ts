// The catalogue's tables are not replaced if anything would be lost with them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isReplaceable } from '../../../../src/db/merge/first-load/replaceable-tables.ts';
import { needsOneNode } from '../../../support/database/cluster.ts';
import { createTestDatabase } from '../../../support/database/database.ts';
import { needsOwnership } from '../../../support/database/serving-role.ts';
import { needsEmbeddedPostgres } from '../../../support/database/template.ts';

const ADDITIONS = {
  'a product': `INSERT INTO products VALUES ('a', 'Ann', 'x')`,
  'a count': `INSERT INTO product_name_counts VALUES ('Ann', 1)`,
  'a grant': 'GRANT SELECT ON products TO public',
  'a grant on a column': 'GRANT SELECT (name) ON product_name_counts TO public',
  'a view': 'CREATE VIEW names AS SELECT name FROM products',
  'a materialized view': 'CREATE MATERIALIZED VIEW names AS SELECT name FROM product_name_counts',
  'a foreign key': 'CREATE TABLE prices (sku text COLLATE "C" REFERENCES products)',
  'a trigger': `CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
    CREATE TRIGGER nothing AFTER INSERT ON products EXECUTE FUNCTION nothing()`,
  'a rule': 'CREATE RULE nothing AS ON DELETE TO products DO INSTEAD NOTHING',
  'a comment': `COMMENT ON TABLE products IS 'ours'`,
  'a comment on a column': `COMMENT ON COLUMN products.name IS 'ours'`,
  'a policy': 'CREATE POLICY nothing ON products USING (true)',
  'row level security': 'ALTER TABLE products ENABLE ROW LEVEL SECURITY',
  'a publication': 'CREATE PUBLICATION changes FOR TABLE products',
  'extended statistics': 'CREATE STATISTICS of_products ON sku, name FROM products',
  'a statistics target': 'ALTER TABLE products ALTER name SET STATISTICS 1000',
  'an option of a column': 'ALTER TABLE products ALTER name SET (n_distinct = 100)',
  'a column': 'ALTER TABLE products ADD price numeric',
  'another type': 'ALTER TABLE product_name_counts ALTER product_count TYPE integer',
  'another collation': 'ALTER TABLE products ALTER name TYPE text COLLATE "default"',
  'an index': 'CREATE INDEX ON products (updated_at)',
  'a constraint': `ALTER TABLE products ADD CHECK (name <> '')`,
  'a storage option': 'ALTER TABLE products SET (fillfactor = 50)',
  'a replica identity': 'ALTER TABLE products REPLICA IDENTITY FULL',
  'a child table': 'CREATE TABLE more () INHERITS (products)',
  'a function of its row type': `CREATE FUNCTION label(products) RETURNS text LANGUAGE sql AS 'SELECT $1.name'`,
  'a function of its rows': `CREATE FUNCTION first_name() RETURNS text LANGUAGE sql
    BEGIN ATOMIC SELECT name FROM products LIMIT 1; END`,
  'another owner': 'CREATE ROLE other_owner; ALTER TABLE products OWNER TO other_owner',
};

test('as the migrations made them, the tables may be replaced', {
  skip: needsOwnership(),
}, async (t) => {
  const { sql } = await createTestDatabase(t, { hostile: false });
  assert.equal(await isReplaceable(sql), true);
  await sql.unsafe('DROP INDEX products_name');
  assert.equal(await isReplaceable(sql), true);
});

test('what Postgres itself notes with a column is not lost', {
  skip: needsOwnership() || needsEmbeddedPostgres(),
}, async (t) => {
  const { sql } = await createTestDatabase(t, { max: 1, hostile: false });
  await sql`SET allow_system_table_mods = on`;
  // As Postgres 15.20 does.
  await sql`
    UPDATE pg_attribute SET attoptions = '{pg_attver=209506456}'
    WHERE attrelid IN ('products'::regclass, 'product_name_counts'::regclass) AND attnum > 0`;
  assert.equal(await isReplaceable(sql), true);
});

test('with anything that would be lost, they are not replaced', {
  skip: needsOwnership() || needsOneNode(),
}, async (t) => {
  const { sql } = await createTestDatabase(t, { max: 1, hostile: false });
  for (const [addition, statements] of Object.entries(ADDITIONS)) {
    await sql.unsafe('BEGIN');
    await sql.unsafe(statements);
    assert.equal(await isReplaceable(sql), false, addition);
    await sql.unsafe('ROLLBACK');
  }
  assert.equal(await isReplaceable(sql), true);
});
