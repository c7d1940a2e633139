// A product is created, read, changed and deleted, and the counts of its names go with it.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { ProductStore } from '../../../../src/db/catalogue/products/product-store.ts';
import type { LoadstoneError } from '../../../../src/errors.ts';
import { createTestDatabase } from '../../../support/database/database.ts';
import { assertCountsAreExact, insertProducts } from '../product-fixtures.ts';

async function twoLamps(t: TestContext) {
  const database = await createTestDatabase(t);
  await insertProducts(database, [
    { sku: 'lamp-1', name: 'Lamp', description: 'bright' },
    { sku: 'lamp-2', name: 'Lamp', description: 'dim' },
  ]);
  const counts = async () => {
    const rows = await database.sql<{ name: string; count: number }[]>`
      SELECT name, product_count AS count FROM product_name_counts ORDER BY name`;
    return Object.fromEntries(rows.map(({ name, count }) => [name, count]));
  };
  return { database, counts, store: new ProductStore(database, { maxDescriptionLength: 10 }) };
}

test('a product is found only by its exact SKU', async (t) => {
  const { store } = await twoLamps(t);
  assert.equal((await store.get('lamp-1'))?.description, 'bright');
  assert.ok((await store.get('lamp-1'))?.updatedAt instanceof Date);
  for (const sku of ['lamp-', 'LAMP-1', '', 'lamp-1\0', '\ud800']) {
    assert.equal(await store.get(sku), undefined);
  }
});

test('a new name moves the product from one count to the other', async (t) => {
  const { database, store, counts } = await twoLamps(t);
  const before = await store.get('lamp-1');
  const changed = await store.update('lamp-1', { name: 'Lantern' });
  assert.equal(changed.name, 'Lantern');
  assert.equal(changed.description, 'bright');
  assert.ok(before && changed.updatedAt > before.updatedAt);
  assert.deepEqual(await store.get('lamp-1'), changed);
  assert.deepEqual(await counts(), { Lamp: 1, Lantern: 1 });

  await store.update('lamp-2', { name: 'Lantern', description: 'now brighter'.slice(0, 10) });
  assert.deepEqual(await counts(), { Lantern: 2 });
  await assertCountsAreExact(database);
});

test('a new description leaves the counts alone', async (t) => {
  const { store, counts } = await twoLamps(t);
  assert.equal((await store.update('lamp-1', { description: '' })).description, '');
  assert.deepEqual(await counts(), { Lamp: 2 });
});

test('an update that changes nothing writes nothing', async (t) => {
  const { database, store } = await twoLamps(t);
  const version = async () =>
    (await database.sql`SELECT xmin, updated_at FROM products ORDER BY sku`).slice();
  const before = await version();
  const answer = await store.update('lamp-1', { name: 'Lamp', description: 'bright' });
  assert.deepEqual(await version(), before);
  assert.deepEqual(answer, await store.get('lamp-1'));
});

test('limits are exact, and counted in characters', async (t) => {
  const { store } = await twoLamps(t);
  const longest = { name: '😀'.repeat(512), description: '😀'.repeat(10) };
  assert.equal((await store.update('lamp-1', longest)).name, longest.name);
  await assert.rejects(store.update('lamp-1', { name: 'x'.repeat(513) }), /513 characters.*512/);
  await assert.rejects(store.update('lamp-1', { description: 'x'.repeat(11) }), /11 characters.*10/);
});

test('invalid values are rejected, and change nothing', async (t) => {
  const { database, store, counts } = await twoLamps(t);
  const refused = [
    {},
    { name: undefined },
    { name: null },
    { name: 'ok', description: null },
    { name: '' },
    { name: ' \t\n' },
    { name: 'a\0b' },
    { name: '\udc00' },
    { description: '\0' },
    { name: 'ok', description: '\ud83d' },
  ];
  for (const changes of refused) {
    await assert.rejects(
      store.update('lamp-1', changes),
      { code: 'BAD_USER_INPUT' },
      JSON.stringify(changes),
    );
  }
  assert.deepEqual(await counts(), { Lamp: 2 });
  await assertCountsAreExact(database);
});

test('an unknown SKU is not found, and shortened in the message', async (t) => {
  const { store } = await twoLamps(t);
  await assert.rejects(store.update('lamp-3', { name: 'x' }), { code: 'NOT_FOUND', message: /"lamp-3"/ });
  await assert.rejects(store.update('a\0', { name: 'x' }), { code: 'NOT_FOUND' });
  await assert.rejects(
    store.update('😀'.repeat(10_000), { name: 'x' }),
    (error: Error) => error.message.length < 200 && error.message.isWellFormed(),
  );
});

