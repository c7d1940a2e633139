import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CombinedError } from 'urql';
import { newNameOf, renamedBy } from '../../src/console/pages/products/list/many/new-names.ts';
import { type EditProgress, runEdits } from '../../src/console/pages/products/list/many/run-edits.ts';
import { exportHref } from '../../src/console/utils/export-href.ts';

const PRODUCTS = Array.from({ length: 250 }, (_, index) => ({
  sku: `s-${index}`,
  name: `Name ${index}`,
  description: '',
  updatedAt: '2026-01-01T00:00:00.000Z',
}));
const edited = (products: typeof PRODUCTS, isFailed = (_sku: string) => false) =>
  products.map((product) => ({
    sku: product.sku,
    outcome: isFailed(product.sku) ? ('FAILED' as const) : ('UPDATED' as const),
    product,
    error: null,
  }));

test('edits are sent by the hundred, with progress after each request', async () => {
  const seen: EditProgress[] = [];
  const signal = new AbortController().signal;
  const send = async (products: readonly (typeof PRODUCTS)[number][]) => ({
    edits: edited([...products], (sku) => sku === 's-120'),
  });
  const { done, failed, left, ended } = await runEdits(
    PRODUCTS,
    send,
    (progress) => seen.push(progress),
    signal,
  );
  assert.deepEqual([done, failed.map(({ sku }) => sku), left.length, ended], [249, ['s-120'], 0, undefined]);
  assert.deepEqual(
    seen.map((progress) => progress.left.length),
    [150, 50, 0],
  );
});

test('stopping and errors keep what was not sent, or is not known', async () => {
  const stop = new AbortController();
  const send = async (products: readonly (typeof PRODUCTS)[number][]) => ({ edits: edited([...products]) });
  const stopped = await runEdits(PRODUCTS, send, () => stop.abort(), stop.signal);
  assert.deepEqual([stopped.done, stopped.left.length, stopped.ended], [100, 150, 'STOPPED']);

  const error = new Error('the network') as CombinedError;
  let requests = 0;
  const failing = async (products: readonly (typeof PRODUCTS)[number][]) =>
    ++requests === 2 ? { error } : { edits: edited([...products]) };
  const failed = await runEdits(PRODUCTS, failing, () => {}, new AbortController().signal);
  assert.deepEqual([failed.done, failed.left.length, failed.ended], [100, 150, error]);
});

test('a part of a name is replaced as text, wherever it is', () => {
  const product = { ...PRODUCTS[0], sku: 'a', name: 'a.b.c $&', description: '', updatedAt: '' };
  assert.equal(newNameOf(product, { kind: 'REPLACE', part: '.', by: "$&$'" }), "a$&$'b$&$'c $&");
  assert.deepEqual(renamedBy([product], { kind: 'REPLACE', part: '', by: 'x' }), []);
  assert.deepEqual(renamedBy([product], { kind: 'SAME', name: product.name }), []);
  assert.deepEqual(renamedBy([product], { kind: 'REPLACE', part: 'z', by: 'x' }), []);
});

test('the address of an export has the filter as JSON', () => {
  assert.equal(exportHref('/products', { filter: {} }), '/products.csv?bom=true');
  const href = exportHref('/products', { filter: { search: 'a&b' }, orderBy: '' });
  assert.equal(href, '/products.csv?filter=%7B%22search%22%3A%22a%26b%22%7D&bom=true');
});
