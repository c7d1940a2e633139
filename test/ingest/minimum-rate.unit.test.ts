import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MinimumRate } from '../../src/ingest/minimum-rate.ts';

test('a rate is reported at the end of each window in which it was too low', () => {
  const rate = new MinimumRate(100, 1000);
  assert.equal(rate.add(20, 500), undefined);
  assert.equal(rate.add(30, 500), 50);
  assert.equal(rate.add(200, 0), undefined);
  assert.equal(rate.add(0, 1000), undefined, 'it was fast enough');
  assert.equal(rate.add(0, 5000), undefined, 'nothing at all was sent');
  assert.equal(rate.add(100, 2000), 50);
});

test('without a minimum no rate is too low', () => {
  assert.equal(new MinimumRate(0, 1000).add(1, 10_000), undefined);
});