test('an update based on an older version is a conflict, and returns the current product', async (t) => {
  const { database, store, counts } = await twoLamps(t);
  const seen = (await store.get('lamp-1'))?.updatedAt;
  const theirs = await store.update('lamp-1', { name: 'Theirs' }, seen);
  await assert.rejects(store.update('lamp-1', { description: 'mine' }, seen), (error: LoadstoneError) => {
    assert.equal(error.code, 'CONFLICT');
    assert.deepEqual(error.details, { product: theirs });
    return true;
  });
  assert.deepEqual(await store.get('lamp-1'), theirs);
  assert.deepEqual(await counts(), { Lamp: 1, Theirs: 1 });
  // An update that changes nothing is not a conflict: one that is sent twice succeeds twice.
  assert.deepEqual(await store.update('lamp-1', { name: 'Theirs' }, seen), theirs);
  const mine = await store.update('lamp-1', { description: 'mine' }, theirs.updatedAt);
  assert.deepEqual([mine.name, mine.description], ['Theirs', 'mine']);
  await assertCountsAreExact(database);
});

test('each update has a later version, in the milliseconds that clients see', async (t) => {
  const { database, store } = await twoLamps(t);
  const seen = new Set<number>();
  for (let i = 0; i < 30; i++)
    seen.add((await store.update('lamp-1', { name: `Name ${i}` })).updatedAt.getTime());
  assert.equal(seen.size, 30);

  // A product with an `updatedAt` in the future, with microseconds.
  await database.sql`UPDATE products SET updated_at = now() + interval '1 hour 789 microseconds' WHERE sku = 'lamp-2'`;
  const before = await store.get('lamp-2');
  const after = await store.update('lamp-2', { name: 'Later' }, before?.updatedAt);
  assert.ok(before && after.updatedAt.getTime() > before.updatedAt.getTime());
  await assert.rejects(store.update('lamp-2', { name: 'Old' }, before.updatedAt), { code: 'CONFLICT' });
  assert.equal((await store.get('lamp-2'))?.updatedAt.getTime(), after.updatedAt.getTime());
});

test('of many concurrent updates of the same version, one succeeds', async (t) => {
  const { database, store } = await twoLamps(t);
  const seen = (await store.get('lamp-1'))?.updatedAt;
  const tries = Array.from({ length: 12 }, (_, i) => store.update('lamp-1', { name: `Name ${i}` }, seen));
  const ended = await Promise.allSettled(tries);
  assert.equal(ended.filter(({ status }) => status === 'fulfilled').length, 1);
  for (const each of ended) if (each.status === 'rejected') assert.equal(each.reason.code, 'CONFLICT');
  await assertCountsAreExact(database);
});

test('a created product is counted, and its name is queued for the search unless it is known', async (t) => {
  const { database, store, counts } = await twoLamps(t);
  const queued = async () =>
    (await database.sql<{ name: string }[]>`SELECT name FROM product_names_unindexed`).map(
      ({ name }) => name,
    );
  const before = new Date();
  const created = await store.create({ sku: ' ü-1 ', name: ' Übung ', description: '' });
  assert.deepEqual([created.sku, created.name, created.description], [' ü-1 ', ' Übung ', '']);
  assert.ok(created.updatedAt.getTime() >= before.getTime() - 1000);
  assert.deepEqual(await store.get(' ü-1 '), created);
  assert.deepEqual(await counts(), { Lamp: 2, ' Übung ': 1 });
  assert.deepEqual((await queued()).sort(), [' Übung ', 'Lamp']);
  await store.create({ sku: 'lamp-3', name: 'Lamp', description: 'new' });
  assert.deepEqual(await counts(), { Lamp: 3, ' Übung ': 1 });
  assert.equal((await queued()).length, 2);
  await assertCountsAreExact(database);
});

test('a SKU that exists is not created again, and the error has its product', async (t) => {
  const { store, counts } = await twoLamps(t);
  const product = await store.get('lamp-1');
  await assert.rejects(
    store.create({ sku: 'lamp-1', name: 'Other', description: '' }),
    (error: LoadstoneError) => {
      assert.equal(error.code, 'ALREADY_EXISTS');
      const { message } = error;
      const fields = [{ field: 'sku', code: 'TAKEN', message }];
      assert.deepEqual(error.details, { product, field: 'sku', fields });
      return true;
    },
  );
  assert.deepEqual(await store.get('lamp-1'), product);
  assert.deepEqual(await counts(), { Lamp: 2 });
});

