// Imports are deleted, by a client or when they are old: with what belongs to them, and nothing that others need.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { verifyCatalogue } from '../../../src/db/catalogue/verification/verify-catalogue.ts';
import { deleteImport, removeOldImports } from '../../../src/db/imports/delete-imports.ts';
import type { Database } from '../../../src/db/postgres/connection/database.ts';
import { createTestDatabase } from '../../support/database/database.ts';
import { expectExactCounts, expectNothingLeft } from '../../support/imports/catalogue.ts';
import { holdLock, holdMerges, waitForWaiting } from '../../support/imports/hold-lock.ts';
import { importEnds } from '../../support/imports/import-state.ts';
import { expectNoErrors, importAndWait, query, upload } from '../../support/server/graphql-client.ts';
import { ONE_LANE, startTestServer, type TestServer } from '../../support/server/server.ts';
import { startServerProcess } from '../../support/server/server-process.ts';
import { waitUntil } from '../../support/wait-until.ts';

const DELETE = 'mutation ($id: ID!) { deleteImport(id: $id) { id status } }';
const UNDO = 'mutation ($id: ID!) { undoImport(id: $id) { id } }';
const fileOf = (...rows: string[]) => `sku,name,description\n${rows.join('\n')}\n`;

test('a deleted import is gone at once, its rows follow, and its id is not used again', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const first = await importAndWait(server.url, fileOf('a,Ann,1', 'b,Bob,1'));
  const id = randomUUID();
  const file = fileOf('a,Ann,2', 'a,Ann,3', ',No SKU,', 'c,Cid,1');
  await importAndWait(server.url, file, { id });
  await expectNoErrors(
    await query(server.url, 'mutation { updateProduct(sku: "c", input: { name: "Eve" }) { sku } }'),
  );
  assert.deepEqual(await answerOf(server, DELETE, id), { deleteImport: { id, status: 'COMPLETED' } });
  assert.deepEqual(await answerOf(server, DELETE, id), { deleteImport: null }, 'a second time has no effect');
  const gone = '($id: ID!) { import(id: $id) { id } node(id: $id) { id } imports { totalCount } }';
  assert.deepEqual(await answerOf(server, `query ${gone}`, id), {
    import: null,
    node: null,
    imports: { totalCount: 1 },
  });
  const mutations = ['undoImport', 'cancelImport', 'retryImport', 'commitImport'];
  for (const field of mutations) {
    assert.equal(
      await codeOf(server, `mutation ($id: ID!) { ${field}(id: $id) { id } }`, id),
      'IMPORT_DELETED',
    );
  }
  const correct = `mutation ($id: ID!) { correctRows(id: $id, rows: [{ line: 4, values: ["d", "Dan", ""] }]) { id } }`;
  assert.equal(await codeOf(server, correct, id), 'IMPORT_DELETED');
  const again = await upload(server.url, 'again.csv', file, { id });
  assert.equal(again.errors?.[0]?.extensions?.code, 'IMPORT_DELETED');
  assert.equal((await rowsOf(server.database, id)).issues, 2);
  await clear(server.database);
  assert.deepEqual(await rowsOf(server.database, id), { issues: 0, partitions: 0, changes: 1 });
  // What is left of its changes leads from the first import, which still can be undone.
  const undo = expectNoErrors(
    await query<{ undoImport: { id: string } }>(server.url, UNDO, { id: first.id }),
  );
  assert.equal((await importEnds(server.url, undo.undoImport.id)).status, 'COMPLETED');
  const history = '{ productHistory(sku: "a") { nodes { kind isImportDeleted import { id } } } }';
  const { productHistory } = expectNoErrors(
    await query<{ productHistory: { nodes: object[] } }>(server.url, history),
  );
  assert.deepEqual(productHistory.nodes.at(0), { kind: 'UPDATED', isImportDeleted: true, import: null });
  assert.deepEqual(productHistory.nodes.at(-1), {
    kind: 'INSERTED',
    isImportDeleted: false,
    import: { id: first.id },
  });
  await expectExactCounts(server);
  await expectNothingLeft(server);
});

