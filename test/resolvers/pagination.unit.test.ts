// Which page a client requests: sizes, directions and cursors, and what is rejected.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { cursorsOf, keyText } from '../../src/resolvers/cursor.ts';
import { connectionOf, pageOf, windowOf } from '../../src/resolvers/pagination.ts';

const bySku = cursorsOf('sku', keyText);
const byLine = cursorsOf('line', z.int().positive());

test('the default is the first twenty', () => {
  const everything = { limit: 20, backwards: false, after: undefined, before: undefined };
  assert.deepEqual(windowOf({}, bySku), everything);
  assert.deepEqual(windowOf({ first: null, after: null, last: null, before: null }, bySku), everything);
  assert.deepEqual(windowOf({ last: 0, before: bySku.encode('é😀') }, bySku), {
    limit: 0,
    backwards: true,
    after: undefined,
    before: 'é😀',
  });
});

test('a size out of range is rejected with the valid range', () => {
  for (const args of [{ first: -1 }, { first: 501 }, { last: -1 }, { last: 501 }]) {
    assert.throws(() => windowOf(args, bySku), { code: 'BAD_USER_INPUT', message: /from 0 to 500/ });
  }
  assert.equal(windowOf({ first: 500 }, bySku).limit, 500);
  assert.throws(() => windowOf({ first: 1, last: 1 }, bySku), {
    code: 'BAD_USER_INPUT',
    message: /mutually exclusive/,
  });
});

test('a cursor of another list is rejected', () => {
  const wrong = [
    '',
    'sku-1',
    '%%%',
    byLine.encode(7),
    Buffer.from('["sku"]').toString('base64url'),
    Buffer.from('["sku",7]').toString('base64url'),
    Buffer.from('["sku","a","b"]').toString('base64url'),
    Buffer.from('["sku","a\\u0000"]').toString('base64url'),
    Buffer.from('["sku","\\ud800"]').toString('base64url'),
    Buffer.from('{"0":"sku","1":"a"}').toString('base64url'),
  ];
  for (const cursor of wrong) {
    assert.throws(() => windowOf({ after: cursor }, bySku), { code: 'BAD_USER_INPUT', message: /`after`/ });
    assert.throws(() => windowOf({ before: cursor }, bySku), { code: 'BAD_USER_INPUT', message: /`before`/ });
  }
});

test('reading one row more shows whether there is a next page', () => {
  const page = pageOf([1, 2, 3], { limit: 2, after: 'x' });
  assert.deepEqual(page, { rows: [1, 2], hasNextPage: true, hasPreviousPage: true });
  const { edges, pageInfo } = connectionOf(page, byLine.encode);
  assert.deepEqual(
    edges.map(({ node, cursor }) => [node, byLine.decode('after', cursor)]),
    [
      [1, 1],
      [2, 2],
    ],
  );
  assert.equal(pageInfo.endCursor, edges[1]?.cursor);
  assert.equal(connectionOf(pageOf([], { limit: 2 }), byLine.encode).pageInfo.startCursor, null);
});
