// Which options an import accepts, and which are rejected before its file is read.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readImportOptions } from '../../../src/resolvers/imports/import-options.ts';

const ID = '0B5E8F1C-6f0e-4a57-9d2b-3c1f5a7e9d10';

test('valid options are accepted, and omitted ones stay omitted', () => {
  assert.deepEqual(readImportOptions(undefined), {});
  assert.deepEqual(
    readImportOptions({ id: null, delimiter: null, encoding: null, maxRejectedRows: null }),
    {},
  );
  assert.deepEqual(
    readImportOptions({ id: ID, delimiter: '\t', encoding: 'Windows-1252', maxRejectedRows: 0 }),
    { id: ID.toLowerCase(), delimiter: '\t', encoding: 'Windows-1252', maxRejectedRows: 0 },
  );
  assert.deepEqual(readImportOptions({ quoting: 'NONE', skipInitialSpace: true }), {
    quoting: 'NONE',
    skipInitialSpace: true,
  });
});

test('a mapping and defaults are accepted; empty ones are omitted', () => {
  assert.deepEqual(readImportOptions({ mapping: [], defaults: null }), {});
  const mapping = [{ column: 'Variant SKU', field: 'sku' as const }];
  assert.deepEqual(readImportOptions({ mapping, defaults: [{ field: 'description', value: '' }] }), {
    mapping,
    defaults: { description: '' },
  });
});

test('invalid options are rejected by name', () => {
  const wrong = {
    id: ['', '1', `${ID}0`, `{${ID}}`, `${ID}\n`],
    delimiter: ['', ';;', '"', '\n', '\r', '\0', '€', '😀', '\r\n', ';\n'],
    encoding: ['', 'klingon', 'base64', 'hex', 'utf-9'],
    maxRejectedRows: [-1],
    sheet: ['', '\u200b', 'a\0', 'x'.repeat(256)],
    mapping: [
      [{ column: ' \u200b', field: 'sku' }],
      [{ column: 'a\0', field: 'sku' }],
      [{ column: 'x'.repeat(1_001), field: 'sku' }],
      [
        { column: 'a', field: 'sku' },
        { column: 'b', field: 'sku' },
      ],
      [
        { column: 'a', field: 'sku' },
        { column: ' A', field: 'name' },
      ],
    ],
    defaults: [
      [{ field: 'sku', value: 'x' }],
      [{ field: 'name', value: ' \u3164' }],
      [{ field: 'name', value: 'x'.repeat(513) }],
      [{ field: 'description', value: '\ud800' }],
      [{ field: 'description', value: 'x'.repeat(10_001) }],
      [
        { field: 'description', value: 'a' },
        { field: 'description', value: 'b' },
      ],
    ],
  };
  for (const [option, values] of Object.entries(wrong)) {
    for (const value of values) {
      const expected = { code: 'BAD_USER_INPUT', message: new RegExp(`\`${option}\``) };
      assert.throws(
        () => readImportOptions({ [option]: value }),
        expected,
        `${option}: ${JSON.stringify(value)}`,
      );
    }
  }
});
