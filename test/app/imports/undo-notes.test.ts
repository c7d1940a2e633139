// Where an undo of a first load notes what it removes: in a table of its own, which replaces product_changes if that is empty.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProductStore } from '../../../src/db/catalogue/products/product-store.ts';
import { NotReplaceableError } from '../../../src/db/merge/first-load/first-load-tables.ts';
import { noteAllAnew, replaceChanges } from '../../../src/db/merge/undo/new-changes.ts';
import { needsOwnership } from '../../support/database/serving-role.ts';
import { expectExactCounts, expectNothingLeft } from '../../support/imports/catalogue.ts';
import { holdLock } from '../../support/imports/hold-lock.ts';
import { importEnds } from '../../support/imports/import-state.ts';
import { expectNoErrors, importAndWait, query } from '../../support/server/graphql-client.ts';
import { ONE_LANE, startTestServer, type TestServer } from '../../support/server/server.ts';

const FILE = 'sku,name,description\na,Ann,1\nb,Bob,1\nc,Ann,1\n';

test('the table that replaces an empty one is as the migrations made that, and later changes come after its rows', {
  skip: needsOwnership(),
}, async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const made = await tableOf(server);
  const { id } = await importAndWait(server.url, FILE);
  await undo(server, id);
  const replaced = await tableOf(server);
  assert.notEqual(replaced.oid, made.oid);
  assert.deepEqual({ ...replaced, oid: 0 }, { ...made, oid: 0 });
  assert.deepEqual(await notes(server), ['a DELETED Ann 1', 'b DELETED Bob 1', 'c DELETED Ann 1']);

  // It has rows now: the next undo adds some.
  const again = await importAndWait(server.url, FILE);
  await undo(server, again.id);
  assert.equal((await tableOf(server)).oid, replaced.oid);
  await new ProductStore(server.database).create({ sku: 'a', name: 'Al', description: '2' });
  assert.deepEqual((await notes(server)).slice(0, 3), ['a DELETED Ann 1', 'a DELETED Ann 1', 'a INSERTED  ']);
  await expectNothingLeft(server);
});

test('what others hold or have added to the table keeps it from being replaced, not from being added to', {
  skip: needsOwnership(),
}, async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const made = await tableOf(server);
  const first = await importAndWait(server.url, FILE);
  await server.database.sql`CREATE VIEW changes AS SELECT sku FROM product_changes`;
  await undo(server, first.id);
  assert.deepEqual(await tableOf(server), made);
  await server.database.sql`DROP VIEW changes`;
  await server.database.sql`TRUNCATE product_changes`;

  const second = await importAndWait(server.url, FILE);
  const reading = await holdLock(t, server, 'SELECT FROM product_changes');
  await undo(server, second.id);
  assert.deepEqual(await tableOf(server), made);
  assert.equal((await notes(server)).length, 3);
  await reading.release();
  await expectNothingLeft(server);
});

test('a change that is noted meanwhile is not lost', {
  skip: needsOwnership(),
}, async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const { sql } = server.database;
  await importAndWait(server.url, FILE);
  const replacing = sql.begin(async (tx) => {
    await noteAllAnew(tx, 1, () => {});
    await new ProductStore(server.database).create({ sku: 'd', name: 'Dan', description: '1' });
    await replaceChanges(tx);
  });
  await assert.rejects(replacing, NotReplaceableError);
  assert.deepEqual(await notes(server), ['d INSERTED  ']);
});

async function undo(server: TestServer, id: string): Promise<void> {
  const UNDO = 'mutation ($id: ID!) { undoImport(id: $id) { id } }';
  const { undoImport } = expectNoErrors(
    await query<{ undoImport: { id: string } }>(server.url, UNDO, { id }),
  );
  const { status } = await importEnds(server.url, undoImport.id);
  assert.equal(status, 'COMPLETED');
  await expectExactCounts(server);
  const [left] = await server.database.sql<[{ products: number }]>`SELECT count(*) AS products FROM products`;
  assert.equal(left.products, 0);
}

/** In the order in which they were noted, for each SKU. */
async function notes({ database }: TestServer): Promise<string[]> {
  const rows = await database.sql<{ note: string }[]>`
    SELECT concat(sku, ' ', kind, ' ', old_name, ' ', old_description) AS note FROM product_changes ORDER BY sku, id`;
  return rows.map(({ note }) => note);
}

interface Table {
  oid: number;
  columns: string[];
  constraints: string[];
  indexes: string[];
  sequence: string;
}

async function tableOf({ database }: TestServer): Promise<Table> {
  const [found] = await database.sql<Table[]>`
    SELECT oid::integer AS oid,
      ARRAY(
        SELECT concat_ws(' ', attname, format_type(atttypid, atttypmod), attcollation, attnotnull, attidentity, (
          SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef WHERE adrelid = attrelid AND adnum = attnum
        ))
        FROM pg_attribute WHERE attrelid = main.oid AND attnum > 0 AND NOT attisdropped ORDER BY attnum
      ) AS columns,
      ARRAY(
        SELECT concat_ws(' ', conname, pg_get_constraintdef(oid)) FROM pg_constraint WHERE conrelid = main.oid ORDER BY 1
      ) AS constraints,
      ARRAY(SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = main.oid ORDER BY 1) AS indexes,
      pg_get_serial_sequence('product_changes', 'id') AS sequence
    FROM pg_class main WHERE oid = 'product_changes'::regclass`;
  if (!found) throw new Error('the table is missing');
  return found;
}
