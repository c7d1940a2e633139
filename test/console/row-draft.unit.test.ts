// How a rejected row is offered for correction.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Issue } from '../../src/console/pages/imports/issues/documents.ts';
import { draftOf, faultOf, isOpen, isSame } from '../../src/console/pages/imports/issues/row-draft.ts';

const FORM = { columns: ['name', 'sku', 'description'], delimiter: ';', quoting: 'STANDARD' as const };
const ISSUE: Issue = {
  kind: 'REJECTED',
  line: 2,
  column: 'name',
  code: 'BLANK_NAME',
  message: 'The column "name" has no value.',
  record: ';b;',
  recordIsWhole: true,
  values: ['', 'b', ''],
  correction: null,
};

type Correction = NonNullable<Issue['correction']>;

function corrected(status: Correction['status'], rows: Correction['rows']): Issue {
  return { ...ISSUE, correction: { status, import: { id: 'c' }, rows } };
}

test('a row is offered as its values, as its text, or empty if only its beginning is known', () => {
  assert.deepEqual(draftOf(ISSUE, FORM), { values: ['', 'b', ''] });
  const text = { ...ISSUE, code: 'WRONG_FIELD_COUNT' as const, column: null, values: null, record: 'a;b' };
  assert.deepEqual(draftOf(text, FORM), { record: 'a;b' });
  const empty = { values: ['', '', ''] };
  assert.deepEqual(draftOf({ ...text, record: 'é'.repeat(5_000) }, FORM), empty);
  assert.deepEqual(draftOf({ ...text, code: 'RECORD_TOO_LARGE' }, FORM), empty);
});

test('a correction goes on where it was left', () => {
  const again = { code: 'BLANK_NAME' as const, column: 'name', message: 'again' };
  const rejected = corrected('REJECTED', [{ values: [' ', 'b', ''], issue: again }]);
  assert.deepEqual(draftOf(rejected, FORM), { values: [' ', 'b', ''] });
  assert.deepEqual(faultOf(rejected), again);
  const split = corrected('NOT_IMPORTED', [
    { values: ['a;"1"', 'b', ''], issue: null },
    { values: ['c', 'd', 'e\nf'], issue: null },
  ]);
  assert.deepEqual(draftOf(split, FORM), { record: '"a;""1""";b;\nc;d;"e\nf"' });
  const open = (['PENDING', 'CORRECTED', 'SUPERSEDED', 'REJECTED', 'NOT_IMPORTED'] as const).filter(
    (status) => isOpen(corrected(status, [])),
  );
  assert.deepEqual(open, ['SUPERSEDED', 'REJECTED', 'NOT_IMPORTED']);
  assert.ok(!isOpen({ ...ISSUE, kind: 'SUPERSEDED' }));
});

test('a row that is as it was is not changed', () => {
  assert.ok(isSame({ values: ['a', 'b'] }, { values: ['a', 'b'] }));
  assert.ok(!isSame({ values: ['a', 'b'] }, { values: ['a', ''] }));
  assert.ok(isSame({ record: '' }, { record: '' }));
  assert.ok(!isSame({ record: 'a' }, { values: ['a'] }));
});
