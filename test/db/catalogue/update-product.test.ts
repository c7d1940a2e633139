// An update of a product is one round trip to Postgres, by a function that shares some values with the server.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { COUNTS_CHANNEL } from '../../../src/db/catalogue/count-store.ts';
import { ProductStore } from '../../../src/db/catalogue/product-store.ts';
import { NEXT_VERSION } from '../../../src/db/catalogue/product-version.ts';
import { COUNTS_LOCK } from '../../../src/db/postgres/locks/advisory-locks.ts';
import { openCounted } from '../../support/count-statements.ts';
import { createTestDatabase } from '../../support/database.ts';
import { insertProducts } from './product-fixtures.ts';

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

test('the function has the lock, the channel and the next version that the server has', async (t) => {
  const { sql } = await createTestDatabase(t);
  const [found] = await sql<{ source: string }[]>`
    SELECT prosrc AS source FROM pg_proc WHERE proname = 'update_product'`;
  for (const shared of [
    `pg_advisory_xact_lock_shared(${COUNTS_LOCK})`,
    `pg_notify('${COUNTS_CHANNEL}', '')`,
    `updated_at = ${NEXT_VERSION}`,
  ]) {
    assert.ok(found?.source.includes(shared), shared);
  }
});
