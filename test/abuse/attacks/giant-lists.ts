// Lists, values and bodies that are as long as a request may be, or longer.

import { type Attack, repeatedly } from '../attack.ts';
import type { AttackRequest } from '../attacker.ts';

const AT_ONCE = 4;
const AT_MOST = 3000;
const MIB = 1024 * 1024;

const list = (count: number, item: (n: number) => unknown) =>
  Array.from({ length: count }, (_, n) => item(n));

const BY_SKUS =
  'query ($skus: [String!]) { products(first: 500, skus: $skus) { nodes { sku } missingSkus } }';
const BY_IDS = 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }';
const UPDATE =
  'mutation ($products: [ProductUpdate!]!) { updateProducts(products: $products) { product { sku } } }';
const REMOVE =
  'mutation ($products: [ProductDeletion!]!) { deleteProducts(products: $products) { product { sku } } }';
const NAMES = 'subscription ($names: [String!]) { productCountsChanged(names: $names) { counts { name } } }';

const sku = (n: number) => `no-such-sku-${n}`;

const BODIES: readonly (() => string)[] = [
  () => JSON.stringify({ query: BY_SKUS, variables: { skus: list(500, sku) } }),
  () => JSON.stringify({ query: BY_SKUS, variables: { skus: list(50_000, sku) } }),
  () => JSON.stringify({ query: BY_IDS, variables: { ids: list(50_000, sku) } }),
  () =>
    JSON.stringify({
      query: UPDATE,
      variables: { products: list(500, (n) => ({ sku: sku(n), name: 'a' })) },
    }),
  () =>
    JSON.stringify({
      query: UPDATE,
      variables: { products: list(20_000, (n) => ({ sku: sku(n), name: 'a' })) },
    }),
  () => JSON.stringify({ query: REMOVE, variables: { products: list(20_000, (n) => ({ sku: sku(n) })) } }),
  () => JSON.stringify({ query: NAMES, variables: { names: list(50_000, sku) } }),
  // A list in the document itself.
  () => JSON.stringify({ query: `{ products(skus: ${JSON.stringify(list(1900, sku))}) { missingSkus } }` }),
  // Batches.
  () => JSON.stringify(list(20_000, () => ({ query: '{ __typename }' }))),
  // Millions of values, in variables that no operation uses.
  () => `{"query":"{ __typename }","variables":{"a":[${'[],'.repeat(4 * MIB)}[]]}}`,
  () => `{"query":"{ __typename }","variables":{"a":${'['.repeat(MIB)}${']'.repeat(MIB)}}}`,
  () =>
    `{"query":"{ __typename }","variables":{${Array.from({ length: MIB / 2 }, (_, n) => `"k${n}":0`).join()}}}`,
  // A value as long as a description may be, and one that is longer than a body may be.
  () =>
    JSON.stringify({
      query: UPDATE,
      variables: { products: [{ sku: 'a', description: 'é'.repeat(6 * MIB) }] },
    }),
  () => JSON.stringify({ query: '{ __typename }', variables: { a: 'a'.repeat(20 * MIB) } }),
];

let requests: AttackRequest[] = [];

export const giantLists: Attack = {
  name: 'giant-lists',
  description: 'lists of thousands of SKUs, edits and operations, bodies of millions of values',
  prepare() {
    requests = BODIES.map((write) => ({ body: Buffer.from(write()) }));
  },
  async run(attacker, outcomes, signal) {
    await repeatedly({ atOnce: AT_ONCE, atMost: AT_MOST }, signal, async (number) => {
      await outcomes.count(attacker.send(requests[number % requests.length] ?? {}, signal));
    });
  },
};
