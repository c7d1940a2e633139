// An import is undone: what it inserted is removed, what it changed is as before, and what was changed since is left alone.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { pino } from 'pino';
import { removeOldChanges } from '../../../src/db/catalogue/history/remove-old-changes.ts';
import { ProductStore } from '../../../src/db/catalogue/products/product-store.ts';
import { startEmbeddedPostgres } from '../../../src/db/embedded/start-embedded-postgres.ts';
import { needsOwnership } from '../../support/database/serving-role.ts';
import { expectExactCounts, expectNothingLeft } from '../../support/imports/catalogue.ts';
import { holdLock, holdMerges, waitForWaiting } from '../../support/imports/hold-lock.ts';
import { importEnds } from '../../support/imports/import-state.ts';
import { releaseAfter } from '../../support/release.ts';
import { expectNoErrors, importAndWait, query, upload } from '../../support/server/graphql-client.ts';
import { ONE_LANE, startTestServer, type TestServer } from '../../support/server/server.ts';
import {
  addSource,
  commandSource,
  sourceImported,
  startSourcesServer,
} from '../../support/sources/data-sources.ts';
import { startFileHost } from '../../support/sources/file-host.ts';
import { createTemporaryFolder } from '../../support/temporary-folder.ts';
import { waitUntil } from '../../support/wait-until.ts';

const UNDO = 'mutation ($id: ID!) { undoImport(id: $id) { id kind undoes { id } } }';
const ROWS = `query ($id: ID!) {
  import(id: $id) { kind status percent undoneBy { id } rows { read inserted updated deleted kept unchanged } error { code } }
}`;

const fileOf = (...rows: string[]) => `sku,name,description\n${rows.join('\n')}\n`;

interface Undone {
  kind: string;
  status: string;
  percent: number;
  undoneBy: { id: string } | null;
  rows: Record<string, number>;
  error: { code: string } | null;
}

test('an undo takes back insertions, changes and deletions, and leaves alone what was changed since', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const store = new ProductStore(server.database);
  const a = await importAndWait(server.url, fileOf('a,Ann,1', 'b,Bob,1', 'c,Cid,1', 'd,Dan,1'));
  const afterA = await catalogueOf(server);
  const b = await importAndWait(server.url, fileOf('a,Ann,2', 'b,Bob,2', 'c,Cid,1', 'e,Eve,1', 'f,Flo,1'));
  const afterB = await catalogueOf(server);
  await store.update('b', { description: 'by hand' });
  await store.delete('f');
  assert.deepEqual(await previewOf(server, b.id), { inserted: 0, updated: 1, deleted: 1, kept: 2 });
  const { id: undoId, rows } = await undo(server, b.id);
  assert.deepEqual(rows, { read: 4, inserted: 0, updated: 1, deleted: 1, kept: 2, unchanged: 0 });
  const { b: edited, ...others } = await catalogueOf(server);
  const { b: _, ...wanted } = afterA;
  assert.deepEqual(others, wanted);
  assert.deepEqual(edited?.slice(0, 2), ['Bob', 'by hand']);

  const redo = await undo(server, undoId);
  assert.deepEqual(redo.rows, { read: 2, inserted: 1, updated: 1, deleted: 0, kept: 0, unchanged: 0 });
  const redone = await catalogueOf(server);
  assert.deepEqual(redone['a'], afterB['a']);
  assert.deepEqual(redone['e'], afterB['e']);

  await undo(server, redo.id);
  const { rows: last } = await undo(server, a.id);
  assert.deepEqual(last, { read: 4, inserted: 0, updated: 0, deleted: 3, kept: 1, unchanged: 0 });
  assert.deepEqual(Object.keys(await catalogueOf(server)), ['b']);
  await expectNothingLeft(server);
});

