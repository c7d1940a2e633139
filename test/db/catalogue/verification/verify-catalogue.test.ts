// A database is checked for consistency: there are no differences while imports and updates run, and changes made
// outside Loadstone are reported exactly.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { sampleChunks } from '../../../../src/cli/sample/sample-rows.ts';
import {
  type Verification,
  type VerificationPart,
  verifyCatalogue,
} from '../../../../src/db/catalogue/verification/verify-catalogue.ts';
import type { Database } from '../../../../src/db/postgres/connection/database.ts';
import { openDatabase } from '../../../../src/db/postgres/connection/database.ts';
import { SettingsError } from '../../../../src/errors.ts';
import { needsOneNode } from '../../../support/database/cluster.ts';
import { createTestDatabase } from '../../../support/database/database.ts';
import { holdLock, holdMerges, waitForWaiting } from '../../../support/imports/hold-lock.ts';
import { importEnds } from '../../../support/imports/import-state.ts';
import { importUntilReady } from '../../../support/imports/previews.ts';
import { releaseAfter } from '../../../support/release.ts';
import { expectNoErrors, importAndWait, query, upload } from '../../../support/server/graphql-client.ts';
import { ONE_LANE, startTestServer, type TestServer } from '../../../support/server/server.ts';
import { insertProducts } from '../product-fixtures.ts';

const FILE =
  'name,sku,description\nAnn,a-1,one\nBob,b-1,two\nAnn,a-2,three\nCid,a-1,four\n,c-1,nameless\nshort\n';
const NOTHING = { total: 0, first: [] };
const EQUAL = {
  equal: true,
  runningImports: NOTHING,
  missingCounts: NOTHING,
  superfluousCounts: NOTHING,
  wrongCounts: NOTHING,
  ledgers: NOTHING,
  staging: NOTHING,
};
const NEVER = new AbortController().signal;

test('an empty catalogue, and one after imports with every outcome, have no differences', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  assert.deepEqual(await verify(server.database), { ...EQUAL, products: 0, names: 0, completedImports: 0 });

  await importAndWait(server.url, FILE);
  await importAndWait(server.url, FILE);
  assert.equal((await importAndWait(server.url, `${FILE},`, { maxRejectedRows: 1 })).status, 'FAILED');
  const parts: VerificationPart[] = [];
  const found = await verify(server.database, (part) => parts.push(part));
  assert.deepEqual(found, { ...EQUAL, products: 3, names: 3, completedImports: 2 });
  assert.deepEqual(parts, ['counts', 'ledgers', 'staging']);
});

test('there are no differences while imports and updates run, and running imports are listed', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const { database } = server;
  await importAndWait(server.url, FILE);
  // Before it locks counts, for which a verification of several nodes waits.
  const held = await holdLock(t, server, 'LOCK TABLE product_names_unindexed IN EXCLUSIVE MODE');
  const files = [1, 2, 3].map((seed) =>
    Buffer.concat([...sampleChunks(15_000, seed)].map(({ bytes }) => bytes)),
  );
  const ids = files.map(() => randomUUID());
  await Promise.all(files.map((file, i) => upload(server.url, `${i}.csv`, file, { id: ids[i] ?? '' })));
  await waitForWaiting(server, 'merge');
  const early = await verify(database);
  assert.equal(early.equal, true);
  assert.deepEqual(early.runningImports.first.map(({ id }) => id).sort(), [...ids].sort());
  assert.ok(early.runningImports.first.some(({ status }) => status === 'MERGING'));

  await held.release();
  let ended = false;
  const ending = Promise.all(ids.map((id) => importEnds(server.url, id))).finally(() => {
    ended = true;
  });
  const renaming = renameUntil(server, ['a-1', 'a-2', 'b-1'], () => ended);
  let checks = 0;
  do {
    const found = await verify(database);
    assert.equal(found.equal, true, JSON.stringify(found));
    checks++;
  } while (!ended);
  for (const { status } of await ending) assert.equal(status, 'COMPLETED');
  await renaming;
  const { equal, completedImports, runningImports, products } = await verify(database);
  assert.deepEqual(
    { equal, completedImports, runningImports },
    {
      equal: true,
      completedImports: 4,
      runningImports: NOTHING,
    },
  );
  assert.ok(products > 15_000 && checks > 1);
});

