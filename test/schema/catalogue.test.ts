// A client reads and changes the catalogue through the API.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type GraphQLObjectType, getNamedType, isLeafType } from 'graphql';
import { buildSchema } from '../../src/schema/index.ts';
import { assertCountsAreExact, insertProducts } from '../db/catalogue/product-fixtures.ts';
import { expectNoErrors, query } from '../support/server/graphql-client.ts';
import { startTestServer } from '../support/server/server.ts';

interface Page<Node> {
  nodes: Node[];
  edges: { node: Node; cursor: string }[];
  totalCount: number;
  pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string; endCursor: string };
}

const PAGE_INFO = 'pageInfo { hasNextPage hasPreviousPage startCursor endCursor }';
const PRODUCTS = `query (
  $first: Int, $after: String, $last: Int, $before: String, $orderBy: ProductOrder, $filter: ProductFilter
) {
  page: products(first: $first, after: $after, last: $last, before: $before, orderBy: $orderBy, filter: $filter) {
    nodes { sku } edges { cursor node { sku name } } totalCount ${PAGE_INFO}
  }
}`;
const COUNTS = `query (
  $first: Int, $after: String, $last: Int, $before: String, $orderBy: ProductCountOrder, $filter: ProductCountFilter
) {
  page: productCountsByName(
    first: $first, after: $after, last: $last, before: $before, orderBy: $orderBy, filter: $filter
  ) {
    nodes { name productCount } edges { cursor } totalCount ${PAGE_INFO}
  }
}`;

async function serverWithProducts(t: TestContext) {
  const { url, database } = await startTestServer(t);
  await insertProducts(
    database,
    Array.from({ length: 25 }, (_, i) => ({
      sku: `sku-${String(i).padStart(2, '0')}`,
      name: i < 15 ? 'Common Lamp' : `Rare ${i}`,
    })),
  );
  const page = async <Node>(document: string, variables: object): Promise<Page<Node>> =>
    expectNoErrors(await query<{ page: Page<Node> }>(url, document, { ...variables })).page;
  const refusal = async (document: string, variables: object) => {
    const { errors } = await query(url, document, { ...variables });
    assert.equal(errors?.length, 1);
    return { code: errors?.[0]?.extensions?.code, message: errors?.[0]?.message ?? '' };
  };
  return { url, database, page, refusal };
}

test('products are paged forwards and backwards', async (t) => {
  const { page } = await serverWithProducts(t);
  const first = await page<{ sku: string }>(PRODUCTS, {});
  assert.equal(first.nodes.length, 20);
  assert.equal(first.totalCount, 25);
  assert.equal(first.pageInfo.hasPreviousPage, false);
  const second = await page<{ sku: string }>(PRODUCTS, { after: first.pageInfo.endCursor });
  assert.deepEqual(
    second.nodes.map(({ sku }) => sku),
    ['sku-20', 'sku-21', 'sku-22', 'sku-23', 'sku-24'],
  );
  assert.equal(second.pageInfo.hasNextPage, false);
  const back = await page<{ sku: string }>(PRODUCTS, { last: 20, before: second.edges[0]?.cursor });
  assert.deepEqual(back.edges, first.edges);
});

test('products are filtered by name, by text in the name and by the beginning of the SKU', async (t) => {
  const { page } = await serverWithProducts(t);
  const total = async (filter: object) => (await page(PRODUCTS, { first: 0, filter })).totalCount;
  assert.equal(await total({ name: 'Common Lamp' }), 15);
  assert.equal(await total({ nameContains: 'LAMP' }), 15);
  assert.equal(await total({ skuPrefix: 'sku-1', nameContains: 'rare' }), 5);
  assert.equal(await total({ search: 'sku-2' }), 5);
  assert.equal(await total({ search: 'LAMP' }), 15);
  assert.equal(await total({ name: null, skuPrefix: null, nameContains: null, search: null }), 25);
});