test('an import cannot be undone twice, before it has ended, or too late', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const { id } = await importAndWait(server.url, fileOf('a,Ann,1'));
  const { sql } = server.database;
  await sql`UPDATE imports SET finished_at = finished_at - interval '7 days' WHERE id = ${id}`;
  assert.equal(await undoError(server, id), 'UNDO_EXPIRED');
  await sql`UPDATE imports SET finished_at = finished_at + interval '1 minute' WHERE id = ${id}`;
  const answers = await Promise.all([1, 2, 3].map(() => query(server.url, UNDO, { id })));
  const codes = answers.map(({ errors }) => errors?.[0]?.extensions?.code ?? 'none').sort();
  assert.equal(codes.filter((code) => code === 'none').length, 1, codes.join());
  for (const code of codes) assert.match(code, /^(none|BEING_UNDONE|ALREADY_UNDONE)$/);
  const { undoneBy } = await stateOf(server, id);
  await importEnds(server.url, undoneBy?.id ?? '');
  assert.equal(await undoError(server, id), 'ALREADY_UNDONE');
  assert.equal(await undoError(server, '0b5e8f1c-6f0e-4a57-9d2b-3c1f5a7e9d10'), 'NOT_FOUND');
  assert.equal(await undoError(server, 'x'), 'BAD_USER_INPUT');
});

test('an import whose changes are no longer known is not undone', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  await importAndWait(server.url, fileOf('a,Ann,1', 'b,Bob,1'));
  const { id } = await importAndWait(server.url, fileOf('a,Ann,2', 'b,Bob,2'));
  await server.database.sql`DELETE FROM product_changes WHERE sku = 'a'`;
  const before = await catalogueOf(server);
  const { status, error, rows } = await undo(server, id);
  assert.deepEqual({ status, error }, { status: 'FAILED', error: { code: 'FORMER_VALUES_GONE' } });
  assert.equal(rows['updated'], 0);
  assert.deepEqual(await catalogueOf(server), before);
});

test('former versions are removed when they are too old, unless an undo may need them', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const { database } = server;
  await importAndWait(server.url, fileOf('a,Ann,1', 'b,Bob,1'));
  await importAndWait(server.url, fileOf('a,Ann,2', 'b,Bob,2'));
  await database.sql`UPDATE product_changes SET changed_at = now() - interval '31 days' WHERE sku = 'a'`;
  // Of an owner that lives.
  const [undo] = await database.sql<{ id: string }[]>`
    INSERT INTO imports (id, file_name, status, max_rejected_rows, undoes, owner)
    VALUES (gen_random_uuid(), '', 'MERGING', 0, gen_random_uuid(), ${database.processId}) RETURNING id`;
  const left = async () => (await database.sql`SELECT sku FROM product_changes ORDER BY sku`).length;
  await removeOldChanges(database, 30);
  assert.equal(await left(), 2);
  await database.sql`DELETE FROM imports WHERE id = ${undo?.id ?? ''}`;
  await removeOldChanges(database, 30);
  assert.equal(await left(), 1);
});

test('old edits, and old changes of many imports, are removed, also of imports that are gone', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const { database } = server;
  const store = new ProductStore(database);
  await importAndWait(server.url, fileOf('a,Ann,1', 'b,Bob,1'));
  const second = await importAndWait(server.url, fileOf('a,Ann,2', 'b,Bob,2'));
  await importAndWait(server.url, fileOf('a,Ann,3', 'b,Bob,3'));
  await store.update('a', { description: '4' });
  await database.sql`UPDATE product_changes SET changed_at = now() - interval '31 days'`;
  await database.sql`DELETE FROM imports WHERE id = ${second.id}`;
  await store.update('a', { description: '5' });
  await importAndWait(server.url, fileOf('b,Bob,6'));
  while (await removeOldChanges(database, 30));
  const left = await database.sql`SELECT old_description FROM product_changes ORDER BY sku`;
  assert.deepEqual(
    left.map((row) => row['old_description']),
    ['4', '3'],
  );
});

