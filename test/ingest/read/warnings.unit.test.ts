// The warnings of an import are limited, and none that counts is lost to the limit.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ImportWarning } from '../../../src/db/tables.ts';
import { longRejectedRecordWarning, Warnings, withIssuesNotKept } from '../../../src/ingest/read/warnings.ts';

test('the first warnings of a file are kept, and that issues are missing takes the place of the last', () => {
  let kept: ImportWarning[] = [];
  const warnings = new Warnings([], (all) => {
    kept = all;
  });
  for (let line = 2; line < 40; line++) warnings.add(longRejectedRecordWarning({ line, lineCount: 30 }));
  assert.deepEqual(
    kept.map(({ line }) => line),
    Array.from({ length: 20 }, (_, index) => index + 2),
  );
  const told = withIssuesNotKept(kept, 10, 4);
  assert.deepEqual(told.slice(0, -1), kept.slice(0, -1));
  assert.deepEqual([told.length, told.at(-1)?.code], [20, 'ISSUES_NOT_KEPT']);
  const again = withIssuesNotKept(told, 12, 1);
  assert.deepEqual(again.slice(0, -1), kept.slice(0, -1));
  assert.match(again.at(-1)?.message ?? '', /^12 rows were superseded, and 1 of them is listed:/);
});
