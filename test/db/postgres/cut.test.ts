// A cut has the counts of all products, whatever is renamed meanwhile; on a cluster, on all nodes.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProductStore } from '../../../src/db/catalogue/product-store.ts';
import { Session } from '../../../src/db/postgres/connection/session.ts';
import { inCut } from '../../../src/db/postgres/cut.ts';
import { createTestDatabase } from '../../support/database.ts';
import { releaseAfter } from '../../support/release.ts';
import { insertProducts } from '../catalogue/product-fixtures.ts';

const READS = Number(process.env['LOADSTONE_TEST_CUTS'] ?? '40');
const NAMES = ['Anchor', 'Buoy', 'Chain', 'Dinghy'];

test('reads in a cut see each rename with its counts', async (t) => {
  const database = await createTestDatabase(t);
  const skus = Array.from({ length: 30 }, (_, i) => `sku-${i}`);
  await insertProducts(
    database,
    skus.map((sku, i) => ({ sku, name: NAMES[i % NAMES.length] ?? '' })),
  );
  const session = await Session.open(database, 'test', '');
  releaseAfter(t, () => session.close());
  const store = new ProductStore(database);
  let reading = true;
  let renames = 0;
  const renaming = Promise.all(
    [0, 1, 2].map(async (third) => {
      for (let i = third; reading; i += 3, renames++) {
        await store.update(skus[i % skus.length] ?? '', {
          name: NAMES[Math.floor(i / 7) % NAMES.length] ?? '',
        });
      }
    }),
  );
  try {
    for (let read = 0; read < READS; read++) {
      const seen = await inCut(session.sql, async (tx) => ({
        kept: [...(await tx`SELECT name, product_count FROM product_name_counts ORDER BY name`)],
        counted: [
          ...(await tx`SELECT name, count(*) AS product_count FROM products GROUP BY name ORDER BY name`),
        ],
      }));
      assert.deepEqual(seen.kept, seen.counted, `read ${read}`);
    }
  } finally {
    reading = false;
    await renaming;
  }
  assert.ok(renames > 0);
});