test('products are found by words and listed in an order, to which cursors are bound', async (t) => {
  const { page, url } = await serverWithProducts(t);
  const skus = async (variables: object) =>
    (await page<{ sku: string }>(PRODUCTS, variables)).nodes.map(({ sku }) => sku);
  assert.deepEqual(await skus({ filter: { words: ' 20\trARE ' } }), ['sku-20']);
  assert.deepEqual(await skus({ filter: { skuContains: 'U-1', words: 'rare' }, orderBy: 'SKU_DESC' }), [
    ...['sku-19', 'sku-18', 'sku-17', 'sku-16', 'sku-15'],
  ]);
  assert.equal((await page(PRODUCTS, { filter: { words: ' \n' } })).totalCount, 25);
  const orders = ['SKU_ASC', 'SKU_DESC', 'NAME_ASC', 'NAME_DESC', 'UPDATED_AT_ASC', 'UPDATED_AT_DESC'];
  for (const orderBy of orders) {
    const all = await skus({ first: 25, orderBy });
    const first = await page<{ sku: string }>(PRODUCTS, { first: 10, orderBy });
    const after = first.pageInfo.endCursor;
    assert.deepEqual(await skus({ first: 25, orderBy, after }), all.slice(10), orderBy);
    for (const other of orders.filter((each) => each !== orderBy)) {
      const { errors } = await query(url, PRODUCTS, { orderBy: other, after });
      assert.equal(errors?.[0]?.extensions?.code, 'BAD_USER_INPUT', `${orderBy}, ${other}`);
      assert.match(errors?.[0]?.message ?? '', /Use a cursor from a page with the same order/);
    }
  }
});

test('a client reads the counts by frequency and by name', async (t) => {
  const { page } = await serverWithProducts(t);
  const top = await page<object>(COUNTS, { first: 1 });
  assert.deepEqual(top.nodes, [{ name: 'Common Lamp', productCount: 15 }]);
  assert.equal(top.totalCount, 11);
  const next = await page<object>(COUNTS, { first: 1, after: top.pageInfo.endCursor });
  assert.deepEqual(next.nodes, [{ name: 'Rare 15', productCount: 1 }]);
  assert.equal(next.pageInfo.hasPreviousPage, true);
  const byName = await page<object>(COUNTS, {
    first: 2,
    orderBy: 'NAME_ASC',
    filter: { namePrefix: 'Rare 2' },
  });
  assert.deepEqual(byName.nodes, [
    { name: 'Rare 20', productCount: 1 },
    { name: 'Rare 21', productCount: 1 },
  ]);
  assert.equal((await page(COUNTS, { filter: { minProductCount: 2 } })).totalCount, 1);
  const back = await page<object>(COUNTS, { last: 1, before: next.pageInfo.startCursor });
  assert.deepEqual(back.nodes, top.nodes);
  const found = await page<object>(COUNTS, { first: 1, filter: { nameContains: 'COMMON' } });
  assert.deepEqual([found.nodes, found.totalCount], [top.nodes, 1]);
});

test('a client reads the histogram and the totals', async (t) => {
  const { url } = await serverWithProducts(t);
  const data = expectNoErrors(
    await query(
      url,
      '{ productCountHistogram { from to names products } productCountTotals { names products } }',
    ),
  );
  const bucket = (from: number, to: number, names: number, products: number) => ({
    from,
    to,
    names,
    products,
  });
  const between = [2, 3, 4, 5, 6, 7, 8, 9, 10].map((count) => bucket(count, count, 0, 0));
  assert.deepEqual(data, {
    productCountHistogram: [bucket(1, 1, 10, 10), ...between, bucket(11, 20, 1, 15)],
    productCountTotals: { names: 11, products: 25 },
  });
});

test('invalid page arguments are rejected with an explanation', async (t) => {
  const { page, refusal } = await serverWithProducts(t);
  const products = await page(PRODUCTS, { first: 1 });
  const counts = await page(COUNTS, { first: 1 });
  const wrong: [string, object][] = [
    [PRODUCTS, { first: 501 }],
    [PRODUCTS, { last: -1 }],
    [PRODUCTS, { first: 1, last: 1 }],
    [PRODUCTS, { after: 'nonsense' }],
    [PRODUCTS, { before: counts.pageInfo.endCursor }],
    [PRODUCTS, { filter: { nameContains: '\0' } }],
    [PRODUCTS, { filter: { skuContains: '\0' } }],
    [PRODUCTS, { filter: { words: 'a \0' } }],
    [PRODUCTS, { filter: { words: 'a b c d e f g h i j k' } }],
    [PRODUCTS, { filter: { words: 'x'.repeat(513) } }],
    [COUNTS, { filter: { words: 'x'.repeat(513) } }],
    [COUNTS, { first: -1 }],
    [COUNTS, { after: products.pageInfo.endCursor }],
    [COUNTS, { after: counts.pageInfo.endCursor, orderBy: 'NAME_ASC' }],
    [COUNTS, { filter: { namePrefix: '\ud800' } }],
    [COUNTS, { filter: { nameContains: '\0' } }],
    [COUNTS, { first: 1, last: 1 }],
    [PRODUCTS, { filter: { search: '\ud800' } }],
  ];
  for (const [document, variables] of wrong) {
    assert.equal((await refusal(document, variables)).code, 'BAD_USER_INPUT', JSON.stringify(variables));
  }
});

