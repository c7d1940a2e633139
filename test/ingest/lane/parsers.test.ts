// The fast parser and csv-parse see the same rows, and the same faults, in any bytes.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CsvError, parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { csvParseOptions } from '../../../src/ingest/lane/csv-parse-options.ts';
import { CsvParseParser } from '../../../src/ingest/lane/csv-parse-parser.ts';
import { FastParser } from '../../../src/ingest/lane/fast-parser.ts';
import { inspectQuotes } from '../../../src/ingest/lane/quote-errors.ts';
import type { BlockParser, Field, RowLayout, RowSink } from '../../../src/ingest/lane/row.ts';

const COMMA = 0x2c;

const LAYOUT: RowLayout = {
  columns: ['name', 'sku', 'description'],
  delimiter: COMMA,
  skuIndex: 1,
  nameIndex: 0,
  descriptionIndex: 2,
  maxDescriptionLength: 12,
  issueCodeIndex: undefined,
};

interface Parsed {
  rows: { line: number; sku: string; name: string; description: string; record: string }[];
  rejections: { line: number; code: string; column: string | undefined; message: string; record: string }[];
}

/** @param pauseEvery how many rejections the sink takes before it wants to be emptied */
function parseWith(parser: BlockParser, bytes: Uint8Array, firstLine = 2, pauseEvery = 1): Parsed {
  const parsed: Parsed = { rows: [], rejections: [] };
  let held = 0;
  const sink: RowSink = {
    accept({ line, sku, name, description, record }) {
      parsed.rows.push({
        line,
        sku: hex(sku),
        name: hex(name),
        description: hex(description),
        record: hex(record),
      });
    },
    reject({ line, code, column, message, record }) {
      assert.ok(held < pauseEvery, 'a rejection is given to a sink that is full');
      held++;
      const bytes = Buffer.from(record).toString('hex');
      parsed.rejections.push({ line, code, column, message, record: bytes });
    },
    get isFull() {
      return held >= pauseEvery;
    },
  };
  for (const _ of parser.parse(bytes, firstLine, sink)) held = 0;
  return parsed;
}

function hex({ bytes, start, end }: Field): string {
  return Buffer.from(bytes.subarray(start, end)).toString('hex');
}

const fast = () => new FastParser(LAYOUT);
const reference = () => new CsvParseParser(LAYOUT);
const text = (parsed: Parsed) =>
  parsed.rows.map((row) => [
    row.line,
    ...[row.name, row.sku, row.description].map((v) => Buffer.from(v, 'hex').toString()),
  ]);

const piece = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('"', ',', '\r\n', '\n', '\r', 'a', ' ', '""', '","', '"\r\n"') },
  {
    weight: 3,
    arbitrary: fc.constantFrom('name,sku,text\r\n', 'n,s,"two\nlines"\r\n', 'n,"s ""q"" ",d\n', '"n",s,\r\n'),
  },
  { weight: 1, arbitrary: fc.constantFrom('\0', '\\.', '\n\\.\n', '\t', 'é', '😀', '\ufeff', '\u00a0') },
);
const bytes = fc
  .array(
    fc.oneof({ weight: 20, arbitrary: piece }, { weight: 1, arbitrary: fc.constantFrom('BAD1', 'BAD2') }),
    { maxLength: 40 },
  )
  .map((pieces) =>
    Buffer.concat(
      pieces.map((part) =>
        part === 'BAD1'
          ? Buffer.from([0xff])
          : part === 'BAD2'
            ? Buffer.from([0xe2, 0x82])
            : Buffer.from(part),
      ),
    ),
  );

test('any bytes give the same rows and the same rejections with both parsers', () => {
  fc.assert(
    fc.property(bytes, (input) => {
      assert.deepEqual(parseWith(fast(), input), parseWith(reference(), input));
    }),
    { numRuns: 20_000 },
  );
});

test('any bytes give the same with another delimiter and columns in another order, some not ours', () => {
  const layout: RowLayout = {
    columns: ['x', 'DESCRIPTION', 'y', 'Sku', 'name'],
    delimiter: 0x3b,
    skuIndex: 3,
    nameIndex: 4,
    descriptionIndex: 1,
    maxDescriptionLength: 12,
    issueCodeIndex: undefined,
  };
  const cells = fc.array(
    fc.constantFrom('a', ';', '"', '""', '\n', '\r\n', '1;"two;""2""";;k;n\n', 'x;y;z;s;n'),
    { maxLength: 30 },
  );
  fc.assert(
    fc.property(cells, (parts) => {
      const input = Buffer.from(parts.join(''));
      assert.deepEqual(
        parseWith(new FastParser(layout), input),
        parseWith(new CsvParseParser(layout), input),
      );
    }),
    { numRuns: 5_000 },
  );
});

test('a record of more fields than any header has is told as another parser would tell it', () => {
  for (const record of [','.repeat(200_000), `${','.repeat(200_000)}x"y`, `,"${','.repeat(200_000)}"`]) {
    const input = Buffer.from(`A,1,x\n${record}\nB,2,y\n`);
    const parsed = parseWith(reference(), input);
    assert.deepEqual([parsed.rows.length, parsed.rejections.length], [2, 1]);
    assert.deepEqual(parsed, parseWith(fast(), input));
  }
});

