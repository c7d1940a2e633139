// Names lead to their products and products to the count of their name, loaded for a whole page at once; products are found by
// lists of SKUs.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { execute, type GraphQLError, parse } from 'graphql';
import { ANYONE } from '../../src/access/identity.ts';
import { ProductCountStore } from '../../src/db/catalogue/counts/count-store.ts';
import { ProductStore } from '../../src/db/catalogue/products/product-store.ts';
import type { Context, Services } from '../../src/resolvers/context.ts';
import { buildSchema } from '../../src/schema/index.ts';
import { insertProducts } from '../db/catalogue/product-fixtures.ts';
import { openCounted } from '../support/database/count-statements.ts';
import { createTestDatabase } from '../support/database/database.ts';

const schema = buildSchema();
const BY_SKUS = `query ($skus: [String!], $first: Int, $after: String, $last: Int, $before: String) {
  products(skus: $skus, first: $first, after: $after, last: $last, before: $before) {
    nodes { sku } totalCount missingSkus edges { cursor }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}`;

async function catalogue(t: TestContext) {
  const local = await createTestDatabase(t);
  await insertProducts(
    local,
    Array.from({ length: 600 }, (_, i) => ({
      sku: `sku-${String(i).padStart(3, '0')}`,
      name: i < 60 ? 'lamp' : `name ${String(i).padStart(3, '0')}`,
    })),
  );
  await local.sql`ANALYZE products`;
  const { database, sentBy } = await openCounted(t, local);
  const services = {
    products: new ProductStore(database),
    productCounts: new ProductCountStore(database),
  } as unknown as Services;
  const contextValue: Context = { services, baseUrl: 'http://127.0.0.1', identity: ANYONE };

  const query = async (text: string, variables: object = {}) => {
    const variableValues = { ...variables };
    const { data, errors } = await execute({ schema, document: parse(text), contextValue, variableValues });
    return { data: JSON.parse(JSON.stringify(data)), errors };
  };
  const countStatements = async (text: string, variables?: object) => {
    let result: Awaited<ReturnType<typeof query>> | undefined;
    const { statements } = await sentBy(async () => {
      result = await query(text, variables);
    });
    return { data: result?.data, statements };
  };
  /** Asserts that a query is refused. @returns the message */
  const refusal = async (text: string, variables?: object) => {
    const [error, ...others] = (await query(text, variables)).errors ?? [];
    assert.deepEqual([codeOf(error), others], ['BAD_USER_INPUT', []]);
    return error?.message ?? '';
  };
  const bySkus = async (variables: object) => {
    const { data } = await query(BY_SKUS, variables);
    const { nodes, ...page } = data.products;
    return { ...page, skus: nodes.map(({ sku }: { sku: string }) => sku) };
  };
  return { query, countStatements, refusal, bySkus };
}

function codeOf(error: GraphQLError | undefined): unknown {
  return (error?.originalError as { code?: unknown } | undefined)?.code;
}

