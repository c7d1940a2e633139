// Edits of attributes: what an import could set with a column, a client can set with a mutation.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Answer, expectNoErrors, importAndWait, query } from '../support/server/graphql-client.ts';
import { ONE_LANE, startTestServer } from '../support/server/server.ts';

const FIELDS = 'sku name attributes updatedAt';
const UPDATE = `mutation ($sku: String!, $input: UpdateProductInput!, $updatedAt: DateTime) {
  updateProduct(sku: $sku, input: $input, updatedAt: $updatedAt) { ${FIELDS} }
}`;
const CREATE = `mutation ($input: CreateProductInput!) { createProduct(input: $input) { ${FIELDS} } }`;
const UPDATE_MANY = `mutation ($products: [ProductUpdate!]!) {
  updateProducts(products: $products) { outcome product { attributes updatedAt } error { code fields { field code } } }
}`;
const HISTORY = `query ($sku: String!) {
  productHistory(sku: $sku) { nodes { kind before { attributes } after { attributes } } }
}`;

interface Found {
  sku: string;
  name: string;
  attributes: Record<string, string>;
  updatedAt: string;
}

test('attributes of products can be edited', async (t) => {
  const { url, database } = await startTestServer(t, { ...ONE_LANE, maxDescriptionLength: 100 });
  const update = async (
    sku: string,
    attributes: object,
    more: { name?: string; updatedAt?: string } = {},
  ) => {
    const { updatedAt, ...input } = more;
    const variables = { sku, input: { ...input, attributes }, ...(updatedAt && { updatedAt }) };
    return expectNoErrors(await query<{ updateProduct: Found }>(url, UPDATE, variables)).updateProduct;
  };
  const faultsOf = ({ errors }: Answer<unknown>) => {
    const { code, fields } = (errors?.[0]?.extensions ?? {}) as {
      code?: string;
      fields?: { field: string; code: string }[];
    };
    return [code, ...(fields ?? []).map((each) => `${each.field} ${each.code}`)];
  };

  await t.test('a new product has those that are not blank', async () => {
    const attributes = { color: 'red', size: '', weight: null, 日本: '"\\\n' };
    const input = { sku: 'a', name: 'Ann', attributes };
    const created = expectNoErrors(await query<{ createProduct: Found }>(url, CREATE, { input }));
    assert.deepEqual(created.createProduct.attributes, { color: 'red', 日本: '"\\\n' });
    const bare = { sku: 'b', name: 'Bob', attributes: { size: null } };
    expectNoErrors(await query(url, CREATE, { input: bare }));
    const [stored] = await database.sql`SELECT attributes FROM products WHERE sku = 'b'`;
    assert.deepEqual({ ...stored }, { attributes: null });
  });

  await t.test('a text sets one, null or an empty text removes one, and all others stay', async () => {
    assert.deepEqual((await update('a', { size: 'L', 日本: null })).attributes, { color: 'red', size: 'L' });
    assert.deepEqual((await update('a', { size: '' }, { name: 'Amy' })).attributes, { color: 'red' });
    const renamed = await query<{ updateProduct: Found }>(url, UPDATE, { sku: 'a', input: { name: 'Ann' } });
    assert.deepEqual(expectNoErrors(renamed).updateProduct.attributes, { color: 'red' });
    assert.deepEqual((await update('a', { color: null })).attributes, {});
    const own = JSON.parse('{"__proto__":"p","constructor":"c"}');
    assert.deepEqual(Object.entries((await update('b', own)).attributes), Object.entries(own));
  });

  await t.test('the history has the former ones', async () => {
    const { productHistory } = expectNoErrors(
      await query<{ productHistory: { nodes: unknown } }>(url, HISTORY, { sku: 'a' }),
    );
    const change = (before: object, after: object) => ({
      kind: 'UPDATED',
      before: { attributes: before },
      after: { attributes: after },
    });
    assert.deepEqual(productHistory.nodes, [
      change({ color: 'red' }, {}),
      change({ color: 'red' }, { color: 'red' }),
      change({ color: 'red', size: 'L' }, { color: 'red' }),
      change({ color: 'red', 日本: '"\\\n' }, { color: 'red', size: 'L' }),
      { kind: 'INSERTED', before: null, after: { attributes: { color: 'red', 日本: '"\\\n' } } },
    ]);
  });

  await t.test('nothing is written if nothing changes, or the product has changed since', async () => {
    const before = await update('a', { color: 'blue' });
    for (const same of [{}, { color: 'blue' }, { gone: null }])
      assert.deepEqual(await update('a', same), before);
    const later = await update('a', { color: 'green' });
    const variables = { sku: 'a', input: { attributes: { size: 'S' } }, updatedAt: before.updatedAt };
    assert.deepEqual(faultsOf(await query(url, UPDATE, variables)), ['CONFLICT']);
    assert.deepEqual(await update('a', {}), later);
    const [{ changes } = { changes: 0 }] = await database.sql`
      SELECT count(*)::int AS changes FROM product_changes WHERE sku = 'a'`;
    assert.equal(changes, 7);
  });

  await t.test('what a file could not bring is refused, with its field', async () => {
    const wrong: [attributes: unknown, code: string][] = [
      [null, 'REQUIRED'],
      [{ ' ': 'x' }, 'BLANK'],
      [{ ' color': 'x' }, 'INVALID'],
      [{ size: 5 }, 'INVALID'],
      [{ size: ['L'] }, 'INVALID'],
      [{ size: 'a\0' }, 'INVALID'],
      [{ 'a\0b': 'x' }, 'INVALID'],
      [{ size: 'x'.repeat(101) }, 'TOO_LONG'],
    ];
    for (const [attributes, code] of wrong) {
      const answer = await query(url, UPDATE, { sku: 'a', input: { name: ' ', attributes } });
      assert.deepEqual(faultsOf(answer), ['BAD_USER_INPUT', 'name BLANK', `attributes ${code}`]);
      assert.doesNotMatch(answer.errors?.[0]?.message ?? '', /\0|undefined/);
    }
    const input = { sku: '', name: 'Eve', attributes: { size: 5 } };
    const answer = await query(url, CREATE, { input });
    assert.deepEqual(faultsOf(answer), ['BAD_USER_INPUT', 'sku BLANK', 'attributes INVALID']);
    const whole = await query(url, UPDATE, { sku: 'a', input: { attributes: 'red' } });
    assert.ok(whole.errors, 'not an object');
    const nothing = await query(url, UPDATE, { sku: 'a', input: {} });
    assert.match(nothing.errors?.[0]?.message ?? '', /set `name`, `description`, `attributes`/);
  });

  await t.test('several products at once', async () => {
    const edit = async (products: object[]) => {
      const data = await query<{ updateProducts: Record<string, unknown>[] }>(url, UPDATE_MANY, { products });
      return expectNoErrors(data).updateProducts.map(({ outcome, product, error }) => [
        outcome,
        (product as Found | null)?.attributes ?? error,
      ]);
    };
    await importAndWait(url, 'sku,name,description,color\nm-1,M,,red\nm-2,M,,red\nm-3,M,,red\n', {
      keepColumns: true,
    });
    const outcomes = await edit([
      { sku: 'm-3', attributes: { size: 'L' } },
      { sku: 'm-1', attributes: { color: null }, name: 'N' },
      { sku: 'm-2', name: 'N' },
      { sku: 'a', attributes: { color: 'green' } },
      { sku: 'b', attributes: { color: 1 } },
    ]);
    assert.deepEqual(outcomes, [
      ['UPDATED', { color: 'red', size: 'L' }],
      ['UPDATED', {}],
      ['UPDATED', { color: 'red' }],
      ['UNCHANGED', { color: 'green' }],
      ['FAILED', { code: 'BAD_USER_INPUT', fields: [{ field: 'attributes', code: 'INVALID' }] }],
    ]);
    const { productHistory } = expectNoErrors(
      await query<{ productHistory: { nodes: { before: object | null }[] } }>(url, HISTORY, { sku: 'm-1' }),
    );
    assert.deepEqual(productHistory.nodes[0]?.before, { attributes: { color: 'red' } });
  });
});

test('what edits alone have given is exported, and found', async (t) => {
  const { url } = await startTestServer(t, ONE_LANE);
  const none = await (await fetch(new URL('/products.csv', url))).text();
  assert.equal(none.trim().replace('\ufeff', ''), 'sku,name,description');
  const input = { sku: 'a', name: 'Ann', attributes: { color: 'red' } };
  expectNoErrors(await query(url, CREATE, { input }));
  const file = await (await fetch(new URL('/products.csv', url))).text();
  assert.deepEqual(file.replace('\ufeff', '').split(/\r?\n/), [
    'sku,name,description,color',
    '"a",Ann,,red',
    '',
  ]);
  const found = await query<{ products: { totalCount: number } }>(
    url,
    '{ products(filter: { attribute: { name: "color", value: "red" } }) { totalCount } }',
  );
  assert.deepEqual(expectNoErrors(found), { products: { totalCount: 1 } });
});
