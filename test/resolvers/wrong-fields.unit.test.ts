// All wrong fields of an input are reported at once.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LoadstoneError } from '../../src/errors.ts';
import type { Context } from '../../src/resolvers/context.ts';
import { importOptions, readImportOptions } from '../../src/resolvers/imports/import-options.ts';
import { saveImportProfile } from '../../src/resolvers/imports/import-profiles.ts';
import { readNewSource, readSourceChanges } from '../../src/resolvers/sources/data-source-input.ts';

const READING = {
  delimiter: ';;',
  sheet: ' ',
  encoding: 'klingon',
  mapping: [
    { column: 'Nr', field: 'sku' as const },
    { column: 'Nr', field: 'name' as const },
    { column: ' ', field: 'description' as const },
  ],
  defaults: [
    { field: 'sku' as const, value: 'x' },
    { field: 'name' as const, value: '' },
  ],
};
const READING_FAULTS = [
  'delimiter INVALID',
  'sheet BLANK',
  'encoding INVALID',
  'mapping DUPLICATE',
  'mapping BLANK',
  'defaults NOT_ALLOWED',
  'defaults BLANK',
];

async function faultsOf(run: () => unknown): Promise<{ code: string; faults: string[] }> {
  try {
    await run();
  } catch (error) {
    assert.ok(error instanceof LoadstoneError);
    for (const { message } of error.fields) assert.ok(error.message.includes(message));
    assert.equal(error.details['field'], error.fields[0]?.field);
    return { code: error.code, faults: error.fields.map(({ field, code }) => `${field} ${code}`) };
  }
  assert.fail('nothing was wrong');
}

test('of a new data source', async () => {
  const source = {
    name: '',
    kind: 'HTTP' as const,
    url: 'http://127.0.0.1/products.csv',
    intervalSeconds: 0,
    maxDeletedShare: 2,
    maxRejectedRows: -1,
    headers: [
      { name: 'Host', value: 'x' },
      { name: 'a b', value: 'x' },
      { name: 'X-Key', value: 'x' },
      { name: 'x-key', value: 'y' },
    ],
    ...READING,
  };
  assert.deepEqual(await faultsOf(() => readNewSource(source, false)), {
    code: 'BAD_USER_INPUT',
    faults: [
      'name BLANK',
      'intervalSeconds OUT_OF_RANGE',
      'maxDeletedShare OUT_OF_RANGE',
      'headers NOT_ALLOWED',
      'headers INVALID',
      'headers DUPLICATE',
      'url NOT_ALLOWED',
      ...READING_FAULTS,
      'maxRejectedRows OUT_OF_RANGE',
    ],
  });
});

test('a single wrong field keeps the code of its error', async () => {
  const url = 'http://127.0.0.1/products.csv';
  const found = await faultsOf(() => readSourceChanges({ url }, false));
  assert.deepEqual(found, { code: 'SOURCE_ADDRESS_REFUSED', faults: ['url NOT_ALLOWED'] });
});

test('of the options of an import, with a profile that does not exist', async () => {
  const context = { services: { profiles: { named: async () => undefined } } } as unknown as Context;
  const given = { ...READING, id: '1', maxRejectedRows: -1 };
  const expected = ['delimiter INVALID', 'sheet BLANK', 'encoding INVALID', 'maxRejectedRows OUT_OF_RANGE'];
  const faults = [...expected, ...READING_FAULTS.slice(3), 'id INVALID'];
  assert.deepEqual(await faultsOf(() => readImportOptions(given)), { code: 'BAD_USER_INPUT', faults });
  const found = await faultsOf(() => importOptions({ ...given, profile: 'gone' }, context));
  assert.deepEqual(found, { code: 'BAD_USER_INPUT', faults: [...faults, 'profile NOT_FOUND'] });
});

test('of an import profile', async () => {
  const input = { name: 'n'.repeat(201), maxRejectedRows: -1, ...READING };
  const found = await faultsOf(() => saveImportProfile({ input }, {} as Context));
  assert.deepEqual(found.faults, ['name TOO_LONG', 'maxRejectedRows OUT_OF_RANGE', ...READING_FAULTS]);
});