test('everything is read from one snapshot, whatever is written during the verification', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const { database } = server;
  await importAndWait(server.url, FILE);
  const held = await holdLock(t, server, 'LOCK TABLE import_row_issues');
  const checking = verify(database);
  await waitForWaiting(server, 'verify');
  await database.sql`DELETE FROM product_name_counts`;
  await database.sql`UPDATE imports SET rows_read = 0`;
  await held.release();
  assert.deepEqual(await checking, { ...EQUAL, products: 3, names: 3, completedImports: 1 });
  assert.equal((await verify(database)).equal, false);
});

test('counts that are missing, superfluous or wrong are reported with both numbers', async (t) => {
  const database = await createTestDatabase(t);
  const names = ['Ann', 'Ann', 'Bob', 'Cid', 'Cid', 'Cid', 'Dan'];
  await insertProducts(
    database,
    names.map((name, i) => ({ sku: `s-${i}`, name })),
  );
  await database.sql`DELETE FROM product_name_counts WHERE name = 'Ann'`;
  await database.sql`UPDATE product_name_counts SET product_count = 2 WHERE name = 'Cid'`;
  await database.sql`UPDATE product_name_counts SET product_count = 5 WHERE name = 'Bob'`;
  await database.sql`INSERT INTO product_name_counts VALUES ('Nobody', 4), ('ann', 1)`;
  assert.deepEqual(await verify(database), {
    ...EQUAL,
    equal: false,
    products: 7,
    names: 6,
    completedImports: 0,
    missingCounts: { total: 1, first: [{ name: 'Ann', products: 2, kept: 0 }] },
    superfluousCounts: {
      total: 2,
      first: [
        { name: 'Nobody', products: 0, kept: 4 },
        { name: 'ann', products: 0, kept: 1 },
      ],
    },
    wrongCounts: {
      total: 2,
      first: [
        { name: 'Bob', products: 1, kept: 5 },
        { name: 'Cid', products: 3, kept: 2 },
      ],
    },
  });
});

test('products inserted, renamed or deleted outside Loadstone are detected', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  await importAndWait(server.url, FILE);
  const { sql } = server.database;
  await sql`INSERT INTO products (sku, name, description) VALUES ('z-1', 'Zoe', '')`;
  await sql`UPDATE products SET name = 'Bob' WHERE sku = 'a-2'`;
  await sql`DELETE FROM products WHERE sku = 'a-1'`;
  const { missingCounts, superfluousCounts, wrongCounts } = await verify(server.database);
  assert.deepEqual(missingCounts.first, [{ name: 'Zoe', products: 1, kept: 0 }]);
  assert.deepEqual(superfluousCounts.first, [
    { name: 'Ann', products: 0, kept: 1 },
    { name: 'Cid', products: 0, kept: 1 },
  ]);
  assert.deepEqual(wrongCounts.first, [{ name: 'Bob', products: 2, kept: 1 }]);
});

test('the first twenty differences of each kind are listed, with the total', async (t) => {
  const database = await createTestDatabase(t);
  await insertProducts(
    database,
    Array.from({ length: 3_000 }, (_, i) => ({ sku: `s-${i}`, name: `name-${String(i).padStart(4, '0')}` })),
  );
  await database.sql`DELETE FROM product_name_counts WHERE name < 'name-1000'`;
  await database.sql`UPDATE product_name_counts SET product_count = 2 WHERE name >= 'name-2500'`;
  await database.sql`INSERT INTO product_name_counts SELECT 'nobody-' || i, 1 FROM generate_series(10, 30) i`;
  const { names, missingCounts, superfluousCounts, wrongCounts } = await verify(database);
  assert.equal(names, 3_021);
  for (const [{ total, first }, number, from] of [
    [missingCounts, 1_000, 'name-0000'],
    [superfluousCounts, 21, 'nobody-10'],
    [wrongCounts, 500, 'name-2500'],
  ] as const) {
    assert.deepEqual([total, first.length, first[0]?.name], [number, 20, from]);
  }
});

type LedgerCase = [damage: string, found: { check: string; ledger: number; found: number }[]];

