// What operations on the real schema cost, and which of them are refused.

import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { getOperationAST, Kind, parse } from 'graphql';
import { readSettings } from '../../../../src/config.ts';
import { graphiqlExamples } from '../../../../src/http/graphql/graphiql/graphiql-examples.ts';
import { costOf, type OperationCost } from '../../../../src/http/graphql/limits/operation-cost.ts';
import { buildSchema } from '../../../../src/schema/index.ts';

const schema = buildSchema();
const { maxQueryCost } = readSettings({});

function cost(document: string, variables: Record<string, unknown> = {}): OperationCost {
  const parsed = parse(document);
  const operation = getOperationAST(parsed);
  assert.ok(operation);
  return costOf(schema, parsed, operation, variables);
}

const total = (document: string, variables?: Record<string, unknown>) => cost(document, variables).total;
const aliases = (count: number, field: string) =>
  `{ ${Array.from({ length: count }, (_, n) => `a${n}: ${field}`).join(' ')} }`;

test('a page costs what is selected of its items, as often as it has items', () => {
  assert.equal(total('{ products(first: 500) { nodes { sku name } } }'), 50 + 1 + 500 * 3);
  assert.equal(total('{ products(last: 3) { nodes { sku } pageInfo { endCursor } } }'), 50 + 1 + 3 * 2 + 2);
  assert.equal(total('{ products { edges { cursor node { sku } } } }'), 50 + 1 + 20 * (1 + 1 + 2));
  assert.equal(total('{ products(skus: ["a", "b"]) { nodes { sku } } }'), 50 + 1 + 2 * 2);
  assert.equal(total('{ nodes(ids: ["a", "b", "c"]) { id } }'), 50 + 3 * 2);
});

test('the size of a page counts from a variable, its default, or a fragment too', () => {
  const page =
    'query ($n: Int = 7) { products(first: $n) { ...Page } } fragment Page on ProductConnection { nodes { sku } }';
  assert.equal(total(page), 50 + 1 + 7 * 2);
  assert.equal(total(page, { n: 500 }), 50 + 1 + 500 * 2);
  // Refused by the resolver, with a message of its own.
  for (const n of [501, 1e9, -1, 'x', null]) assert.ok(total(page, { n }) <= 50 + 1 + 500 * 2);
});

test('a total costs once for its page, and as much as it reads', () => {
  assert.equal(total('{ products(first: 500) { totalCount } }'), 5050);
  assert.equal(total('{ imports(first: 500) { totalCount } }'), 100);
  assert.equal(total('{ productCountHistogram { names } }'), 5000 + 50 * 2);
  // Those of the names of a page are known without reading.
  assert.equal(
    total('{ productCountsByName(first: 9) { nodes { products(first: 0) { totalCount } } } }'),
    50 + 1 + 9 * 3,
  );
});

test('fragments that spread each other many times are counted at once', () => {
  const each = (n: number) => `fragment f${n} on Product { ...f${n + 1} ...f${n + 1} }`;
  const bomb = `{ product(sku: "a") { ...f0 } } ${Array.from({ length: 60 }, (_, n) => each(n)).join(' ')} fragment f60 on Product { sku }`;
  const start = performance.now();
  assert.ok(total(bomb) > 1e15);
  assert.ok(performance.now() - start < 1000);
});

test('operations that hold up others are refused, with what to ask less of', () => {
  const attacks: [document: string, dearest: string][] = [
    [aliases(100, 'products(filter: { nameContains: "e" }) { totalCount }'), 'products.totalCount'],
    [aliases(100, 'products(first: 0) { totalCount }'), 'products.totalCount'],
    [aliases(300, 'productCountHistogram { from }'), 'productCountHistogram'],
    [aliases(50, 'productCountTotals { names }'), 'productCountTotals'],
    [
      aliases(20, 'products(filter: { words: "x", inDescription: true }) { nodes { sku } }'),
      'products.nodes.sku',
    ],
    [`{ dataSources(first: 500) { nodes { ${everyField('DataSource', 2)} } } }`, ''],
    [`{ imports(first: 500) { nodes { ${everyField('Import', 1)} } } }`, ''],
    [
      '{ imports(first: 500) { nodes { issues(first: 500) { nodes { line } } } } }',
      'imports.nodes.issues.nodes.line',
    ],
  ];
  for (const [document, dearest] of attacks) {
    const found = cost(document);
    assert.ok(found.total > maxQueryCost, `${document.slice(0, 100)}: ${found.total}`);
    if (dearest) assert.equal(found.dearest, dearest);
  }
});

/** A selection of all fields that need no argument, with what is in them. */
function everyField(typeName: string, levels: number): string {
  const type = schema.getType(typeName);
  assert.ok(type && 'getFields' in type);
  return Object.values(type.getFields())
    .map((field) => {
      const inner = String(field.type).replaceAll(/[[\]!]/g, '');
      const isObject =
        schema.getType(inner)?.astNode === undefined && 'getFields' in (schema.getType(inner) ?? {});
      if (!isObject) return field.name;
      if (levels === 0) return '';
      const fields = everyField(inner, levels - 1).trim();
      return fields ? `${field.name} { ${fields} }` : '';
    })
    .join(' ');
}

test('the largest pages of plain values are allowed', () => {
  for (const [list, type] of [
    ['products', 'Product'],
    ['imports', 'Import'],
    ['dataSources', 'DataSource'],
    ['productCountsByName', 'ProductCount'],
    ['importProfiles', 'ImportProfile'],
  ] as const)
    assert.ok(
      total(`{ ${list}(first: 500) { totalCount nodes { ${everyField(type, 0)} } } }`) <= maxQueryCost,
      list,
    );
});

test('all operations of the console and of GraphiQL stay below half of the limit', () => {
  const sources = globSync('src/console/**/*.{ts,tsx}').map((file) => readFileSync(file, 'utf8'));
  const texts = sources.flatMap((source) =>
    [...source.matchAll(/graphql\(\s*`([^`]*)`/g)].map(([, text = '']) => text),
  );
  const definitions = texts.flatMap((text) => parse(text).definitions);
  const fragments = definitions.filter((node) => node.kind === Kind.FRAGMENT_DEFINITION);
  const operations = definitions.filter((node) => node.kind === Kind.OPERATION_DEFINITION);
  assert.ok(operations.length > 30);
  for (const operation of operations) {
    const document = { kind: Kind.DOCUMENT, definitions: [operation, ...fragments] } as const;
    const found = costOf(schema, document, operation, { first: 100, top: 100, products: Array(500) });
    assert.ok(found.total <= maxQueryCost / 2, `${operation.name?.value}: ${found.total}`);
  }
  for (const { query } of graphiqlExamples('http://127.0.0.1:4000'))
    assert.ok(total(query) < maxQueryCost / 2);
});
