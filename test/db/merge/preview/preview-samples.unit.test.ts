// The samples that are kept of a preview: few enough, and not too long.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { firstSamples } from '../../../../src/db/merge/preview/preview-samples.ts';
import type { PreviewSample, PreviewSampleKind } from '../../../../src/db/tables.ts';

function sample(line: number, kind: PreviewSampleKind, text = ''): PreviewSample {
  const product = { name: 'Ann', description: '', attributes: { text }, isCut: false };
  return { kind, line, sku: `${line}`, winningLine: null, before: null, after: product };
}

test('the first fifty of each kind are kept, in the order of lines', () => {
  const lines = Array.from({ length: 120 }, (_, at) => at + 2);
  const samples = lines.map((line) => sample(line, line % 2 === 0 ? 'INSERTED' : 'UNCHANGED'));
  assert.deepEqual(
    firstSamples(samples.toReversed()).map(({ line }) => line),
    lines.slice(0, 100),
  );
});

test('of long samples fewer are kept, and others of their kind after them', () => {
  const long = 'x'.repeat(3 * 1024 * 1024);
  const samples = [
    sample(2, 'INSERTED', long),
    sample(3, 'INSERTED', long),
    sample(4, 'UPDATED', long),
    sample(5, 'INSERTED'),
  ];
  assert.deepEqual(
    firstSamples(samples).map(({ line }) => line),
    [2, 4, 5],
  );
});