test('a new product obeys the rules of files, and the error names its field', async (t) => {
  const { database, store } = await twoLamps(t);
  const valid = { sku: 'new', name: 'New', description: '' };
  const refused: [field: string, value: string][] = [
    ['sku', ''],
    ['sku', ' \t'],
    ['sku', '\u200b'],
    ['sku', 'a\0b'],
    ['sku', '\ud800'],
    ['sku', 'x'.repeat(257)],
    ['name', ''],
    ['name', '\u2800'],
    ['name', '\0'],
    ['name', 'x'.repeat(513)],
    ['description', 'a\0'],
    ['description', 'x'.repeat(11)],
  ];
  for (const [field, value] of refused) {
    await assert.rejects(
      store.create({ ...valid, [field]: value }),
      (error: LoadstoneError) => error.code === 'BAD_USER_INPUT' && error.details['field'] === field,
      `${field} ${JSON.stringify(value)}`,
    );
  }
  const longest = { sku: '😀'.repeat(256), name: '😀'.repeat(512), description: '😀'.repeat(10) };
  assert.equal((await store.create(longest)).sku, longest.sku);
  assert.equal(await store.count(), 3);
  await assertCountsAreExact(database);
});

test('a deleted product is returned as it was, and no longer counted', async (t) => {
  const { database, store, counts } = await twoLamps(t);
  const product = await store.get('lamp-1');
  assert.deepEqual(await store.delete('lamp-1'), product);
  assert.equal(await store.get('lamp-1'), undefined);
  assert.deepEqual(await counts(), { Lamp: 1 });
  await store.delete('lamp-2');
  assert.deepEqual(await counts(), {});
  for (const sku of ['lamp-1', '', 'a\0', '\ud800']) {
    await assert.rejects(store.delete(sku), { code: 'NOT_FOUND' });
  }
  await assertCountsAreExact(database);
});

test('a product that has changed since it was read is not deleted', async (t) => {
  const { database, store } = await twoLamps(t);
  const seen = (await store.get('lamp-1'))?.updatedAt;
  const theirs = await store.update('lamp-1', { name: 'Theirs' });
  await assert.rejects(store.delete('lamp-1', seen), (error: LoadstoneError) => {
    assert.equal(error.code, 'CONFLICT');
    assert.deepEqual(error.details, { product: theirs });
    return true;
  });
  assert.deepEqual(await store.get('lamp-1'), theirs);
  assert.deepEqual(await store.delete('lamp-1', theirs.updatedAt), theirs);
  // One that was created again is another version.
  const again = await store.create({ sku: 'lamp-1', name: 'Theirs', description: 'bright' });
  assert.ok(again.updatedAt > theirs.updatedAt);
  await assert.rejects(store.delete('lamp-1', theirs.updatedAt), { code: 'CONFLICT' });
  await assertCountsAreExact(database);
});

test('to create a product releases the claims of all sources to its SKU, and to delete it removes them', async (t) => {
  const { database, store } = await twoLamps(t);
  const [one, other] = ['0b5e8f1c-6f0e-4a57-9d2b-3c1f5a7e9d10', '1b5e8f1c-6f0e-4a57-9d2b-3c1f5a7e9d10'];
  for (const sku of ['lamp-1', 'lamp-2', 'lamp-3']) {
    await database.sql`INSERT INTO source_products (sku, source_id) VALUES (${sku}, ${one}), (${sku}, ${other})`;
  }
  const claimed = async () =>
    (await database.sql<{ sku: string }[]>`SELECT DISTINCT sku FROM source_products ORDER BY sku`).map(
      ({ sku }) => sku,
    );
  await assert.rejects(store.create({ sku: 'lamp-1', name: 'x', description: '' }));
  const seen = new Date(0);
  await assert.rejects(store.delete('lamp-1', seen), { code: 'CONFLICT' });
  assert.deepEqual(await claimed(), ['lamp-1', 'lamp-2', 'lamp-3']);
  await store.create({ sku: 'lamp-3', name: 'Lamp', description: '' });
  assert.deepEqual(await claimed(), ['lamp-1', 'lamp-2']);
  await store.delete('lamp-1');
  assert.deepEqual(await claimed(), ['lamp-2']);
});

test('of many that create or delete one product at once, one succeeds', async (t) => {
  const { database, store } = await twoLamps(t);
  const product = (i: number) => ({ sku: 'one', name: `Name ${i % 3}`, description: '' });
  const expectOne = async (code: string, tries: Promise<unknown>[]) => {
    const ended = await Promise.allSettled(tries);
    assert.equal(ended.filter(({ status }) => status === 'fulfilled').length, 1);
    for (const each of ended) if (each.status === 'rejected') assert.equal(each.reason.code, code);
    await assertCountsAreExact(database);
  };
  for (let round = 0; round < 5; round++) {
    await expectOne(
      'ALREADY_EXISTS',
      Array.from({ length: 12 }, (_, i) => store.create(product(i))),
    );
    await expectOne(
      'NOT_FOUND',
      Array.from({ length: 12 }, () => store.delete('one')),
    );
  }
});