test('an undo that was cancelled half way goes on when it is asked for again, and a later import keeps its products', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const skus = Array.from({ length: 5000 }, (_, i) => `sku-${String(i).padStart(4, '0')}`);
  await importAndWait(server.url, fileOf(...skus.map((sku) => `${sku},Name,1`)));
  const { id } = await importAndWait(server.url, fileOf(...skus.map((sku) => `${sku},Other,2`)));
  const held = await holdLock(t, server, "SELECT FROM products WHERE sku = 'sku-4999' FOR UPDATE");
  const undoId = expectNoErrors(await query<{ undoImport: { id: string } }>(server.url, UNDO, { id }))
    .undoImport.id;
  await waitForWaiting(server, 'merge');
  assert.equal(await undoError(server, id), 'BEING_UNDONE');
  assert.equal(await undoError(server, undoId), 'IMPORT_UNFINISHED');
  await query(server.url, 'mutation ($id: ID!) { cancelImport(id: $id) { id } }', { id: undoId });
  const cancelled = await stateOf(server, undoId);
  assert.equal(cancelled.status, 'CANCELLED');
  const RETRY = 'mutation ($id: ID!) { retryImport(id: $id) { id } }';
  const [refusal] = (await query(server.url, RETRY, { id: undoId })).errors ?? [];
  assert.equal(
    refusal?.message,
    `The import is CANCELLED. It is an undo, which goes on when the import ${id} is undone again, with undoImport.`,
  );
  const { updated = 0 } = cancelled.rows;
  assert.ok(updated > 0 && updated < skus.length, String(updated));
  await expectExactCounts(server);
  await held.release();
  await importAndWait(server.url, fileOf('sku-4998,Third,3'));

  const rest = { inserted: 0, updated: 4999 - updated, deleted: 0, kept: 1 };
  assert.deepEqual(await previewOf(server, id), rest);
  const resumed = await undo(server, id);
  assert.equal(resumed.id, undoId);
  assert.deepEqual(resumed.rows, {
    read: 5000,
    inserted: 0,
    updated: 4999,
    deleted: 0,
    kept: 1,
    unchanged: 0,
  });
  const names = await server.database.sql`SELECT * FROM product_name_counts ORDER BY name`;
  assert.deepEqual(
    [...names],
    [
      { name: 'Name', product_count: 4999 },
      { name: 'Third', product_count: 1 },
    ],
  );
  await expectNothingLeft(server);
});

test('a first load whose products nobody has changed is taken back at once, and comes back with an undo of that', {
  skip: needsOwnership(),
}, async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const first = await importAndWait(server.url, fileOf('a,Ann,1', 'b,Bob,1', 'c,Ann,1'));
  const loaded = await catalogueOf(server);
  const emptied = async (id: string) => {
    const before = await fileOfProducts(server);
    const { rows, ...undone } = await undo(server, id);
    assert.deepEqual(rows, { read: 3, inserted: 0, updated: 0, deleted: 3, kept: 0, unchanged: 0 });
    assert.deepEqual(await catalogueOf(server), {});
    return { id: undone.id, wasEmptied: (await fileOfProducts(server)) !== before };
  };
  const { id, wasEmptied } = await emptied(first.id);
  assert.equal(wasEmptied, true);
  const back = await undo(server, id);
  assert.equal(back.rows['inserted'], 3);
  assert.deepEqual(await catalogueOf(server), loaded);
  await undo(server, back.id);

  // What others have added to a table would not see that it is emptied.
  const second = await importAndWait(server.url, fileOf('a,Ann,2', 'b,Bob,2', 'c,Ann,2'));
  await server.database.sql`CREATE VIEW names AS SELECT name FROM products`;
  assert.equal((await emptied(second.id)).wasEmptied, false);
  await server.database.sql`DROP VIEW names`;

  const third = await importAndWait(server.url, fileOf('a,Ann,3', 'b,Bob,3', 'c,Ann,3'));
  const reading = await holdLock(t, server, 'SELECT FROM products');
  assert.equal((await emptied(third.id)).wasEmptied, false);
  await reading.release();
  await expectNothingLeft(server);
});