test('names, products and SKUs lead to each other', async (t) => {
  const { query, countStatements, refusal, bySkus } = await catalogue(t);

  await t.test('a page of names with their products takes one statement for all products', async () => {
    const text = `query ($names: Int!, $products: Int!) {
    productCountsByName(first: $names) {
      nodes { name products(first: $products) { totalCount nodes { sku } pageInfo { hasNextPage endCursor } } }
    }
  }`;
    const { data, statements } = await countStatements(text, { names: 500, products: 2 });
    const [lamp, next] = data.productCountsByName.nodes;
    assert.deepEqual(lamp.products.nodes, [{ sku: 'sku-000' }, { sku: 'sku-001' }]);
    assert.deepEqual([lamp.products.totalCount, lamp.products.pageInfo.hasNextPage], [60, true]);
    assert.deepEqual(next.products.nodes, [{ sku: 'sku-060' }]);
    assert.equal(data.productCountsByName.nodes.length, 500);
    const few = await countStatements(text, { names: 2, products: 2 });
    assert.equal(statements, few.statements);

    const rest = await query(
      `query ($after: String) { productCountsByName(first: 1) {
      nodes { products(first: 100, after: $after) { nodes { sku } pageInfo { hasPreviousPage } } }
    } }`,
      { after: lamp.products.pageInfo.endCursor },
    );
    const { products } = rest.data.productCountsByName.nodes[0];
    assert.equal(products.nodes.length, 58);
    assert.equal(products.pageInfo.hasPreviousPage, true);
    const same = await query(
      'query ($after: String) { products(first: 100, after: $after, filter: { name: "lamp" }) { nodes { sku } } }',
      { after: lamp.products.pageInfo.endCursor },
    );
    assert.deepEqual(same.data.products.nodes, products.nodes);
  });

  await t.test('too many products of too many names are refused', async () => {
    const text = '{ productCountsByName(first: 101) { nodes { products(first: 100) { nodes { sku } } } } }';
    assert.match(await refusal(text), /100 products of each of 101 names; together the maximum is 10000/);
    assert.match(
      await refusal('{ productCountsByName(first: 1) { nodes { products(after: "x") { nodes { sku } } } } }'),
      /`after` is not a cursor/,
    );
  });

  await t.test(
    'a page of products with the counts of their names takes one statement for all counts',
    async () => {
      const text = 'query ($first: Int!) { products(first: $first) { nodes { sku nameCount } } }';
      const { data, statements } = await countStatements(text, { first: 500 });
      const { nodes } = data.products;
      assert.deepEqual(
        [nodes[0], nodes[499]],
        [
          { sku: 'sku-000', nameCount: 60 },
          { sku: 'sku-499', nameCount: 1 },
        ],
      );
      assert.equal(statements, (await countStatements(text, { first: 1 })).statements);
    },
  );

  await t.test('products are loaded by their SKUs in one statement', async () => {
    const { data, statements } = await countStatements(
      '{ a: product(sku: "sku-000") { sku } b: product(sku: "none") { sku } c: product(sku: "sku-001") { sku } }',
    );
    assert.deepEqual(data, { a: { sku: 'sku-000' }, b: null, c: { sku: 'sku-001' } });
    assert.equal(statements, 1);
  });

  await t.test(
    'products come in the order of the SKUs that are asked for, each once, without those that do not exist',
    async () => {
      const skus = ['sku-007', 'none', 'sku-001', 'sku-007', '', '\0', 'sku-300'];
      assert.equal((await countStatements(BY_SKUS, { skus })).statements, 1);
      const page = await bySkus({ skus });
      assert.deepEqual(page.skus, ['sku-007', 'sku-001', 'sku-300']);
      assert.equal(page.totalCount, 3);
      assert.deepEqual(page.missingSkus, ['none', '', '\0']);
      assert.deepEqual([page.pageInfo.hasNextPage, page.pageInfo.hasPreviousPage], [false, false]);

      assert.deepEqual((await bySkus({ skus: [] })).skus, []);
      const all = Array.from({ length: 500 }, (_, i) => `sku-${String(499 - i).padStart(3, '0')}`);
      assert.deepEqual((await bySkus({ skus: all })).skus, all);
      assert.equal((await bySkus({ skus: null })).skus.length, 20);
      assert.deepEqual((await bySkus({ skus: null })).missingSkus, []);
    },
  );

  await t.test('a list of SKUs is paged in both directions', async () => {
    const skus = ['sku-005', 'none', 'sku-004', 'sku-003', 'sku-002', 'gone', 'sku-001'];
    const flags = ({ pageInfo }: { pageInfo: { hasPreviousPage: boolean; hasNextPage: boolean } }) => [
      pageInfo.hasPreviousPage,
      pageInfo.hasNextPage,
    ];
    const first = await bySkus({ skus, first: 2 });
    assert.deepEqual(
      [first.skus, flags(first), first.totalCount],
      [['sku-005', 'sku-004'], [false, true], 5],
    );
    const second = await bySkus({ skus, first: 2, after: first.pageInfo.endCursor });
    assert.deepEqual(
      [second.skus, flags(second)],
      [
        ['sku-003', 'sku-002'],
        [true, true],
      ],
    );
    const third = await bySkus({ skus, first: 2, after: second.pageInfo.endCursor });
    assert.deepEqual([third.skus, flags(third)], [['sku-001'], [true, false]]);
    const back = await bySkus({ skus, last: 2, before: third.pageInfo.startCursor });
    assert.deepEqual([back.skus, flags(back)], [second.skus, [true, true]]);
    const none = await bySkus({ skus, after: third.pageInfo.endCursor, before: first.pageInfo.startCursor });
    assert.deepEqual(none.skus, []);
  });

  await t.test('a list of SKUs that is too long, or is combined with a filter, is refused', async () => {
    const skus = Array.from({ length: 501 }, (_, i) => String(i));
    assert.match(await refusal(BY_SKUS, { skus }), /501 SKUs; the maximum is 500/);
    assert.match(
      await refusal('{ products(skus: ["a"], filter: { name: "x" }) { nodes { sku } } }'),
      /cannot be combined with `filter`/,
    );
    const { data } = await query('{ products(first: 1) { edges { cursor } } }');
    const after = data.products.edges[0].cursor;
    assert.match(await refusal(BY_SKUS, { skus: ['a'], after }), /not a cursor of this list/);
    const page = await bySkus({ skus: ['sku-001'] });
    assert.match(
      await refusal(BY_SKUS, { skus: ['sku-002'], after: page.pageInfo.endCursor }),
      /a page with the same `skus`/,
    );
  });
});
