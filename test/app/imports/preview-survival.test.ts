// What can happen to an import that is READY, or becomes so, before a client decides: a restart, a crash of the database, a
// server that dies.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sampleChunks } from '../../../src/cli/sample/sample-rows.ts';
import { needsOwnership } from '../../support/database/serving-role.ts';
import { expectCatalogue, expectNothingLeft } from '../../support/imports/catalogue.ts';
import { CatalogueModel } from '../../support/imports/catalogue-model.ts';
import { holdLock, waitForWaiting } from '../../support/imports/hold-lock.ts';
import { importEnds, importReaches, importState } from '../../support/imports/import-state.ts';
import { becomesReady, cancel, commit, importUntilReady, previewOf } from '../../support/imports/previews.ts';
import { expectNoErrors, query, upload } from '../../support/server/graphql-client.ts';
import { ONE_LANE, startTestServer, type TestServer } from '../../support/server/server.ts';
import { startServerProcess } from '../../support/server/server-process.ts';
import { createTemporaryFolder } from '../../support/temporary-folder.ts';

/** Large enough for a first load. */
const LARGE = Buffer.concat([...sampleChunks(60_000, 7)].map(({ bytes }) => bytes));

test('an import that is READY', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const { database, settings } = server;
  const model = new CatalogueModel();
  const file = (text: string) =>
    `name,sku,description\nMug,1,${text}\nCup,2,${text}\nMug,1,${text} again\n,3,none\n`;
  const expected = (text: string) => model.import(file(text).replace(',3,none\n', ''));

  await t.test('survives a restart, and is committed after it', async (t) => {
    const stopped = await startTestServer(t, { ...settings, port: 0 });
    const { id } = await importUntilReady(stopped.url, file('restart'));
    await stopped.close();
    const started = await startTestServer(t, { ...settings, port: 0 });
    assert.equal((await importState(started.url, id))?.status, 'READY');
    assert.equal((await previewOf(started.url, id))?.rows.inserted, 2);
    expectNoErrors(await commit(started.url, id));
    const { rows } = await importEnds(started.url, id);
    assert.deepEqual(rows, { ...expected('restart'), read: 4, rejected: 1 });
    await expectCatalogue(server, model);
    await expectNothingLeft(server);
  });

  await t.test('is read from its file again if the database has lost its rows', async () => {
    const { id, preview } = await importUntilReady(server.url, file('lost'));
    await loseStaging(server);
    expectNoErrors(await commit(server.url, id));
    const { rows } = await importEnds(server.url, id);
    const { deleted: _, ...previewed } = preview.rows;
    assert.deepEqual(rows, previewed);
    assert.deepEqual(rows, { ...expected('lost'), read: 4, rejected: 1 });
    const issues = await database.sql`
      SELECT line, kind FROM import_row_issues WHERE import_id = ${id} ORDER BY line`;
    assert.deepEqual(
      [...issues],
      [
        { line: 2, kind: 'SUPERSEDED' },
        { line: 5, kind: 'REJECTED' },
      ],
    );
    await expectCatalogue(server, model);
    await expectNothingLeft(server);
  });

  await t.test('is committed and discarded by a server that does not have its file', async (t) => {
    const elsewhere = await startTestServer(t, {
      ...settings,
      port: 0,
      dataDir: await createTemporaryFolder(t),
    });
    const committed = await importUntilReady(server.url, file('elsewhere'));
    expectNoErrors(await commit(elsewhere.url, committed.id));
    assert.equal((await importEnds(elsewhere.url, committed.id)).status, 'COMPLETED');
    expected('elsewhere');
    await expectCatalogue(server, model);
    const discarded = await importUntilReady(server.url, file('discarded'));
    assert.equal(expectNoErrors(await cancel(elsewhere.url, discarded.id)).cancelImport.status, 'CANCELLED');

    // That server has neither its rows nor its file.
    const lost = await importUntilReady(server.url, file('far'));
    await loseStaging(server);
    expectNoErrors(await commit(elsewhere.url, lost.id));
    const failed = await importEnds(elsewhere.url, lost.id);
    assert.equal(failed.error?.code, 'SPOOL_UNAVAILABLE');
    await expectCatalogue(server, model);
    const RETRY = 'mutation ($id: ID!) { retryImport(id: $id) { status } }';
    expectNoErrors(await query(server.url, RETRY, { id: lost.id }));
    assert.equal((await importEnds(server.url, lost.id)).status, 'COMPLETED');
    expected('far');
    await expectCatalogue(server, model);
  });

  await t.test('belongs to nobody who could die; one that is committed is taken over', async (t) => {
    const killed = await startServerProcess(t, server);
    const { id } = await importUntilReady(killed.url, file('killed'));
    const held = await holdLock(t, server, "SELECT FROM products WHERE sku = '1' FOR UPDATE");
    expectNoErrors(await commit(killed.url, id));
    await waitForWaiting(server, 'merge');
    await killed.kill();
    await held.release();
    assert.equal((await importEnds(server.url, id)).status, 'COMPLETED');
    expected('killed');
    await expectCatalogue(server, model);
    await expectNothingLeft(server);
  });

  await t.test('is previewed by another server if the one that previews it is killed', async (t) => {
    const held = await holdLock(t, server, 'LOCK TABLE product_name_counts IN ACCESS EXCLUSIVE MODE');
    const killed = await startServerProcess(t, server);
    const sent = expectNoErrors(await upload(killed.url, 'a.csv', file('unseen'), { preview: true }));
    const { id } = sent.importProducts;
    await waitForWaiting(server, 'preview');
    await killed.kill();
    await held.release();
    await becomesReady(server.url, id);
    assert.equal((await previewOf(server.url, id))?.rows.updated, 2);
    expectNoErrors(await cancel(server.url, id));
    await expectNothingLeft(server);
  });

  await t.test('is not made READY if it is cancelled while it is previewed', async (t) => {
    const held = await holdLock(t, server, 'LOCK TABLE product_name_counts IN ACCESS EXCLUSIVE MODE');
    const sent = expectNoErrors(await upload(server.url, 'a.csv', file('unseen'), { preview: true }));
    await waitForWaiting(server, 'preview');
    assert.equal(
      expectNoErrors(await cancel(server.url, sent.importProducts.id)).cancelImport.status,
      'CANCELLED',
    );
    await held.release();
    await expectNothingLeft(server);
  });

  await t.test('is previewed again if the database aborts its preview', async (t) => {
    const held = await holdLock(t, server, 'LOCK TABLE product_name_counts IN ACCESS EXCLUSIVE MODE');
    const sent = expectNoErrors(await upload(server.url, 'a.csv', file('aborted'), { preview: true }));
    const { id } = sent.importProducts;
    await waitForWaiting(server, 'preview');
    await database.sql`
      SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND application_name LIKE 'loadstone preview @%'`;
    await importReaches(server.url, id, 'it is tried again', ({ waitingFor }) => waitingFor === 'DATABASE');
    await waitForWaiting(server, 'preview');
    await held.release();
    await becomesReady(server.url, id);
    expectNoErrors(await cancel(server.url, id));
    await expectNothingLeft(server);
  });
});