test('an undo of a first load does not give way to autovacuum', { skip: needsOwnership() }, async (t) => {
  const dataDir = await createTemporaryFolder(t);
  const postgres = await startEmbeddedPostgres({ dataDir, log: pino({ level: 'silent' }) });
  releaseAfter(t, () => postgres.close());
  const server = await startTestServer(t, { ...ONE_LANE, databaseUrl: postgres.url, dataDir });
  const { sql } = server.database;
  // It comes every second, and takes a fiftieth of a second for a page.
  for (const setting of ['naptime = 1', 'vacuum_cost_delay = 20', 'vacuum_cost_limit = 1'])
    await sql.unsafe(`ALTER SYSTEM SET autovacuum_${setting}`);
  await sql`SELECT pg_reload_conf()`;
  const { id } = await importAndWait(
    server.url,
    fileOf(...Array.from({ length: 5000 }, (_, row) => `${row},Ann,${'x'.repeat(100)}`)),
  );
  const before = await fileOfProducts(server);
  await waitUntil('autovacuum comes', async () => {
    const found =
      await sql`SELECT FROM pg_stat_activity WHERE query LIKE 'autovacuum: VACUUM%public.products'`;
    return found.length > 0;
  });
  const { rows } = await undo(server, id);
  assert.equal(rows['deleted'], 5000);
  assert.notEqual(await fileOfProducts(server), before);
});

test('an import that was cancelled half way can be undone', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const skus = Array.from({ length: 5000 }, (_, i) => `sku-${String(i).padStart(4, '0')}`);
  await importAndWait(server.url, fileOf(...skus.map((sku) => `${sku},Name,1`)));
  const before = await catalogueOf(server);
  const held = await holdLock(t, server, "SELECT FROM products WHERE sku = 'sku-4999' FOR UPDATE");
  const id = randomUUID();
  const uploaded = await upload(server.url, 'other.csv', fileOf(...skus.map((sku) => `${sku},Other,2`)), {
    id,
  });
  expectNoErrors(uploaded);
  await waitForWaiting(server, 'merge');
  await query(server.url, 'mutation ($id: ID!) { cancelImport(id: $id) { id } }', { id });
  const { status, rows } = await importEnds(server.url, id);
  assert.equal(status, 'CANCELLED');
  assert.ok(rows.updated > 0 && rows.updated < skus.length, String(rows.updated));
  await held.release();
  const undone = await undo(server, id);
  assert.equal(undone.rows['updated'], rows.updated);
  assert.deepEqual(await catalogueOf(server), before);
});

test('an undo waits for a later import that is merging, and keeps what that has changed', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const { id } = await importAndWait(server.url, fileOf('a,Ann,1', 'b,Bob,1'));
  const held = await holdMerges(t, server);
  const later = expectNoErrors(await upload(server.url, 'later.csv', fileOf('a,Anna,2')));
  await waitForWaiting(server, 'merge');
  const { undoImport } = expectNoErrors(
    await query<{ undoImport: { id: string } }>(server.url, UNDO, { id }),
  );
  await waitForWaiting(server, 'merge turn');
  await held.release();
  await importEnds(server.url, undoImport.id);
  const { rows } = await stateOf(server, undoImport.id);
  assert.deepEqual(rows, { read: 2, inserted: 0, updated: 0, deleted: 1, kept: 1, unchanged: 0 });
  const [kept] = expectNoErrors(
    await query<{ import: { keptProducts: { nodes: object[] } } }>(
      server.url,
      'query ($id: ID!) { import(id: $id) { keptProducts { nodes { sku kind changedBy { id } } } } }',
      { id: undoImport.id },
    ),
  ).import.keptProducts.nodes;
  assert.deepEqual(kept, { sku: 'a', kind: 'UPDATED', changedBy: { id: later.importProducts.id } });
  await expectExactCounts(server);
});

