// A cut has the counts of all products, whatever is renamed meanwhile; on a cluster, on all nodes.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { ProductStore } from '../../../src/db/catalogue/products/product-store.ts';
import type { Database } from '../../../src/db/postgres/connection/database.ts';
import { Session } from '../../../src/db/postgres/connection/session.ts';
import { inCut } from '../../../src/db/postgres/cut.ts';
import { createTestDatabase } from '../../support/database/database.ts';
import { merge, type StagedRow, stage } from '../../support/imports/staged-import.ts';
import { releaseAfter } from '../../support/release.ts';
import { insertProducts } from '../catalogue/product-fixtures.ts';

const READS = Number(process.env['LOADSTONE_TEST_CUTS'] ?? '40');
const NAMES = ['Anchor', 'Buoy', 'Chain', 'Dinghy'];

const SKUS = Array.from({ length: 300 }, (_, i) => `sku-${String(i).padStart(3, '0')}`);

test('reads in a cut see each rename with its counts', async (t) => {
  const database = await createCatalogue(t);
  const writers = [0, 1, 2].map((writer) => renames(database, writer));
  assert.ok((await readWhile(t, database, writers)) > 0);
});

test('reads in a cut see each slice of an import with its counts, whatever is renamed meanwhile', async (t) => {
  const database = await createCatalogue(t);
  const writers = [imports(database), renames(database, 0)];
  assert.ok((await readWhile(t, database, writers)) > 0);
});

async function createCatalogue(t: TestContext): Promise<Database> {
  const database = await createTestDatabase(t);
  await insertProducts(
    database,
    SKUS.map((sku, i) => ({ sku, name: nameOf(i) })),
  );
  return database;
}

function nameOf(i: number): string {
  return NAMES[i % NAMES.length] ?? '';
}

/** Reads in cuts while the writers write. @returns how much they have written meanwhile */
async function readWhile(
  t: TestContext,
  database: Database,
  writers: readonly AsyncGenerator<void>[],
): Promise<number> {
  const session = await Session.open(database, 'test', '');
  releaseAfter(t, () => session.close());
  let reading = true;
  let written = 0;
  const writing = Promise.all(
    writers.map(async (writer) => {
      for await (const _ of writer) {
        written++;
        if (!reading) break;
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
    await writing;
  }
  return written;
}

/** Renames every third product. */
async function* renames(database: Database, third: number): AsyncGenerator<void> {
  const store = new ProductStore(database);
  for (let i = third; ; i += 3) {
    await store.update(SKUS[i % SKUS.length] ?? '', { name: nameOf(Math.floor(i / 7)) });
    yield;
  }
}

/** Merges files, each with a part of the products under other names. */
async function* imports(database: Database): AsyncGenerator<void> {
  for (let file = 0; ; file++) {
    const rows = SKUS.filter((_, i) => (i + file) % 3 > 0).map(
      (sku, i): StagedRow => [i + 2, sku, nameOf(i + file), ''],
    );
    await merge(database, await stage(database, rows, false, 2));
    yield;
  }
}
