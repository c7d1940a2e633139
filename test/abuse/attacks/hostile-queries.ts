// Documents that are small to send and, without limits, dear to parse, validate or execute.

import { type Attack, repeatedly } from '../attack.ts';
import { many, nested } from './repeat.ts';

const AT_ONCE = 8;
const AT_MOST = 20_000;

const page = (fields: string) => `products(first: 500) { nodes { ${fields} } }`;
const introspected = (levels: number) => nested('fields { type { ', 'name', ' } }', levels);

const DOCUMENTS: Readonly<Record<string, () => string>> = {
  'many aliases': () => `{ ${many(1000, (n) => `a${n}: viewer { name }`)} }`,
  'as many aliases as are allowed': () =>
    `{ ${many(50, (n) => `a${n}: productCountsByName(first: 500) { totalCount }`)} }`,
  'the same field often': () => `{ ${many(1900, () => '__typename')} }`,
  'dear fields often': () =>
    `{ ${many(40, (n) => `a${n}: products(first: 500, filter: {words: "a e i o"}) { totalCount }`)} }`,
  'deep fields': () =>
    `{ ${nested('products(first: 2) { nodes { history(first: 2) { nodes { ', 'sku', ' } } } }', 12)} }`,
  'deep brackets': () => `{ products(skus: ${'['.repeat(1900)}${']'.repeat(1900)}) { totalCount } }`,
  'deep inline fragments': () => `{ ${nested('... { ', '__typename', ' }', 600)} }`,
  'fragments that double': () =>
    `{ ...F0 } ${many(20, (n) => `fragment F${n} on Query { ...F${n + 1} ...F${n + 1} }`)} fragment F20 on Query { __typename }`,
  'fragments that overlap': () =>
    `{ ${many(40, (n) => `...G${n}`)} } ${many(40, (n) => `fragment G${n} on Query { ${many(9, (m) => `x${m}: viewer { name }`)} }`)}`,
  'fragments in a circle': () => '{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }',
  'many directives': () => `{ __typename ${many(600, () => '@skip(if: false)')} }`,
  'unknown directives': () => `{ __typename ${many(900, () => '@a')} }`,
  'circular introspection': () => `{ __schema { types { ${introspected(20)} } } }`,
  'wide introspection': () =>
    `{ __schema { types { name ${many(30, (n) => `a${n}: fields { name description type { name } }`)} } } }`,
  'many operations': () => many(300, (n) => `query Q${n} { __typename }`),
  'many variables': () => `query (${many(400, (n) => `$v${n}: Int = ${n}`)}) { __typename }`,
  'many unknown fields': () => `{ ${many(49, (n) => `prodcts${n} { nodes { skuu } }`)} }`,
  'pages of pages': () => `{ ${page('sku history(first: 500) { nodes { name author } }')} }`,
  'a search for a rare text': () =>
    '{ products(first: 500, filter: {words: "qqqqq zzzzz", inDescription: true}) { totalCount nodes { sku } } }',
  'a long text': () => `{ products(first: 1, filter: {search: "${'%_'.repeat(100_000)}"}) { totalCount } }`,
  'a long comment': () => `# ${'a'.repeat(900_000)}\n{ __typename }`,
};

export const hostileQueries: Attack = {
  name: 'hostile-queries',
  description: 'deep, aliased, repetitive, circular and dear documents, some just within the limits',
  async run(attacker, outcomes, signal) {
    const documents = Object.values(DOCUMENTS).map((write) => write());
    await repeatedly({ atOnce: AT_ONCE, atMost: AT_MOST }, signal, async (number) => {
      const query = documents[number % documents.length];
      await outcomes.count(
        attacker.operation({ query, operationName: number % 300 === 0 ? 'Q0' : undefined }, signal),
      );
    });
  },
};