/** FILE has 6 rows: 3 inserted, 1 superseded, 2 rejected; sent again 3 are unchanged. */
const LEDGER_CASES: LedgerCase[] = [
  ['UPDATE imports SET rows_read = 7', [{ check: 'ROWS', ledger: 7, found: 6 }]],
  [
    'UPDATE imports SET rows_inserted = 2, rows_updated = 1',
    [
      { check: 'INSERTED_PARTS', ledger: 2, found: 3 },
      { check: 'UPDATED_PARTS', ledger: 1, found: 0 },
    ],
  ],
  [
    "DELETE FROM import_row_issues WHERE kind = 'REJECTED' AND line = 6",
    [{ check: 'REJECTED_ISSUES', ledger: 2, found: 1 }],
  ],
  [
    'DELETE FROM import_row_issues',
    [
      { check: 'REJECTED_ISSUES', ledger: 2, found: 0 },
      { check: 'SUPERSEDED_ISSUES', ledger: 1, found: 0 },
    ],
  ],
  [
    "UPDATE import_row_issues SET kind = 'SUPERSEDED'",
    [
      { check: 'REJECTED_ISSUES', ledger: 2, found: 0 },
      { check: 'SUPERSEDED_ISSUES', ledger: 1, found: 3 },
    ],
  ],
  [
    'UPDATE import_partitions SET unchanged = 1, superseded = 0',
    [
      { check: 'UNCHANGED_PARTS', ledger: 0, found: 1 },
      { check: 'SUPERSEDED_PARTS', ledger: 1, found: 0 },
    ],
  ],
  ['UPDATE import_partitions SET merged_at = NULL', [{ check: 'UNMERGED_PARTITIONS', ledger: 0, found: 1 }]],
  [
    'DELETE FROM import_partitions',
    [
      { check: 'INSERTED_PARTS', ledger: 3, found: 0 },
      { check: 'SUPERSEDED_PARTS', ledger: 1, found: 0 },
    ],
  ],
  [
    'UPDATE imports SET rows_deleted = 2',
    [
      { check: 'PLANNED_DELETIONS', ledger: 2, found: 0 },
      { check: 'DELETED_PARTS', ledger: 2, found: 0 },
    ],
  ],
];

test('a ledger that does not add up, or differs from issues and partitions, is reported with both numbers', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const { database } = server;
  const { id } = await importAndWait(server.url, FILE, { fileName: 'first.csv' });
  // A failed import with the same damage: its numbers need not add up.
  await importAndWait(server.url, FILE, { maxRejectedRows: 0 });
  for (const [damage, found] of LEDGER_CASES) {
    await t.test(damage, async () => {
      await damaged(database, damage, async (url) => {
        const { equal, ledgers } = await verify(url);
        assert.equal(equal, false);
        assert.deepEqual(ledgers, {
          total: found.length,
          first: found.map((difference) => ({ importId: id, fileName: 'first.csv', ...difference })),
        });
      });
    });
  }
  assert.equal((await verify(database)).equal, true, 'the damage is undone');
});

test('an import that is READY is checked too: its rejected, staged and previewed rows', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const { database } = server;
  const { id } = await importUntilReady(server.url, FILE);
  const found = await verify(database);
  assert.deepEqual([found.equal, found.staging], [true, NOTHING]);
  assert.deepEqual(found.runningImports.first, [{ id, fileName: 'products.csv', status: 'READY' }]);
  for (const [damage, checks] of [
    ["DELETE FROM import_row_issues WHERE kind = 'REJECTED'", ['REJECTED_ISSUES']],
    ['UPDATE import_partitions SET staged = staged - 1', ['STAGED_PARTS']],
    ['DELETE FROM import_previews', ['PREVIEWED_ROWS']],
  ] as const) {
    await damaged(database, damage, async (url) => {
      const { equal, ledgers } = await verify(url);
      assert.equal(equal, false);
      assert.deepEqual(
        ledgers.first.map(({ importId, check }) => [importId, check]),
        checks.map((check) => [id, check]),
      );
    });
  }
});