test('products that a source has deleted come back without its claim', async (t) => {
  const server = await startSourcesServer(t);
  const host = await startFileHost(t);
  host.serve('/file', fileOf('a,Ann,1', 'b,Bob,1'));
  const url = `${host.url}/file`;
  const { id } = await addSource(server, { name: 'file', url, mode: 'REPLACE', maxDeletedShare: 1 });
  const first = await sourceImported(server, id);
  const before = await catalogueOf(server);
  host.serve('/file', fileOf('a,Ann,1'));
  await commandSource(server, 'syncDataSource', id);
  const { lastImport } = await sourceImported(server, id, first.lastImport);
  const { rows } = await undo(server, lastImport?.id ?? '');
  assert.deepEqual(rows, { read: 1, inserted: 1, updated: 0, deleted: 0, kept: 0, unchanged: 0 });
  assert.deepEqual(await catalogueOf(server), before);
  const claims = await server.database.sql<{ sku: string }[]>`SELECT sku FROM source_products`;
  assert.deepEqual([...claims], [{ sku: 'a' }]);

  // `a` is deleted by the source, too; what is left of its first import is `b`.
  host.serve('/file', fileOf('b,Bob,1'));
  await commandSource(server, 'syncDataSource', id);
  await sourceImported(server, id, lastImport);
  const { rows: left } = await undo(server, first.lastImport.id);
  assert.deepEqual(left, { read: 2, inserted: 0, updated: 0, deleted: 1, kept: 1, unchanged: 0 });
  assert.deepEqual(await catalogueOf(server), {});
});

test('another server goes on with an undo', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const skus = Array.from({ length: 5000 }, (_, i) => `sku-${String(i).padStart(4, '0')}`);
  const { id } = await importAndWait(server.url, fileOf(...skus.map((sku) => `${sku},Name,1`)));
  const held = await holdLock(t, server, "SELECT FROM products WHERE sku = 'sku-4999' FOR UPDATE");
  const { undoImport } = expectNoErrors(
    await query<{ undoImport: { id: string } }>(server.url, UNDO, { id }),
  );
  await waitForWaiting(server, 'merge');
  const closing = server.close();
  const next = await startTestServer(t, { ...ONE_LANE, databaseUrl: server.database.url });
  await closing;
  await held.release();
  const { status, rows } = await importEnds(next.url, undoImport.id);
  assert.equal(status, 'COMPLETED');
  assert.equal(rows.read, 5000);
  assert.deepEqual(await catalogueOf(next), {});
  await expectExactCounts(next);
});

const SKUS = ['a', 'b', 'c', 'd', 'e', 'f'];
const row = fc.record({ sku: fc.constantFrom(...SKUS), name: fc.constantFrom('Ann', 'Bob', 'Élan') });
const rows = fc.uniqueArray(row, { minLength: 1, selector: ({ sku }) => sku });
const edit = fc.record({
  kind: fc.constantFrom('create' as const, 'update' as const, 'delete' as const),
  sku: fc.constantFrom(...SKUS),
});

test('import A, import B, undo B is import A, but for what was edited after B; undo of that is import B', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const store = new ProductStore(server.database);
  const take = async (edits: { kind: 'create' | 'update' | 'delete'; sku: string }[], text: string) => {
    const touched = new Set<string>();
    for (const { kind, sku } of edits) {
      const taken = {
        create: () => store.create({ sku, name: 'By hand', description: text }),
        update: () => store.update(sku, { description: text }),
        delete: () => store.delete(sku),
      }[kind]();
      if (await taken.then(Boolean, () => false)) touched.add(sku);
    }
    return touched;
  };
  let run = 0;
  await fc.assert(
    fc.asyncProperty(rows, rows, fc.array(edit), fc.array(edit), async (a, b, before, after) => {
      run++;
      const file = (all: typeof a, text: string) =>
        fileOf(...all.map(({ sku, name }) => `${sku},${name},${text}`));
      await importAndWait(server.url, file(a, 'A'));
      await take(before, `before ${run}`);
      const wanted = await catalogueOf(server);
      const { id } = await importAndWait(server.url, file(b, run % 2 ? 'B' : 'A'));
      const ofB = await catalogueOf(server);
      const touched = await take(after, `after ${run}`);
      const edited = await catalogueOf(server);
      const undone = await undo(server, id);
      const found = await catalogueOf(server);
      // An edit and its opposite leave no product, as B did; whether it counts as kept makes no difference then.
      for (const sku of SKUS) {
        const kept = touched.has(sku) && JSON.stringify(edited[sku]) !== JSON.stringify(ofB[sku]);
        const changed = JSON.stringify(ofB[sku]) !== JSON.stringify(wanted[sku]);
        assert.deepEqual(found[sku], changed && !kept ? wanted[sku] : edited[sku], sku);
      }
      const { read = 0, inserted = 0, updated = 0, deleted = 0, kept = 0 } = undone.rows;
      assert.equal(read, inserted + updated + deleted + kept);
      await undo(server, undone.id);
      const redone = await catalogueOf(server);
      for (const sku of SKUS) assert.deepEqual(redone[sku], edited[sku], sku);
    }),
    { numRuns: 8 },
  );
});