test('an import is not deleted while it runs, is undone, or belongs to one that is there', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  assert.equal(await codeOf(server, DELETE, randomUUID()), 'NOT_FOUND');
  assert.equal(await codeOf(server, DELETE, 'x'), 'BAD_USER_INPUT');
  const { id } = await importAndWait(server.url, fileOf('a,Ann,1'));
  const held = await holdMerges(t, server);
  const running = expectNoErrors(await upload(server.url, 'b.csv', fileOf('b,Bob,1'))).importProducts.id;
  assert.equal(await codeOf(server, DELETE, running), 'IMPORT_IN_USE');
  await held.release();
  await importEnds(server.url, running);
  const again = await holdMerges(t, server);
  const undo = expectNoErrors(await query<{ undoImport: { id: string } }>(server.url, UNDO, { id }))
    .undoImport.id;
  await waitForWaiting(server, 'merge');
  assert.equal(await codeOf(server, DELETE, id), 'IMPORT_IN_USE');
  await again.release();
  await importEnds(server.url, undo);
  assert.equal(await codeOf(server, DELETE, undo), 'IMPORT_IN_USE');
  assert.ok(await answerOf(server, DELETE, id));
  assert.ok(await answerOf(server, DELETE, undo));
});

test('old imports are deleted in batches by one process at a time, and others are kept', async (t) => {
  const database = await createTestDatabase(t);
  const { sql } = database;
  const source = randomUUID();
  const ids = {
    old: randomUUID(),
    young: randomUUID(),
    retryable: randomUUID(),
    ready: randomUUID(),
    waited: randomUUID(),
  };
  const ended = async (id: string, days: number, more: Record<string, string | null> = {}) => {
    const row = { id, file_name: '', status: 'COMPLETED', max_rejected_rows: 0, ...more };
    await sql`INSERT INTO imports ${sql(row)}`;
    if (days > 0)
      await sql`UPDATE imports SET finished_at = now() - make_interval(days => ${days}) WHERE id = ${id}`;
  };
  await ended(ids.old, 31);
  await ended(ids.young, 29);
  await ended(ids.retryable, 31, {
    retry_until: new Date(Date.now() + 60_000).toISOString(),
    status: 'FAILED',
  });
  await ended(ids.ready, 0, { status: 'READY' });
  await ended(ids.waited, 31);
  await sql`
    INSERT INTO data_sources (id, name, kind, url, interval_seconds, mode, max_deleted_share, deletion_import_id)
    VALUES (${source}, 's', 'HTTP', 'http://a', 60, 'REPLACE', 0, ${ids.waited})`;
  await sql`
    INSERT INTO import_row_issues (import_id, line, kind, code, record)
    SELECT ${ids.old}, line, 'REJECTED', 'EMPTY_SKU', '' FROM generate_series(1, 5000) line`;
  assert.deepEqual(await removeOldImports(database, 0), { hasMore: false });
  // Stopped after each batch, as if the process had been killed there.
  const left = [];
  for (let more = true; more; ) {
    more = (await removeOldImports(database, 30)).hasMore;
    left.push((await rowsOf(database, ids.old)).issues);
  }
  assert.deepEqual(left, [3000, 1000, 0, 0]);
  const kept = await sql<{ id: string }[]>`SELECT id FROM imports`;
  const { old: _, ...others } = ids;
  assert.deepEqual(kept.map(({ id }) => id).sort(), Object.values(others).sort());
  assert.deepEqual(await deleteImport(database, ids.waited), { kind: 'SOURCE', sourceId: source });
  await sql.begin(async (tx) => {
    await tx`SELECT pg_advisory_xact_lock(5006781011)`;
    await sql`UPDATE imports SET finished_at = now() - interval '31 days' WHERE id = ${ids.young}`;
    assert.deepEqual(await removeOldImports(database, 30), { hasMore: false }, 'another process does it');
  });
  assert.equal((await removeOldImports(database, 30)).hasMore, true);
});