// On several nodes, a verification begins while no merge changes counts.
test('staging tables of finished or unknown imports are reported, those of running imports are not', {
  skip: needsOneNode(),
}, async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const { database } = server;
  const { id: completed } = await importAndWait(server.url, FILE);
  const { id: failed } = await importAndWait(server.url, 'a,b\n1,2\n');
  const { id: kept } = await importAndWait(server.url, 'a,b\n1,2\n');
  await holdMerges(t, server);
  // Its merge changes counts.
  const { id: running } = expectNoErrors(
    await upload(server.url, 'a.csv', `${FILE}New,new-1,x\n`),
  ).importProducts;
  await waitForWaiting(server, 'merge');
  assert.deepEqual((await verify(database)).staging, NOTHING);

  const unknown = randomUUID();
  const left = [`${completed}_1_0`, `${failed}_1_0`, `${unknown}_1_0`, `${kept}_1_0`];
  for (const table of left) {
    await database.sql.unsafe(`CREATE UNLOGGED TABLE loadstone_staging."${table}" ()`);
  }
  // An import that can be retried needs its table.
  await database.sql`UPDATE imports SET retry_until = now() + interval '1 hour' WHERE id = ${kept}`;
  assert.equal((await verify(database)).staging.total, 3);
  await database.sql`UPDATE imports SET retry_until = now() - interval '1 hour' WHERE id = ${kept}`;
  const { equal, staging, runningImports } = await verify(database);
  assert.equal(equal, false);
  assert.deepEqual(runningImports, {
    total: 1,
    first: [{ id: running, fileName: 'a.csv', status: 'MERGING' }],
  });
  const statuses: Record<string, string> = { [completed]: 'COMPLETED', [failed]: 'FAILED', [kept]: 'FAILED' };
  assert.deepEqual(staging, {
    total: 4,
    first: left.sort().map((table) => ({ table, status: statuses[table.slice(0, 36)] ?? null })),
  });
  for (const table of left) await database.sql.unsafe(`DROP TABLE loadstone_staging."${table}"`);
});

test('a verification that is cancelled releases the database immediately', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  await holdLock(t, server, 'LOCK TABLE products');
  const stop = new AbortController();
  const checking = verifyCatalogue(server.database, () => {}, stop.signal);
  const stopped = assert.rejects(checking, /enough/);
  await waitForWaiting(server, 'verify');
  stop.abort(new Error('enough'));
  await stopped;
});

test('a database without the tables, or none at all, is reported with what to do', async (t) => {
  const bare = await createTestDatabase(t, { bare: true });
  await assert.rejects(verify(bare), (error) => {
    assert.ok(error instanceof SettingsError);
    assert.match(
      error.message,
      /not a Loadstone database: it lacks products, product_name_counts.*DATABASE_URL/,
    );
    return true;
  });
  const older = await createTestDatabase(t);
  await older.sql`ALTER TABLE imports DROP COLUMN retry_until`;
  await assert.rejects(verify(older), (error) => {
    assert.ok(error instanceof SettingsError);
    assert.match(
      error.message,
      /older version of Loadstone \(column .*retry_until.* Start the server of this version once/,
    );
    return true;
  });
  const nowhere = openDatabase('postgres://shop:secret@127.0.0.1:1/catalogue');
  releaseAfter(t, () => nowhere.close());
  await assert.rejects(verify(nowhere), (error) => {
    assert.ok(error instanceof SettingsError);
    assert.match(error.message, /Cannot use the database at 127.0.0.1:1: .*ECONNREFUSED.*Check DATABASE_URL/);
    assert.doesNotMatch(error.message, /secret/);
    return true;
  });
});

/** Without the timestamp, which varies. */
async function verify(
  database: Database,
  onBegin: (part: VerificationPart) => void = () => {},
): Promise<Omit<Verification, 'asOf'>> {
  const { asOf, ...found } = await verifyCatalogue(database, onBegin, NEVER);
  assert.ok(Math.abs(Date.now() - asOf.getTime()) < 600_000);
  return found;
}

/** Applies the damage, and restores the tables afterwards. */
async function damaged(
  database: Database,
  statement: string,
  look: (database: Database) => Promise<void>,
): Promise<void> {
  const tables = ['imports', 'import_partitions', 'import_row_issues'];
  for (const table of tables) await database.sql.unsafe(`CREATE TABLE saved_${table} AS TABLE ${table}`);
  const only = statement.startsWith('UPDATE imports') ? ` WHERE status = 'COMPLETED'` : '';
  await database.sql.unsafe(statement + only);
  await look(database);
  for (const table of tables) {
    await database.sql.unsafe(`
      TRUNCATE ${table};
      INSERT INTO ${table} SELECT * FROM saved_${table};
      DROP TABLE saved_${table}`);
  }
}

/** Renames products one after the other. */
async function renameUntil({ url }: TestServer, skus: string[], isEnough: () => boolean): Promise<void> {
  const rename =
    'mutation ($sku: String!, $name: String!) { updateProduct(sku: $sku, input: { name: $name }) { sku } }';
  for (let turn = 0; !isEnough(); turn++) {
    for (const sku of skus) expectNoErrors(await query(url, rename, { sku, name: `Name ${turn}` }));
  }
}
