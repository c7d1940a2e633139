import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OperationNames } from '../../src/telemetry/operation-names.ts';

test('a client that invents names of operations cannot create more than 100 labels', () => {
  const names = new OperationNames();
  const labels = new Set(Array.from({ length: 1000 }, (_, at) => names.labelOf(`Op${at}`)));
  assert.equal(labels.size, 101);
  assert.equal(names.labelOf('Op99'), 'Op99');
  assert.equal(names.labelOf('Op100'), 'other');
  assert.equal(names.labelOf(undefined), 'anonymous');
  assert.equal(names.labelOf(''), 'anonymous');
  assert.equal(new OperationNames().labelOf('x'.repeat(65)), 'other');
});
