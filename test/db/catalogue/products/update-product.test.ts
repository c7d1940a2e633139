// To create, update or delete a product is one round trip to Postgres, by functions that share some values with the server.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { COUNTS_CHANNEL } from '../../../../src/db/catalogue/counts/count-store.ts';
import { NEXT_VERSION } from '../../../../src/db/catalogue/product-version.ts';
import { ProductStore } from '../../../../src/db/catalogue/products/product-store.ts';
import { COUNTS_LOCK } from '../../../../src/db/postgres/locks/advisory-locks.ts';
import { openCounted } from '../../../support/database/count-statements.ts';
import { createTestDatabase } from '../../../support/database/database.ts';
import { insertProducts } from '../product-fixtures.ts';

test('an update takes one round trip whatever its outcome, and the first one on a connection takes two', async (t) => {
  const database = await createTestDatabase(t);
  await insertProducts(database, [{ sku: 'lamp', name: 'Lamp', description: 'bright' }]);
  const distant = await openCounted(t, database);
  const store = new ProductStore(distant.database);
  const roundTripsOf = async (action: () => Promise<unknown>) => (await distant.sentBy(action)).roundTrips;
  assert.equal(await roundTripsOf(() => store.update('lamp', { description: 'dim' })), 2);

  const { updatedAt } = await store.update('lamp', { name: 'Lantern' });
  const conflict = { code: 'CONFLICT' };
  const actions: Record<string, () => Promise<unknown>> = {
    'a new name': () => store.update('lamp', { name: 'Light', description: 'bright' }),
    'a new description': () => store.update('lamp', { description: 'dim' }),
    'nothing new': () => store.update('lamp', { name: 'Light' }),
    'a newer version': () => assert.rejects(store.update('lamp', { name: 'Lamp' }, updatedAt), conflict),
    'no such product': () => assert.rejects(store.update('lamps', { name: 'x' }), { code: 'NOT_FOUND' }),
  };
  for (const [what, action] of Object.entries(actions)) {
    assert.equal(await roundTripsOf(action), 1, what);
  }
});

test('to create and to delete a product take one round trip each, whatever the outcome', async (t) => {
  const database = await createTestDatabase(t);
  const distant = await openCounted(t, database);
  const store = new ProductStore(distant.database);
  const roundTripsOf = async (action: () => Promise<unknown>) => (await distant.sentBy(action)).roundTrips;
  const lamp = { sku: 'lamp', name: 'Lamp', description: '' };
  // The first call on a connection also prepares the statement.
  const { updatedAt } = await store.create(lamp);
  await store.delete('lamp');
  const actions: [string, () => Promise<unknown>][] = [
    ['a new product', () => store.create(lamp)],
    ['an existing one', () => assert.rejects(store.create(lamp), { code: 'ALREADY_EXISTS' })],
    ['a newer version', () => assert.rejects(store.delete('lamp', updatedAt), { code: 'CONFLICT' })],
    ['a deletion', () => store.delete('lamp')],
    ['no such product', () => assert.rejects(store.delete('lamp'), { code: 'NOT_FOUND' })],
  ];
  for (const [what, action] of actions) assert.equal(await roundTripsOf(action), 1, what);
});

test('the functions have the lock, the channel and the next version that the server has', async (t) => {
  const { sql } = await createTestDatabase(t);
  const lockAndChannel = [
    `pg_advisory_xact_lock_shared(${COUNTS_LOCK})`,
    `pg_notify('${COUNTS_CHANNEL}', '')`,
  ];
  const sharedBy = {
    create_product: lockAndChannel,
    update_product: [...lockAndChannel, `updated_at = ${NEXT_VERSION}`],
    delete_product: lockAndChannel,
  };
  for (const [name, shared] of Object.entries(sharedBy)) {
    const [found] = await sql<{ source: string }[]>`
      SELECT prosrc AS source FROM pg_proc WHERE proname = ${name}`;
    for (const text of shared) assert.ok(found?.source.includes(text), `${name}: ${text}`);
  }
});
