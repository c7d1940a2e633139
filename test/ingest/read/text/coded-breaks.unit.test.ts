// Line breaks inside the cells of a sheet are coded, and decoded without a trace.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { codeBreaks, decodeBreakBytes, decodeBreaks } from '../../../../src/ingest/read/text/coded-breaks.ts';

test('line breaks are coded and decoded, whatever else the text has', () => {
  const unit = fc.constantFrom('\n', '\r', '\ufdd0', '\ufdd1', '\ufdd2', '\ufdcf', '\ufdfd', 'a', '😀');
  fc.assert(
    fc.property(fc.string({ unit }), (value) => {
      const coded = codeBreaks(value);
      assert.doesNotMatch(coded, /[\r\n]/);
      assert.equal(decodeBreaks(coded), value);
      assert.equal(Buffer.from(decodeBreakBytes(Buffer.from(coded))).toString(), value);
    }),
  );
});