test('a product has a history, and an import says what it changed', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const store = new ProductStore(server.database);
  const first = await importAndWait(server.url, fileOf('a,Ann,1', 'b,Bob,1', 'c,Cid,1'));
  const second = await importAndWait(server.url, fileOf('a,Ann,2', 'b,Bob,1', 'd,Dan,1'));
  await store.update('a', { name: 'Anna' });
  await store.delete('c');
  const { id: undoId } = await undo(server, second.id);
  assert.deepEqual(await historyOf(server, 'a'), [
    'UPDATED by an edit: Ann 2 -> Anna 2',
    `UPDATED by ${second.id}: Ann 1 -> Ann 2`,
    `INSERTED by ${first.id}: -> Ann 1`,
  ]);
  assert.deepEqual(await historyOf(server, 'c'), [
    'DELETED by an edit: Cid 1 ->',
    `INSERTED by ${first.id}: -> Cid 1`,
  ]);
  assert.deepEqual(await historyOf(server, 'd'), [
    `DELETED by ${undoId}: Dan 1 ->`,
    `INSERTED by ${second.id}: -> Dan 1`,
  ]);
  assert.deepEqual(await historyOf(server, 'e'), []);

  assert.deepEqual(await changesOf(server, first.id), [
    'a INSERTED: -> Ann 1',
    'b INSERTED: -> Bob 1',
    'c INSERTED: -> Cid 1',
  ]);
  assert.deepEqual(await changesOf(server, second.id), ['a UPDATED: Ann 1 -> Ann 2', 'd INSERTED: -> Dan 1']);
  assert.deepEqual(await changesOf(server, second.id, 'INSERTED'), ['d INSERTED: -> Dan 1']);
  assert.deepEqual(await changesOf(server, undoId), ['d DELETED: Dan 1 ->']);
  const kept = await query<{ import: { keptProducts: { nodes: unknown[] } } }>(
    server.url,
    'query ($id: ID!) { import(id: $id) { keptProducts { nodes { sku kind changedBy { id } } } } }',
    { id: undoId },
  );
  assert.deepEqual(expectNoErrors(kept).import.keptProducts.nodes, [
    { sku: 'a', kind: 'UPDATED', changedBy: null },
  ]);

  // A first load into a catalogue that was emptied.
  for (const sku of ['a', 'b']) await store.delete(sku);
  const third = await importAndWait(server.url, fileOf('a,Ann,3', 'c,Cid,3'));
  await store.update('a', { description: '4' });
  assert.deepEqual((await historyOf(server, 'a')).slice(0, 3), [
    'UPDATED by an edit: Ann 3 -> Ann 4',
    `INSERTED by ${third.id}: -> Ann 3`,
    'DELETED by an edit: Anna 2 ->',
  ]);
  assert.deepEqual(await changesOf(server, third.id), ['a INSERTED: -> Ann 3', 'c INSERTED: -> Cid 3']);
  assert.equal((await historyOf(server, 'c'))[0], `INSERTED by ${third.id}: -> Cid 3`);
});

interface Change {
  sku: string;
  kind: string;
  import: { id: string } | null;
  before: { name: string; description: string } | null;
  after: { name: string; description: string } | null;
}

