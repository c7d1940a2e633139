import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { OversizedRecordSkipper } from '../../../../src/ingest/read/records/oversized-record-skipper.ts';

const DELIMITER = 0x2c;
const content = fc
  .array(
    fc.constantFrom('"', '""', ',', ',"', '",', ' ', ', "', '\t', '\r', '\n', '\r\n', 'plain words', 'x'),
    {
      maxLength: 40,
    },
  )
  .map((parts) => Buffer.from(parts.join('')));
const dialect = fc.record({
  delimiter: fc.constant(DELIMITER),
  quoting: fc.constantFrom('STANDARD' as const, 'NONE' as const),
  skipInitialSpace: fc.boolean(),
});
const cuts = fc.array(fc.nat({ max: 200 }), { maxLength: 5 });

/**
 * Feeds the record piece by piece, as BlockSplitter does.
 *
 * @param shift of the bytes in their buffer: only where it is a multiple of four are four looked at together
 */
function ends(record: Buffer, dialectOf: object, pieces: readonly number[], shift: number) {
  const skipper = new OversizedRecordSkipper({ delimiter: DELIMITER, ...dialectOf }, false, 1);
  const buffer = new Uint8Array(new ArrayBuffer(record.length + 8), shift);
  let removed = 0;
  const tos = [...pieces.filter((to) => to < record.length).sort((a, b) => a - b), record.length];
  for (const to of tos) {
    buffer.set(record.subarray(removed, to));
    const end = skipper.skip(buffer, to - removed, to === record.length);
    const { line, lineCount, openQuoteLine } = skipper;
    if (end >= 0) return { end: removed + end, line, lineCount, openQuoteLine };
    removed += skipper.rebase();
  }
  return assert.fail('the record has an end');
}

test('the end of an oversized record is found at the same place in any pieces, four bytes at once or one by one', () => {
  fc.assert(
    fc.property(content, dialect, cuts, (record, of, pieces) => {
      const expected = ends(record, of, [], 1);
      assert.deepEqual(ends(record, of, pieces, 1), expected);
      assert.deepEqual(ends(record, of, [], 0), expected);
      assert.deepEqual(ends(record, of, pieces, 0), expected);
    }),
    { numRuns: 3000 },
  );
});

test('a quote opens a field after a delimiter, and after spaces where they are ignored', () => {
  const end = (text: string, skipInitialSpace: boolean) =>
    ends(Buffer.from(text), { skipInitialSpace }, [], 0).end;
  assert.equal(end('word word word,"\n",x\nrest', false), 21);
  assert.equal(end('word word word "\n",x\nrest', false), 17);
  assert.equal(end('word word,      "\n",x\nrest', true), 22);
  assert.equal(end('word word,      "\n",x\nrest', false), 18);
});
