// Text fields know only LF. An edit in one keeps the line endings of the rest of the text.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { applyEdit, toTextFieldValue } from '../../../src/console/utils/reading/line-endings.ts';

const text = fc
  .array(fc.constantFrom('a', 'b', '\u{1f600}', '\r\n', '\n', '\r', '"'), { maxLength: 12 })
  .map((parts) => parts.join(''));

const caret = fc.constantFrom('behind the edit' as const, null, 0, 3, 100);

test('the text before and after an edit is kept byte for byte', () => {
  fc.assert(
    fc.property(text, text, text, text, caret, (before, removed, added, behind, caret) => {
      // An edit that joins a CR and an LF makes one line ending; that case is excluded.
      fc.pre(
        ![`${before}|${removed}`, `${removed}|${behind}`, `${before}|${behind}`].some((seam) =>
          seam.includes('\r|\n'),
        ),
      );
      const edited = toTextFieldValue(before) + toTextFieldValue(added) + toTextFieldValue(behind);
      const selectionEnd = caret === 'behind the edit' ? toTextFieldValue(before + added).length : caret;
      const result = applyEdit(before + removed + behind, { value: edited, selectionEnd });
      if (caret === 'behind the edit') assert.ok(result.endsWith(behind));
      assert.equal(toTextFieldValue(result), edited);
      assert.ok(added !== '' || removed !== '' || result === before + behind);
      const isSeen = !/[\r\n]/.test(removed + added);
      if (isSeen)
        assert.equal(result.match(/\r\n|\r|\n/g)?.join(), (before + behind).match(/\r\n|\r|\n/g)?.join());
    }),
    { numRuns: 2000 },
  );
});

test('a new line ending matches those of the text', () => {
  const table: [text: string, edited: string, result: string][] = [
    ['a\r\nb', 'a\nb\n', 'a\r\nb\r\n'],
    ['a\rb', 'a\nx\nb', 'a\rx\rb'],
    ['a\nb', 'a\n\nb', 'a\n\nb'],
    ['ab', 'a\nb', 'a\nb'],
    ['a\r\nb\nc', 'a\nb\nc!', 'a\r\nb\nc!'],
    ['a\r\nb', '', ''],
    ['', 'a\n', 'a\n'],
  ];
  for (const [text, edited, result] of table)
    assert.equal(applyEdit(text, { value: edited, selectionEnd: null }), result, JSON.stringify(text));
});
