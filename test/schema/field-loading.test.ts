// Fields that need more than the record are loaded in batches for a whole page, and never from a cache.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { execute, parse } from 'graphql';
import { ANYONE } from '../../src/access/identity.ts';
import { ImportList } from '../../src/db/imports/import-list.ts';
import { ImportStore } from '../../src/db/imports/import-store.ts';
import { RowIssueStore } from '../../src/db/imports/row-issue-store.ts';
import { DataSourceStore } from '../../src/db/sources/data-source-store.ts';
import type { Context, Services } from '../../src/resolvers/context.ts';
import { readNewSource } from '../../src/resolvers/sources/data-source-input.ts';
import { buildSchema } from '../../src/schema/index.ts';
import { openCounted } from '../support/database/count-statements.ts';
import { createTestDatabase } from '../support/database/database.ts';

const PAGE = 50;
const schema = buildSchema();

/** A page of imports, each with one rejected row, and as many data sources, each with one of them as its last import. */
async function importsAndSources(t: TestContext) {
  const local = await createTestDatabase(t);
  const imports = new ImportStore(local);
  const sources = new DataSourceStore(local);
  for (let i = 0; i < PAGE; i++) {
    const id = randomUUID();
    await imports.create({ id, fileName: `${i}.csv`, status: 'FAILED', maxRejectedRows: 1, owner: null });
    await local.sql`
      INSERT INTO import_row_issues (import_id, line, kind, code, record) VALUES (${id}, 2, 'REJECTED', 'BLANK_SKU', '')`;
    const url = `https://shop.example/${i}`;
    const { setup } = readNewSource({ name: `source ${i}`, kind: 'HTTP', url }, true);
    const source = await sources.add(randomUUID(), setup, [{ name: 'authorization', value: `key ${i}` }]);
    await local.sql`
      UPDATE data_sources SET last_import_id = ${id}, deletion_import_id = ${id} WHERE id = ${source.id}`;
    await local.sql`
      INSERT INTO data_source_imports (import_id, source_id, revision, mode, max_deleted_share, held, refused_products)
      VALUES (${id}, ${source.id}, 1, 'REPLACE', 0.2, ${i}, 7)`;
    await local.sql`INSERT INTO source_products (sku, source_id) VALUES (${`sku-${i}`}, ${source.id})`;
  }
  const { database, sentBy } = await openCounted(t, local);
  const services = {
    importStore: new ImportStore(database),
    importList: new ImportList(database),
    rowIssues: new RowIssueStore(database),
    dataSources: new DataSourceStore(database),
  } as unknown as Services;
  const contextValue: Context = { services, baseUrl: 'http://127.0.0.1', identity: ANYONE };
  const query = async (text: string) => {
    const { data, errors } = await execute({ schema, document: parse(text), contextValue });
    assert.equal(errors, undefined);
    return JSON.parse(JSON.stringify(data));
  };
  return { local, sentBy, query };
}

test('a page of imports with their sources and issue counts takes two statements', async (t) => {
  const { local, sentBy, query } = await importsAndSources(t);
  const text = `{ imports(first: ${PAGE}) { nodes { source { name } issueCounts { code count } } } }`;
  let nodes: unknown[] = [];
  const { statements } = await sentBy(async () => {
    nodes = (await query(text)).imports.nodes;
  });
  assert.equal(statements, 2);
  assert.equal(nodes.length, PAGE);
  assert.deepEqual(nodes[0], { source: null, issueCounts: [{ code: 'BLANK_SKU', count: 1 }] });

  // In the same context, like the events of a subscription.
  await local.sql`DELETE FROM import_row_issues`;
  assert.deepEqual((await query(text)).imports.nodes[0].issueCounts, []);
});

test('a page of data sources takes one statement for each loaded field', async (t) => {
  const { sentBy, query } = await importsAndSources(t);
  let nodes: unknown[] = [];
  const { statements } = await sentBy(async () => {
    const { dataSources } = await query(`{
      dataSources(first: ${PAGE}) {
        nodes {
          name headerNames productCount heldProductCount
          currentImport { id } lastImport { fileName } deletionToConfirm { products skus }
        }
      }
    }`);
    nodes = dataSources.nodes;
  });
  assert.equal(statements, 6);
  assert.deepEqual(nodes[2], {
    name: 'source 10',
    headerNames: ['authorization'],
    productCount: 1,
    heldProductCount: 10,
    currentImport: null,
    lastImport: { fileName: '10.csv' },
    deletionToConfirm: { products: 7, skus: [] },
  });
});
