// What clients, subscribers, imports and housekeeping do to the database does not keep the others from it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildSchema } from '../../../src/schema/index.ts';
import { needsOneNode } from '../../support/database/cluster.ts';
import { holdLock } from '../../support/imports/hold-lock.ts';
import { expectNoErrors, importAndWait, query } from '../../support/server/graphql-client.ts';
import { ONE_LANE, startTestServer, type TestServer } from '../../support/server/server.ts';
import { waitUntil } from '../../support/wait-until.ts';

const FILE = 'sku,name,description\na,A,x\nb,B,x\na,A2,x\n,no sku,x\n';

async function waiting({ database }: TestServer, pool: string): Promise<number> {
  const [found] = await database.sql<[{ count: number }]>`
    SELECT count(*) AS count FROM pg_stat_activity
    WHERE datname = current_database() AND application_name LIKE ${`loadstone ${pool} @%`} AND wait_event_type = 'Lock'`;
  return found.count;
}

test('queries and edits that wait keep neither an import, its progress nor housekeeping from the database', {
  // Elsewhere, edits wait on the node of the product, where they are not told apart.
  skip: needsOneNode(),
}, async (t) => {
  const server = await startTestServer(t, { ...ONE_LANE, queryTimeoutSeconds: 0 });
  await importAndWait(server.url, FILE);

  const queried = await holdLock(t, server, 'LOCK TABLE import_profiles IN ACCESS EXCLUSIVE MODE');
  const slow = Array.from({ length: 30 }, () => query(server.url, '{ importProfiles { nodes { name } } }'));
  await waitUntil('queries take their whole pool', async () => (await waiting(server, 'reads')) === 10);
  // Progress is followed to the end of the import.
  assert.equal((await importAndWait(server.url, FILE)).status, 'COMPLETED');
  const edited = 'mutation { updateProduct(sku: "b", input: { description: "y" }) { description } }';
  expectNoErrors(await query(server.url, edited));
  assert.equal((await fetch(`${server.url}/readyz`)).status, 200);

  const product = await holdLock(t, server, `SELECT FROM products WHERE sku = 'b' FOR UPDATE`);
  const edits = Array.from({ length: 10 }, () => query(server.url, edited));
  await waitUntil('edits take their whole pool', async () => (await waiting(server, 'edits')) === 4);
  assert.equal((await importAndWait(server.url, FILE.replace('b,B', 'c,C'))).status, 'COMPLETED');
  await queried.release();
  for (const answer of await Promise.all(slow)) expectNoErrors(answer);
  expectNoErrors(await query(server.url, '{ product(sku: "b") { name } }'));
  await product.release();
  for (const answer of await Promise.all(edits)) expectNoErrors(answer);
});

test('imports and housekeeping that wait do not keep queries and edits from the database', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  await importAndWait(server.url, FILE);
  const held = await holdLock(t, server, 'LOCK TABLE imports IN ACCESS EXCLUSIVE MODE');
  const cancel = 'mutation { cancelImport(id: "00000000-0000-4000-8000-000000000000") { id } }';
  const cancels = Array.from({ length: 12 }, () => query(server.url, cancel));
  await waitUntil('imports take their whole pool', async () => (await waiting(server, 'imports')) === 6);
  await waitUntil('housekeeping waits', async () => (await waiting(server, 'housekeeping')) > 0);
  expectNoErrors(await query(server.url, '{ products(first: 5) { nodes { sku } totalCount } }'));
  expectNoErrors(
    await query(server.url, 'mutation { updateProduct(sku: "a", input: { name: "Z" }) { name } }'),
  );
  await held.release();
  for (const { errors } of await Promise.all(cancels))
    assert.equal(errors?.[0]?.extensions?.code, 'NOT_FOUND');
});

test('every query fails with QUERY_TIMEOUT where the database takes too long; an edit waits', async (t) => {
  // None waits for its turn, which it would do for a second at most.
  const server = await startTestServer(t, { ...ONE_LANE, queryTimeoutSeconds: 1, maxExpensiveQueries: 0 });
  const { id } = await importAndWait(server.url, FILE);
  const tables = await server.database.sql<{ name: string }[]>`
    SELECT quote_ident(tablename) AS name FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'access_tokens'`;
  const node = Buffer.from('a').toString('base64');
  const queries: Record<string, string> = {
    product: '{ product(sku: "a") { sku } }',
    products: '{ products { nodes { sku } } }',
    productHistory: '{ productHistory(sku: "a") { nodes { kind } } }',
    productCountsByName: '{ productCountsByName { nodes { name } } }',
    productCountTotals: '{ productCountTotals { names } }',
    productCountHistogram: '{ productCountHistogram { names } }',
    import: `{ import(id: "${id}") { id } }`,
    imports: '{ imports { nodes { id } } }',
    undoPreview: `{ undoPreview(id: "${id}") { kept } }`,
    dataSource: `{ dataSource(id: "${id}") { id } }`,
    dataSources: '{ dataSources { nodes { id } } }',
    importProfile: `{ importProfile(id: "${id}") { id } }`,
    importProfiles: '{ importProfiles { nodes { id } } }',
    node: `{ node(id: "${id}") { id } }`,
    nodes: `{ nodes(ids: ["${id}", "${node}"]) { id } }`,
  };
  // It reads nothing.
  const others = ['viewer'];
  const all = Object.keys(buildSchema().getQueryType()?.getFields() ?? {});
  assert.deepEqual([...Object.keys(queries), ...others].sort(), all.sort());
  const names = tables.map(({ name }) => name).join(', ');
  const held = await holdLock(t, server, `LOCK TABLE ${names} IN ACCESS EXCLUSIVE MODE`);
  const edit = query(server.url, 'mutation { updateProduct(sku: "a", input: { name: "Z" }) { name } }');
  const answers = await Promise.all(
    Object.entries(queries).map(async ([field, text]) => {
      const { errors } = await query(server.url, text);
      return [field, errors?.[0]?.extensions?.code ?? errors?.[0]?.message];
    }),
  );
  assert.deepEqual(
    answers,
    Object.keys(queries).map((field) => [field, 'QUERY_TIMEOUT']),
  );
  await held.release();
  expectNoErrors(await edit);
});