test('a server that is killed while it clears an import away leaves nothing that the next one does not', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const first = await importAndWait(server.url, fileOf('a,Ann,1', 'b,Bob,1'));
  const rejected = Array.from({ length: 5000 }, (_, index) => `,No SKU,${index}`);
  const { id } = await importAndWait(server.url, fileOf('a,Ann,2', 'c,Cid,1', ...rejected));
  const before = await server.database.sql`SELECT * FROM products ORDER BY sku`;
  await server.close();
  const { database } = server;
  assert.equal(await deleteImport(database, id), undefined);

  // It is killed in its second batch, of which it has deleted a part.
  const held = await holdLock(
    t,
    server,
    `SELECT FROM import_row_issues WHERE import_id = '${id}' AND line = 3000 FOR UPDATE`,
  );
  const killed = await startServerProcess(t, server);
  const deleting = () => database.sql`
    SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
      AND query LIKE 'DELETE FROM import_row_issues%'`;
  await waitUntil('it deletes issues', async () => (await deleting()).length === 1);
  await killed.kill();
  await held.release();
  await waitUntil('its connection has ended', async () => (await deleting()).length === 0);
  assert.equal((await rowsOf(database, id)).issues, 3000, 'the batch in progress is undone as a whole');

  await startServerProcess(t, server);
  const isCleared = async () => {
    const [found] =
      await database.sql`SELECT FROM deleted_imports WHERE id = ${id} AND cleared_at IS NOT NULL`;
    return found !== undefined;
  };
  await waitUntil('another server has cleared it away', isCleared);
  assert.deepEqual(await tablesNaming(database, id), ['deleted_imports.id']);
  assert.deepEqual([...(await database.sql`SELECT * FROM products ORDER BY sku`)], [...before]);
  const verified = await verifyCatalogue(database, () => {}, t.signal);
  assert.ok(verified.equal);
  assert.ok((await rowsOf(database, first.id)).partitions > 0);
});

test('a subscription to an import that is deleted ends with the reason', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const { id } = await importAndWait(server.url, fileOf('a,Ann,1'));
  const other = await startTestServer(t, { ...ONE_LANE, databaseUrl: server.settings.databaseUrl });
  await answerOf(server, DELETE, id);
  for (const { url } of [server, other]) {
    const text = await follow(url, id);
    assert.match(text, /"code":"IMPORT_DELETED"/);
    assert.match(text, /event: complete/);
  }
});

async function follow(url: string, id: string): Promise<string> {
  const answer = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
    body: JSON.stringify({ query: `subscription { importProgress(id: "${id}") { status } }` }),
    signal: AbortSignal.timeout(10_000),
  });
  return answer.text();
}

async function answerOf(server: TestServer, document: string, id: string): Promise<object> {
  return expectNoErrors(await query<object>(server.url, document, { id }));
}

async function codeOf(server: TestServer, document: string, id: string): Promise<unknown> {
  return (await query(server.url, document, { id })).errors?.[0]?.extensions?.code;
}

async function clear(database: Database): Promise<void> {
  for (let more = true; more; ) more = (await removeOldImports(database, 0)).hasMore;
}

/** The columns of all tables in which this id is, as table.column. */
async function tablesNaming({ sql }: Database, id: string): Promise<string[]> {
  const columns = await sql<{ table: string; column: string }[]>`
    SELECT table_name AS "table", column_name AS "column" FROM information_schema.columns
    JOIN information_schema.tables USING (table_schema, table_name)
    WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND data_type = 'uuid' ORDER BY 1, 2`;
  assert.ok(columns.some(({ table }) => table === 'import_row_issues'));
  const found = [];
  for (const { table, column } of columns) {
    const [row] = await sql`SELECT FROM ${sql(table)} WHERE ${sql(column)} = ${id} LIMIT 1`;
    if (row) found.push(`${table}.${column}`);
  }
  return found;
}

async function rowsOf({ sql }: Database, id: string) {
  const [rows] = await sql<{ issues: number; partitions: number; changes: number }[]>`
    SELECT (SELECT count(*) FROM import_row_issues WHERE import_id = ${id}) AS issues,
      (SELECT count(*) FROM import_partitions WHERE import_id = ${id}) AS partitions,
      (SELECT count(*) FROM product_changes JOIN deleted_imports ON number = import_number WHERE deleted_imports.id = ${id}) AS changes`;
  return rows ?? assert.fail();
}
