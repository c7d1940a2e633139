// What scanners of GraphQL servers look for, each by a request over HTTP, with the settings that docs/operations.md gives for production: INTROSPECTION,
// GRAPHIQL and REQUIRE_PREFLIGHT.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startTestServer } from '../support.ts';

const PRODUCTION = { introspection: false, graphiql: false, requirePreflight: true };
const JSON_TYPE = { 'content-type': 'application/json' };

test('a server in production passes the checks of scanners', async (t) => {
  const { url, probe, logged } = await startTestServer(t, { exposure: PRODUCTION });
  const post = async (body: unknown, headers: Record<string, string> = JSON_TYPE) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    return (await fetch(`${url}/graphql`, { method: 'POST', headers, body: text })).text();
  };
  const get = async (document: string, headers = {}) =>
    (await fetch(`${url}/graphql?query=${encodeURIComponent(document)}`, { headers })).text();
  const many = (count: number, text: (n: number) => string) =>
    Array.from({ length: count }, (_, n) => text(n)).join(' ');

  const checks: Record<string, () => Promise<void>> = {
    'aliases overload': async () =>
      assert.match(
        await post({ query: `{ ${many(101, (n) => `a${n}: __typename`)} }` }),
        /QUERY_TOO_COMPLEX/,
      ),
    'a batch of queries': async () =>
      assert.match(await post(Array(10).fill({ query: '{ __typename }' })), /batches are not supported/),
    'queries over GET': async () => assert.match(await get('{ __typename }'), /CROSS_ORIGIN_REQUEST/),
    'mutations over GET': async () => {
      const answer = await get('mutation { touch }', { 'graphql-preflight': '1' });
      assert.doesNotMatch(answer, /touched/);
    },
    'queries in forms': async () => {
      const type = { 'content-type': 'application/x-www-form-urlencoded' };
      assert.match(await post('query=query{__typename}', type), /CROSS_ORIGIN_REQUEST/);
    },
    'the same field many times': async () =>
      assert.match(await post({ query: `{ ${many(500, () => '__typename')} }` }), /QUERY_TOO_COMPLEX/),
    'directives overload': async () => {
      const answer = await post({ query: `{ __typename ${'@aa'.repeat(10)} }` });
      assert.equal(JSON.parse(answer).errors.length, 1);
    },
    introspection: async () => {
      const answer = await post({ query: '{ __schema { types { name } } __type(name: "Query") { name } }' });
      assert.match(answer, /GRAPHQL_VALIDATION_FAILED/);
      assert.doesNotMatch(answer, /"data"|"name":/);
    },
    'circular introspection': async () => {
      const inner = 'type { fields { '.repeat(4);
      const document = `{ __schema { types { fields { ${inner} name ${'} } '.repeat(4)} } } } }`;
      assert.doesNotMatch(await post({ query: document }), /"data"/);
    },
    'suggestions of names': async () => {
      for (const query of [
        '{ helo }',
        '{ __schema { directive } }',
        '{ hello(nam: "x") }',
        'query ($a: Strin) { hello(name: $a) }',
      ]) {
        const answer = await post({ query });
        assert.match(answer, /GRAPHQL_VALIDATION_FAILED/);
        assert.doesNotMatch(answer, /did you mean/i, query);
      }
    },
    'an IDE': async () => {
      const response = await fetch(`${url}/graphql`, { headers: { accept: 'text/html' } });
      assert.doesNotMatch(await response.text(), /graphiql|playground|<html/i);
      assert.notEqual(response.status, 200);
    },
    'traces and debug extensions': async () => {
      const headers = { ...JSON_TYPE, 'apollo-tracing': '1', 'x-apollo-tracing': '1' };
      for (const query of ['{ broken }', '{ hello }', '{ helo }']) {
        const answer = JSON.parse(await post({ query, extensions: { tracing: true } }, headers));
        assert.equal(answer.extensions, undefined);
        assert.doesNotMatch(JSON.stringify(answer), /tracing|exception|debug/i);
      }
    },
    'unhandled errors': async () => {
      const hostile = [
        '{ broken }',
        'qwerty {abc}',
        'query { hello',
        5,
        null,
        '',
        [],
        {},
        '{ broken(a: 1) }',
      ];
      for (const query of hostile) {
        const answer = await post({ query, variables: { a: [[null]] } });
        assert.match(answer, /^\{("data":null,)?"errors":\[\{"message":/, String(query));
        assert.doesNotMatch(answer, /stack|exception|secret|\.(ts|js):\d|node_modules/i);
      }
      for (const body of ['', '{', '[]', '5', 'null', '{"query":', '\0'])
        assert.match(await post(body), /"code":"BAD_REQUEST"/, body);
    },
  };
  for (const [name, check] of Object.entries(checks)) await t.test(name, check);
  assert.equal(Object.keys(checks).length, 13);
  assert.equal(probe.touched, 0);
  // What `broken` hides is in the log alone.
  assert.equal(logged.length, 2);

  await t.test('pages of this server, and clients that say so, are answered', async () => {
    for (const headers of [{ 'graphql-preflight': '1' }, { 'sec-fetch-site': 'same-origin' }])
      assert.match(await get('{ hello }', headers), /"hello":"world"/);
    assert.match(await get('{ hello }', { 'sec-fetch-site': 'cross-site' }), /CROSS_ORIGIN_REQUEST/);
    assert.match(await post({ query: '{ hello }' }), /"hello":"world"/);
  });
});

test('by default, circular introspection is refused, and suggestions are made', async (t) => {
  const { url } = await startTestServer(t);
  const ask = async (document: string) =>
    (await fetch(`${url}/graphql?query=${encodeURIComponent(document)}`)).text();
  assert.match(await ask('{ __schema { types { name } } }'), /"name":"Query"/);
  const fields = 'fields { type { '.repeat(5);
  assert.match(
    await ask(`{ __schema { types { ${fields} name ${'} }'.repeat(5)} } } }`),
    /GRAPHQL_VALIDATION_FAILED/,
  );
  assert.match(await ask('{ helo }'), /Did you mean/);
});
