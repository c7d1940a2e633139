// Many products are edited by one mutation: typed results for each, and limits for all.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expectNoErrors, importAndWait, query } from '../support/server/graphql-client.ts';
import { ONE_LANE, startTestServer } from '../support/server/server.ts';

const UPDATE = `mutation ($products: [ProductUpdate!]!) {
  updateProducts(products: $products) { sku outcome product { name updatedAt } error { code message field fields { field code } } }
}`;
const DELETE = `mutation ($products: [ProductDeletion!]!) {
  deleteProducts(products: $products) { sku outcome product { name } error { code } }
}`;

interface Edit {
  sku: string;
  outcome: string;
  product: { name: string; updatedAt: string } | null;
  error: {
    code: string;
    message: string;
    field: string | null;
    fields: { field: string; code: string }[];
  } | null;
}

test('updateProducts and deleteProducts', async (t) => {
  const { url } = await startTestServer(t, ONE_LANE);
  await importAndWait(url, 'sku,name,description\na,Ann,\nb,Bob,\nc,Cid,\n');
  const edit = async (document: string, products: object[]) =>
    expectNoErrors(await query<Record<string, Edit[]>>(url, document, { products }));

  await t.test('answer with a result for each product', async () => {
    const { updateProducts = [] } = await edit(UPDATE, [
      { sku: 'a', name: 'Dan', updatedAt: '2000-01-01T00:00:00Z' },
      { sku: 'b', name: 'Dan' },
      { sku: 'c', name: 'x'.repeat(513), description: '\0' },
      { sku: 'd', name: null },
    ]);
    assert.deepEqual(
      updateProducts.map(({ outcome, product, error }) => [
        outcome,
        product?.name,
        error?.code,
        error?.field,
        error?.fields.map(({ field, code }) => `${field} ${code}`),
      ]),
      [
        ['FAILED', 'Ann', 'CONFLICT', null, []],
        ['UPDATED', 'Dan', undefined, undefined, undefined],
        ['FAILED', undefined, 'BAD_USER_INPUT', 'name', ['name TOO_LONG', 'description INVALID']],
        ['FAILED', undefined, 'BAD_USER_INPUT', 'name', ['name REQUIRED']],
      ],
    );
    assert.match(updateProducts[0]?.error?.message ?? '', /after you read it.*`updatedAt`/);

    const seen = { updatedAt: updateProducts[0]?.product?.updatedAt };
    const { deleteProducts } = await edit(DELETE, [{ sku: 'a', ...seen }, { sku: 'gone' }]);
    assert.deepEqual(deleteProducts, [
      { sku: 'a', outcome: 'DELETED', product: { name: 'Ann' }, error: null },
      { sku: 'gone', outcome: 'FAILED', product: null, error: { code: 'NOT_FOUND' } },
    ]);
  });

  await t.test('refuse more than 500 products, and one that is named twice, as a whole', async () => {
    const many = Array.from({ length: 501 }, (_, index) => ({ sku: `n-${index}` }));
    for (const [products, pattern] of [
      [many, /501 products; the maximum is 500/],
      [[{ sku: 'b' }, { sku: 'c' }, { sku: 'b' }], /"b" more than once/],
    ] as const) {
      const { data, errors } = await query(url, DELETE, { products });
      assert.deepEqual(data, { deleteProducts: null });
      assert.equal(errors?.[0]?.extensions?.code, 'BAD_USER_INPUT');
      assert.match(errors?.[0]?.message ?? '', pattern);
    }
    const { products } = expectNoErrors(
      await query<{ products: object }>(url, '{ products { totalCount } }'),
    );
    assert.deepEqual(products, { totalCount: 2 });
  });
});