interface Page {
  nodes: Change[];
  pageInfo: { hasNextPage: boolean; endCursor: string };
}

const CHANGE = `nodes { sku kind import { id } before { name description } after { name description } }
  pageInfo { hasNextPage endCursor }`;

/** Page by page, in both directions. */
async function historyOf(server: TestServer, sku: string): Promise<string[]> {
  const changes = await bothWays(async (args) => {
    const answer = await query<{ productHistory: Page }>(
      server.url,
      `query ($sku: String!) { productHistory(sku: $sku, ${args}) { ${CHANGE} } }`,
      { sku },
    );
    return expectNoErrors(answer).productHistory;
  });
  return changes.map((change) => `${change.kind} by ${change.import?.id ?? 'an edit'}: ${valuesOf(change)}`);
}

async function changesOf(server: TestServer, id: string, kind = 'null'): Promise<string[]> {
  const changes = await bothWays(async (args) => {
    const answer = await query<{ import: { changes: Page } }>(
      server.url,
      `query ($id: ID!) { import(id: $id) { changes(kind: ${kind}, ${args}) { ${CHANGE} } } }`,
      { id },
    );
    return expectNoErrors(answer).import.changes;
  });
  return changes.map((change) => `${change.sku} ${change.kind}: ${valuesOf(change)}`);
}

async function bothWays(read: (args: string) => Promise<Page>): Promise<Change[]> {
  const all: Change[] = [];
  for (let after = ''; ; ) {
    const { nodes, pageInfo } = await read(`first: 2${after}`);
    all.push(...nodes);
    if (!pageInfo.hasNextPage) break;
    after = `, after: "${pageInfo.endCursor}"`;
  }
  assert.deepEqual((await read('last: 500')).nodes, all);
  return all;
}

function valuesOf({ before, after }: Change): string {
  const text = (values: Change['before']) => (values ? `${values.name} ${values.description}` : '');
  return `${text(before)} -> ${text(after)}`.trim();
}

/** Undoes an import and waits until that has ended. */
async function undo(server: TestServer, id: string): Promise<Undone & { id: string }> {
  const answer = await query<{ undoImport: { id: string; kind: string; undoes: { id: string } } }>(
    server.url,
    UNDO,
    { id },
  );
  const { undoImport } = expectNoErrors(answer);
  assert.deepEqual({ kind: undoImport.kind, undoes: undoImport.undoes }, { kind: 'UNDO', undoes: { id } });
  await importEnds(server.url, undoImport.id);
  await expectExactCounts(server);
  return { id: undoImport.id, ...(await stateOf(server, undoImport.id)) };
}

async function stateOf(server: TestServer, id: string): Promise<Undone> {
  const answer = await query<{ import: Undone }>(server.url, ROWS, { id });
  return expectNoErrors(answer).import;
}

async function previewOf(server: TestServer, id: string): Promise<Record<string, number>> {
  const document = 'query ($id: ID!) { undoPreview(id: $id) { inserted updated deleted kept } }';
  const answer = await query<{ undoPreview: Record<string, number> }>(server.url, document, { id });
  return expectNoErrors(answer).undoPreview;
}

async function undoError(server: TestServer, id: string): Promise<string | undefined> {
  const { errors } = await query(server.url, UNDO, { id });
  return errors?.[0]?.extensions?.code;
}

/** A new one when the table was emptied. */
async function fileOfProducts({ database }: TestServer): Promise<number> {
  const [found] = await database.sql<{ file: number }[]>`SELECT pg_relation_filenode('products') AS file`;
  return found?.file ?? 0;
}

/** Each product with its writer and its time. */
async function catalogueOf({ database }: TestServer): Promise<Record<string, string[]>> {
  const products = await database.sql<{ sku: string; values: string[] }[]>`
    SELECT sku, ARRAY[name, description, updated_at::text, changed_by::text] AS values FROM products ORDER BY sku`;
  return Object.fromEntries(products.map(({ sku, values }) => [sku, values]));
}
