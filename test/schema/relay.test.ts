// Clients that follow Relay's conventions: any object by its ID, and lists with their total.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { execute, parse } from 'graphql';
import { ANYONE } from '../../src/access/identity.ts';
import { ProductStore } from '../../src/db/catalogue/products/product-store.ts';
import { ImportStore } from '../../src/db/imports/import-store.ts';
import { DataSourceStore } from '../../src/db/sources/data-source-store.ts';
import { ImportProfileStore } from '../../src/db/sources/import-profile-store.ts';
import type { Services } from '../../src/resolvers/context.ts';
import { buildSchema } from '../../src/schema/index.ts';
import { openCounted } from '../support/database/count-statements.ts';
import { importUntilReady } from '../support/imports/previews.ts';
import { expectNoErrors, importAndWait, query } from '../support/server/graphql-client.ts';
import { ONE_LANE, startTestServer, type TestServer } from '../support/server/server.ts';
import { addSource, NEVER } from '../support/sources/data-sources.ts';

const NODES =
  'query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id ... on Product { sku } ... on Import { fileName } } }';
const SKUS = ['a-1', 'Ä ö/+?', '😀\u{10ffff}', `${'x'.repeat(255)}\uffff`, 'a,"b"'];
/** Rows that are superseded, rejected for two reasons, and superseded in the file that they were downloaded from. */
const WITH_ISSUES = `name,sku,description,line,code,message,record
Ada,r-1,first,,,,
Ada,r-1,second,,,,
,r-2,no name,,,,
,r-3,no name,,,,
Bob,,no sku,,,,
Cid,r-4,older,9,SUPERSEDED,,
Dan,r-5,fine,,,,
`;

async function startServer(t: TestContext) {
  const server = await startTestServer(t, { ...ONE_LANE, allowPrivateSources: true });
  const products = `name,sku,description\n${SKUS.map((sku) => `N,"${sku.replaceAll('"', '""')}",d\n`).join('')}`;
  const first = await importAndWait(server.url, products, { fileName: 'first.csv' });
  assert.equal(first.rows.inserted, SKUS.length);
  const source = await addSource(server, { url: 'http://127.0.0.1:9/none.csv', intervalSeconds: NEVER });
  const save = 'mutation { saveImportProfile(input: { name: "ERP" }) { id } }';
  const saved = expectNoErrors(await query<{ saveImportProfile: { id: string } }>(server.url, save));
  return { server, importId: first.id, sourceId: source.id, profileId: saved.saveImportProfile.id };
}

interface Node {
  __typename: string;
  id: string;
  sku?: string;
}

async function productIds({ url }: TestServer): Promise<Map<string, string>> {
  const text = 'query ($skus: [String!]) { products(skus: $skus) { nodes { id sku } } }';
  const data = expectNoErrors(
    await query<{ products: { nodes: { id: string; sku: string }[] } }>(url, text, { skus: SKUS }),
  );
  return new Map(data.products.nodes.map(({ id, sku }) => [sku, id]));
}