test('a preview for an empty catalogue leaves the first load to its commit; a second one is merged', {
  skip: needsOwnership(),
}, async (t) => {
  const server = await startTestServer(t);
  const model = new CatalogueModel();
  const [first, second] = [
    await importUntilReady(server.url, LARGE),
    await importUntilReady(server.url, LARGE),
  ];
  const logged = await server.database.sql`
    SELECT FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE nspname = 'loadstone_staging' AND relpersistence = 'p' AND relkind = 'r'
      AND relname NOT LIKE '%\\_superseded'`;
  assert.equal(logged.length, 2);
  for (const { preview } of [first, second]) {
    assert.deepEqual([preview.rows.inserted, preview.rows.unchanged], [60_000 - preview.rows.superseded, 0]);
    assert.equal(preview.names.length, 50);
    assert.equal(preview.samples.filter(({ kind }) => kind === 'INSERTED').length, 50);
  }
  const { deleted: _, ...previewed } = first.preview.rows;

  expectNoErrors(await commit(server.url, first.id));
  assert.deepEqual((await importEnds(server.url, first.id)).rows, previewed);
  model.import(LARGE);
  const loads = await server.database.sql`
    SELECT is_first_load FROM import_partitions WHERE import_id = ${first.id}`;
  assert.deepEqual([...loads], [{ is_first_load: true }]);
  await expectCatalogue(server, model);

  expectNoErrors(await commit(server.url, second.id));
  assert.equal((await importEnds(server.url, second.id)).rows.unchanged, previewed.inserted);
  await expectCatalogue(server, model);
  await expectNothingLeft(server);
});

/** As a crash of the database does: unlogged tables are empty after it. */
async function loseStaging({ database }: TestServer): Promise<void> {
  const tables = await database.sql<{ name: string }[]>`
    SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname = 'loadstone_staging'`;
  await database.sql.unsafe(`TRUNCATE ${tables.map(({ name }) => name).join(', ')}`);
}