test('what is wrong with quotes is what csv-parse says', () => {
  const codes = {
    GOES_ON: 'CSV_INVALID_CLOSING_QUOTE',
    INSIDE: 'INVALID_OPENING_QUOTE',
    NOT_CLOSED: 'CSV_QUOTE_NOT_CLOSED',
  };
  const cells = fc.array(fc.constantFrom('a', ',', '"', '""', ' ', '","', 'é'), { maxLength: 20 });
  fc.assert(
    fc.property(cells, (parts) => {
      const record = Buffer.from(parts.join(''));
      const { fields, fault } = inspectQuotes(record, COMMA);
      try {
        const [parsed = ['']] = parse(record, csvParseOptions(COMMA)) as string[][];
        assert.deepEqual([fields, fault], [parsed.length, undefined]);
      } catch (error) {
        if (!(error instanceof CsvError)) throw error;
        assert.equal(fault && codes[fault], error.code);
      }
    }),
    { numRuns: 5_000 },
  );
});

for (const [name, make] of [
  ['fast', fast],
  ['csv-parse', reference],
] as const) {
  test(`${name}: rows carry the physical line on which they start`, () => {
    const parsed = parseWith(make(), Buffer.from('A,1,"x\ny"\r\nB,2,z\rC,3,"p\r\nq\rr"\n\n\nD,4,'));
    assert.deepEqual(text(parsed), [
      [2, 'A', '1', 'x\ny'],
      [4, 'B', '2', 'z'],
      [5, 'C', '3', 'p\r\nq\rr'],
      [10, 'D', '4', ''],
    ]);
    assert.deepEqual(parsed.rejections, []);
  });

  test(`${name}: values are kept byte for byte, doubled quotes undone`, () => {
    const parsed = parseWith(make(), Buffer.from(' a b ,"1""2"," ""x"" "\n'));
    assert.deepEqual(text(parsed), [[2, ' a b ', '1"2', ' "x" ']]);
  });

  const faults: [string, string, string | undefined, Buffer][] = [
    ['too few fields', 'WRONG_FIELD_COUNT', undefined, Buffer.from('a,b')],
    ['too many fields', 'WRONG_FIELD_COUNT', undefined, Buffer.from('a,b,c,d')],
    ['a blank SKU', 'BLANK_SKU', 'sku', Buffer.from('a,,c')],
    ['a SKU of spaces', 'BLANK_SKU', 'sku', Buffer.from('a,\u00a0 \t,c')],
    ['a blank name', 'BLANK_NAME', 'name', Buffer.from('"",b,c')],
    ['a SKU of 257 characters', 'SKU_TOO_LONG', 'sku', Buffer.from(`a,${'é'.repeat(257)},c`)],
    ['a name of 513 characters', 'NAME_TOO_LONG', 'name', Buffer.from(`${'n'.repeat(513)},b,c`)],
    ['a description over the limit', 'DESCRIPTION_TOO_LONG', 'description', Buffer.from('a,b,1234567890123')],
    ['a NUL', 'NUL_CHARACTER', undefined, Buffer.from('a,b\0,c')],
    ['bytes that are not UTF-8', 'INVALID_UTF8', undefined, Buffer.from([0x61, 0x2c, 0xff, 0x2c, 0x63])],
    ['a quote in the middle', 'UNBALANCED_QUOTE', undefined, Buffer.from('a,b"b,c')],
    ['text after a closing quote', 'UNBALANCED_QUOTE', undefined, Buffer.from('a,"b"b,c\nd"')],
  ];
  for (const [what, code, column, record] of faults) {
    test(`${name}: ${what} is rejected, the rows around it are not`, () => {
      const input = Buffer.concat([Buffer.from('A,1,x\n'), record, Buffer.from('\nB,2,y\n')]);
      const parsed = parseWith(make(), input);
      assert.deepEqual(
        text(parsed).map(([, rowName]) => rowName),
        ['A', 'B'],
      );
      assert.equal(parsed.rejections.length, 1);
      const [rejection] = parsed.rejections;
      assert.deepEqual([rejection?.line, rejection?.code, rejection?.column], [3, code, column]);
      assert.equal(rejection?.record, record.toString('hex'));
    });
  }

  test(`${name}: a SKU of 256 characters and a name of 512 are taken, whatever their bytes`, () => {
    const parsed = parseWith(make(), Buffer.from(`${'😀'.repeat(512)},${'é'.repeat(256)},d\n`));
    assert.equal(parsed.rows.length, 1);
  });

  test(`${name}: a SKU of a control character is a value like any other`, () => {
    const parsed = parseWith(make(), Buffer.from('A,\x01,x\n'));
    assert.deepEqual(text(parsed), [[2, 'A', '\x01', 'x']]);
  });

  test(`${name}: a quote that is never closed is rejected with what follows it`, () => {
    const parsed = parseWith(make(), Buffer.from('A,1,x\nB,2,"y\nC,3,z\n'));
    assert.equal(parsed.rows.length, 1);
    assert.deepEqual([parsed.rejections[0]?.line, parsed.rejections[0]?.code], [3, 'UNBALANCED_QUOTE']);
  });
}