test('objects are found by their IDs, and lists have totals', async (t) => {
  const { server, importId, sourceId, profileId } = await startServer(t);
  const ids = await productIds(server);

  await t.test('any object is found by the ID that it has', async () => {
    const asked = [profileId, ...ids.values(), sourceId, importId.toUpperCase(), importId];
    const { nodes } = expectNoErrors(await query<{ nodes: Node[] }>(server.url, NODES, { ids: asked }));
    assert.deepEqual(
      nodes.map((node) => [node.__typename, node.id, node.sku]),
      [
        ['ImportProfile', profileId, undefined],
        ...SKUS.map((sku) => ['Product', ids.get(sku), sku]),
        ['DataSource', sourceId, undefined],
        ['Import', importId, undefined],
        ['Import', importId, undefined],
      ],
    );
    assert.equal(new Set(ids.values()).size, SKUS.length);
    for (const id of ids.values()) assert.match(id, /^[\w-]+$/);
  });

  await t.test('what does not exist is null, and what is no ID is null with an error', async () => {
    const idOf = (text: string) => Buffer.from(text).toString('base64url');
    const unknown = [randomUUID(), idOf('Product:none'), idOf('Product:'), idOf('Product:\0')];
    const wrong = ['', 'a-1', 'Product:a-1', `${ids.get('a-1')}=`, idOf('Import:1'), 'x'.repeat(10_000)];
    const { data, errors = [] } = await query<{ nodes: (Node | null)[] }>(server.url, NODES, {
      ids: [...unknown, ...wrong, importId],
    });
    assert.deepEqual(
      data?.nodes.map((node) => node?.__typename ?? null),
      [...Array(unknown.length + wrong.length).fill(null), 'Import'],
    );
    assert.deepEqual(
      errors.map(({ path, extensions }) => [path, extensions?.code]),
      wrong.map((_, index) => [['nodes', unknown.length + index], 'BAD_USER_INPUT']),
    );
    for (const { message } of errors) assert.ok(message.length < 200, message);

    const one = 'query ($id: ID!) { node(id: $id) { id } product(sku: "a-1") { sku } }';
    const missing = await query(server.url, one, { id: randomUUID() });
    assert.deepEqual(expectNoErrors(missing), { node: null, product: { sku: 'a-1' } });
    const refused = await query(server.url, one, { id: 'a-1' });
    assert.deepEqual(refused.data, { node: null, product: { sku: 'a-1' } });
    assert.equal(refused.errors?.[0]?.extensions?.code, 'BAD_USER_INPUT');
    const many = await query(server.url, NODES, { ids: Array(501).fill(importId) });
    assert.match(many.errors?.[0]?.message ?? '', /501 IDs; the maximum is 500/);
  });

  await t.test('an import with the ID of a data source does not take its place', async () => {
    await importAndWait(server.url, 'name,sku,description\nN,a-1,d\n', { id: sourceId });
    const { nodes } = expectNoErrors(await query<{ nodes: Node[] }>(server.url, NODES, { ids: [sourceId] }));
    assert.equal(nodes[0]?.__typename, 'DataSource');
  });

  await t.test('a removed data source is not found any more', async () => {
    const other = await addSource(server, {
      name: 'other',
      url: 'http://127.0.0.1:9/',
      intervalSeconds: NEVER,
    });
    const remove = 'mutation ($id: ID!) { removeDataSource(id: $id) { id } }';
    expectNoErrors(await query(server.url, remove, { id: other.id }));
    assert.deepEqual(expectNoErrors(await query(server.url, NODES, { ids: [other.id] })), { nodes: [null] });
  });

  await t.test('the rejected and superseded rows of an import are counted by kind and code', async () => {
    const completed = await importAndWait(server.url, WITH_ISSUES);
    const ready = await importUntilReady(server.url, WITH_ISSUES);
    for (const { id } of [completed, ready]) {
      const text = `query ($id: ID!) { import(id: $id) {
        all: issues { ...page } rejected: issues(kind: REJECTED) { ...page } superseded: issues(kind: SUPERSEDED) { ...page }
        blankName: issues(code: BLANK_NAME) { ...page } none: issues(kind: SUPERSEDED, code: BLANK_NAME) { ...page }
        sup: issues(code: SUPERSEDED) { ...page }
      } }
      fragment page on RowIssueConnection { totalCount nodes { line } }`;
      const data = expectNoErrors(await query<{ import: Record<string, Counted> }>(server.url, text, { id }));
      for (const [name, { totalCount, nodes }] of Object.entries(data.import)) {
        assert.equal(totalCount, nodes.length, `${name} of ${id}`);
      }
      assert.equal(data.import['blankName']?.totalCount, 2);
    }
  });

  await t.test('imports, data sources and profiles are counted, as the filter says', async () => {
    const text = `{
      all: imports(first: 500) { totalCount nodes { id } } one: imports(first: 1) { totalCount }
      completed: imports(first: 500, filter: { status: COMPLETED }) { totalCount nodes { id } }
      ofSource: imports(filter: { sourceId: "${sourceId}" }) { totalCount nodes { id } }
      dataSources { totalCount nodes { id } } importProfiles { totalCount nodes { id } }
    }`;
    const { one, ...lists } = expectNoErrors(await query<Record<string, Counted>>(server.url, text));
    for (const [name, { totalCount, nodes }] of Object.entries(lists)) {
      assert.equal(totalCount, nodes.length, name);
    }
    assert.equal(one?.totalCount, lists['all']?.totalCount);
    assert.deepEqual([lists['dataSources']?.totalCount, lists['importProfiles']?.totalCount], [1, 1]);
    assert.notEqual(lists['completed']?.totalCount, lists['all']?.totalCount);
  });

  await t.test('what an undo kept is counted', async () => {
    const undone = await importAndWait(server.url, 'name,sku,description\nN,k-1,1\nN,k-2,1\nN,k-3,1\n');
    const edits = await importAndWait(server.url, 'name,sku,description\nN,k-1,2\nN,k-2,2\n');
    const undo = 'mutation ($id: ID!) { undoImport(id: $id) { id } }';
    const { undoImport } = expectNoErrors(
      await query<{ undoImport: { id: string } }>(server.url, undo, { id: undone.id }),
    );
    await t.waitFor(
      async () => {
        const text = `query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Import { status keptProducts(first: 1) { totalCount } } } }`;
        const { nodes } = expectNoErrors(
          await query<{ nodes: object[] }>(server.url, text, { ids: [undoImport.id, edits.id] }),
        );
        assert.deepEqual(nodes, [
          { status: 'COMPLETED', keptProducts: { totalCount: 2 } },
          { status: 'COMPLETED', keptProducts: { totalCount: 0 } },
        ]);
      },
      { interval: 100, timeout: 30_000 },
    );
  });

  await t.test('nodes take one statement for each table', async () => {
    const { database, sentBy } = await openCounted(t, server.database);
    const services = {
      products: new ProductStore(database),
      importStore: new ImportStore(database),
      dataSources: new DataSourceStore(database),
      profiles: new ImportProfileStore(database),
    } as unknown as Services;
    const schema = buildSchema();
    const statements = async (text: string, variableValues: Record<string, unknown>) => {
      const document = parse(text);
      const sent = await sentBy(async () => {
        const contextValue = { services, baseUrl: '', identity: ANYONE };
        const { errors } = await execute({ schema, document, contextValue, variableValues });
        assert.equal(errors, undefined);
      });
      return sent.statements;
    };
    const asked = [...ids.values(), importId, sourceId, profileId, randomUUID()];
    assert.equal(await statements(NODES, { ids: asked }), 4);
    assert.equal(await statements(NODES, { ids: [...ids.values()] }), 1);
    const aliases = asked.map((id, index) => `n${index}: node(id: "${id}") { id }`).join(' ');
    assert.equal(await statements(`{ ${aliases} }`, {}), 4);
  });
});

interface Counted {
  totalCount: number;
  nodes: object[];
}