test('after a product is renamed, the counts of both names have changed', async (t) => {
  const { url, database, page, refusal } = await serverWithProducts(t);
  const update = `mutation ($sku: String!, $input: UpdateProductInput!) {
    updateProduct(sku: $sku, input: $input) { sku name updatedAt }
  }`;
  const input = { name: 'Rare 15' };
  const { updateProduct } = expectNoErrors(
    await query<{ updateProduct: { name: string; updatedAt: string } }>(url, update, {
      sku: 'sku-00',
      input,
    }),
  );
  assert.equal(updateProduct.name, 'Rare 15');
  const found = expectNoErrors(
    await query(url, '{ product(sku: "sku-00") { name updatedAt } missing: product(sku: "x") { name } }'),
  );
  assert.deepEqual(found, {
    product: { name: 'Rare 15', updatedAt: updateProduct.updatedAt },
    missing: null,
  });
  const counts = await page<object>(COUNTS, { first: 2 });
  assert.deepEqual(counts.nodes, [
    { name: 'Common Lamp', productCount: 14 },
    { name: 'Rare 15', productCount: 2 },
  ]);
  await assertCountsAreExact(database);

  assert.equal((await refusal(update, { sku: 'nowhere', input })).code, 'NOT_FOUND');
  for (const wrong of [{}, { name: null }, { name: ' ' }]) {
    assert.equal((await refusal(update, { sku: 'sku-01', input: wrong })).code, 'BAD_USER_INPUT');
  }
});

test('an update based on an older version fails and returns the newer one', async (t) => {
  const { url, refusal } = await serverWithProducts(t);
  const update = `mutation ($input: UpdateProductInput!, $updatedAt: DateTime) {
    updateProduct(sku: "sku-00", input: $input, updatedAt: $updatedAt) { sku name description updatedAt attributes }
  }`;
  const product = '{ product(sku: "sku-00") { updatedAt } }';
  interface Found {
    product: { updatedAt: string };
  }
  const seen = expectNoErrors(await query<Found>(url, product)).product;
  const theirs = expectNoErrors(await query(url, update, { input: { name: 'Theirs' }, ...seen }));
  const { errors, data } = await query(url, update, { input: { name: 'Mine' }, ...seen });
  assert.deepEqual(data, { updateProduct: null });
  assert.deepEqual(errors?.[0]?.extensions, { product: theirs['updateProduct'], code: 'CONFLICT' });
  assert.match(errors?.[0]?.message ?? '', /Someone changed this product at/);
  const newer = expectNoErrors(await query<Found>(url, product)).product;
  expectNoErrors(await query(url, update, { input: { name: 'Mine' }, ...newer }));
  // Without it the change is always made.
  expectNoErrors(await query(url, update, { input: { name: 'Mine too' } }));
  assert.equal(
    (await refusal(update, { input: { name: 'x' }, updatedAt: 'yesterday' })).code,
    'BAD_USER_INPUT',
  );
});

test('the product in an error has the stored values of Product, as the schema says', async (t) => {
  const { url } = await serverWithProducts(t);
  // The ID is derived from the SKU; the count and the author are looked up.
  const derived = ['id', 'nameCount', 'updatedBy'];
  const { Product } = buildSchema().getTypeMap();
  const stored = Object.values((Product as GraphQLObjectType).getFields())
    .filter(
      ({ name, args, type }) =>
        isLeafType(getNamedType(type)) && args.length === 0 && !derived.includes(name),
    )
    .map(({ name }) => name);
  const current = await query(url, `{ product(sku: "sku-00") { ${stored.join(' ')} } }`);
  const conflict = await query(
    url,
    'mutation { updateProduct(sku: "sku-00", input: { name: "Mine" }, updatedAt: "2020-01-01T00:00:00Z") { sku } }',
  );
  assert.deepEqual(conflict.errors?.[0]?.extensions?.product, expectNoErrors(current)['product']);
  const description = buildSchema().getType('ErrorExtensions') as GraphQLObjectType;
  for (const name of stored)
    assert.match(description.getFields()['product']?.description ?? '', new RegExp(`\`${name}\``));
});

test('a client creates and deletes a product, and the counts follow', async (t) => {
  const { url, database, page, refusal } = await serverWithProducts(t);
  const create = `mutation ($input: CreateProductInput!) {
    createProduct(input: $input) { sku name description updatedAt attributes }
  }`;
  const remove = `mutation ($sku: String!, $updatedAt: DateTime) {
    deleteProduct(sku: $sku, updatedAt: $updatedAt) { sku name description updatedAt attributes }
  }`;
  const countOf = async (name: string) =>
    (await page<{ productCount: number }>(COUNTS, { filter: { namePrefix: name } })).nodes[0]?.productCount;
  const input = { sku: 'new', name: 'Common Lamp' };
  const { createProduct: created } = expectNoErrors(
    await query<{ createProduct: { updatedAt: string } }>(url, create, { input }),
  );
  assert.deepEqual(created, { ...input, description: '', updatedAt: created.updatedAt, attributes: {} });
  assert.equal(await countOf('Common Lamp'), 16);

  const again = await query(url, create, { input });
  assert.deepEqual(again.data, { createProduct: null });
  assert.deepEqual(again.errors?.[0]?.extensions, {
    code: 'ALREADY_EXISTS',
    product: created,
    field: 'sku',
    fields: [{ field: 'sku', code: 'TAKEN', message: again.errors?.[0]?.message }],
  });
  const wrong = { sku: ' ', name: 'n'.repeat(513), description: 'a\0b' };
  const { code, field, fields } = (await query(url, create, { input: wrong })).errors?.[0]?.extensions ?? {};
  assert.deepEqual([code, field], ['BAD_USER_INPUT', 'sku']);
  assert.deepEqual(
    fields?.map((each) => [each.field, each.code]),
    [
      ['sku', 'BLANK'],
      ['name', 'TOO_LONG'],
      ['description', 'INVALID'],
    ],
  );

  const older = { sku: 'new', updatedAt: '2020-01-01T00:00:00.000Z' };
  const conflict = await query(url, remove, older);
  assert.deepEqual(conflict.errors?.[0]?.extensions, { product: created, code: 'CONFLICT' });
  const deleted = expectNoErrors(await query(url, remove, { sku: 'new', updatedAt: created.updatedAt }));
  assert.deepEqual(deleted, { deleteProduct: created });
  assert.equal(await countOf('Common Lamp'), 15);
  assert.equal((await refusal(remove, { sku: 'new' })).code, 'NOT_FOUND');
  await assertCountsAreExact(database);
});

test('of several mutations in one request, those that succeed are written and returned though another fails', async (t) => {
  const { url, database } = await serverWithProducts(t);
  const { status, data, errors } = await query(
    url,
    `mutation {
      first: updateProduct(sku: "sku-00", input: { name: "First" }) { sku name }
      missing: updateProduct(sku: "nowhere", input: { name: "Nobody" }) { sku }
      taken: createProduct(input: { sku: "sku-01", name: "Second" }) { sku }
      last: createProduct(input: { sku: "new", name: "First" }) { sku name }
    }`,
  );
  assert.equal(status, 200);
  assert.deepEqual(data, {
    first: { sku: 'sku-00', name: 'First' },
    missing: null,
    taken: null,
    last: { sku: 'new', name: 'First' },
  });
  assert.deepEqual(
    errors?.map(({ path, extensions }) => [path, extensions?.code]),
    [
      [['missing'], 'NOT_FOUND'],
      [['taken'], 'ALREADY_EXISTS'],
    ],
  );
  const written = await query(
    url,
    '{ productCountsByName(filter: { namePrefix: "First" }) { nodes { productCount } } }',
  );
  assert.deepEqual(expectNoErrors(written), { productCountsByName: { nodes: [{ productCount: 2 }] } });
  await assertCountsAreExact(database);
});
