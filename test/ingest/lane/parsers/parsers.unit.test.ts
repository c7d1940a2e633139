// The fast parser and csv-parse return the same rows and the same rejections for any bytes.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CsvParseParser } from '../../../../src/ingest/lane/parsers/csv-parse-parser.ts';
import { FastParser } from '../../../../src/ingest/lane/parsers/fast-parser.ts';
import type { BlockParser, Field, RowLayout, RowSink } from '../../../../src/ingest/lane/rows/row.ts';

const COMMA = 0x2c;

const LAYOUT: RowLayout = {
  columns: ['name', 'sku', 'description'],
  delimiter: COMMA,
  skuIndex: 1,
  nameIndex: 0,
  descriptionIndex: 2,
  maxDescriptionLength: 12,
};

interface Parsed {
  rows: {
    line: number;
    sku: string;
    name: string;
    description: string;
    record: string;
    attributes: string;
  }[];
  rejections: { line: number; code: string; column: string | undefined; message: string; record: string }[];
}

/** @param pauseEvery how many rejections the sink accepts before it must be drained */
function parseWith(parser: BlockParser, bytes: Uint8Array, firstLine = 2, pauseEvery = 1): Parsed {
  const parsed: Parsed = { rows: [], rejections: [] };
  let held = 0;
  const sink: RowSink = {
    accept({ line, sku, name, description, record, attributes }) {
      parsed.rows.push({
        line,
        sku: hex(sku),
        name: hex(name),
        description: hex(description),
        record: hex(record),
        attributes: hex(attributes),
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

/** Texts that look empty. */
const BLANK_TEXTS = [
  '\u00a0 \t',
  '\u200b',
  '\u0085',
  '\u0001',
  '\x7f',
  '\u009f',
  '\u2060',
  '\u3164',
  '\u2800',
  '\u3000\u00ad',
  '\u200b\ufeff',
  '\u{e0020}',
];
const escaped = (text: string) =>
  Array.from(text, (character) => `U+${character.codePointAt(0)?.toString(16).padStart(4, '0')}`).join(' ');

const BLANK_RECORDS = [
  ...[',,', ',', ',,,,,', ' ', '\t', ' \t , ,\v', '\x1a'],
  ...['"",""', '"","",""', '" "," ",', '"\t",', '"",,"",'],
];
const NOT_BLANK_RECORDS = [
  [';;', 'WRONG_FIELD_COUNT'],
  [',,,,x', 'WRONG_FIELD_COUNT'],
  ['"""",,,,', 'WRONG_FIELD_COUNT'],
  [',",",,,', 'WRONG_FIELD_COUNT'],
  ['"""",,', 'BLANK_SKU'],
  ['",",,', 'BLANK_SKU'],
  [',,x', 'BLANK_SKU'],
  [',,""""', 'BLANK_SKU'],
];

const THREE = ['name', 'sku', 'description'];
/** Without an outcome, the record is a valid row. */
const DELIMITERS_AT_THE_END: [what: string, columns: string[], record: string, outcome?: string][] = [
  ['a delimiter at the end of the row', THREE, 'A,1,x,'],
  ['an empty quoted field at the end of the row', THREE, 'A,1,x,""'],
  ['a quoted field before the delimiter at the end of the row', THREE, '"A","1","x",'],
  ['two delimiters at the end of the row', THREE, 'A,1,x,,', 'WRONG_FIELD_COUNT'],
  ['a value after the last column', THREE, 'A,1,x,y', 'WRONG_FIELD_COUNT'],
  ['a quote after the last column', THREE, 'A,1,x,""""', 'WRONG_FIELD_COUNT'],
  ['an unnamed last column missing in the row', [...THREE, ''], 'A,1,x'],
  ['an unnamed last column present in the row', [...THREE, ''], 'A,1,x,'],
  ['an unnamed last column with a value', [...THREE, ''], 'A,1,x,y'],
  ['an unnamed last column, and one more delimiter in the row', [...THREE, ''], 'A,1,x,,'],
  ['unnamed last columns partly missing in the row', [...THREE, '', ' '], 'A,1,x,'],
  ['a named last column missing in the row', [...THREE, 'price'], 'A,1,x', 'WRONG_FIELD_COUNT'],
  ['an unnamed column before a named one', [...THREE, '', 'price'], 'A,1,x', 'WRONG_FIELD_COUNT'],
  ['an unnamed last column, and a row that is too short', [...THREE, ''], 'A,1', 'WRONG_FIELD_COUNT'],
];

const piece = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('"', ',', '\r\n', '\n', '\r', 'a', ' ', '""', '","', '"\r\n"') },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      'name,sku,description\r\n',
      ',,\n',
      ' ,"",\t',
      'a,b,c,\n',
      'n,s,"two\nlines"\r\n',
      'n,"s ""q"" ",d\n',
      '"n",s,\r\n',
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom('\0', '\\.', '\n\\.\n', '\t', 'é', '😀', '\ufeff', '\u00a0', '\u200b', '\x1a'),
  },
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

test('both parsers return the same rows and rejections for any bytes', () => {
  fc.assert(
    fc.property(bytes, (input) => {
      assert.deepEqual(parseWith(fast(), input), parseWith(reference(), input));
    }),
    { numRuns: 8_000 },
  );
});

test('both parsers agree with another delimiter, another column order and ignored columns', () => {
  const layout: RowLayout = {
    columns: ['x', 'DESCRIPTION', 'y', 'Sku', 'name'],
    delimiter: 0x3b,
    skuIndex: 3,
    nameIndex: 4,
    descriptionIndex: 1,
    maxDescriptionLength: 12,
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
    { numRuns: 2_000 },
  );
});

test('both parsers agree with defaults, also without a column for some fields', () => {
  const defaults = { name: 'Default', description: '' };
  const base = { ...LAYOUT, skuIndex: 0, defaults };
  const layouts: RowLayout[] = [
    { ...base, columns: ['Nr', 'Text'], nameIndex: -1, descriptionIndex: 1 },
    { ...base, columns: ['Nr', 'Titel'], nameIndex: 1, descriptionIndex: -1 },
    { ...base, columns: ['Nr'], nameIndex: -1, descriptionIndex: -1 },
    { ...base, columns: ['Nr', 'x', 'line', 'code'], nameIndex: 1, descriptionIndex: -1, issueCodeIndex: 3 },
  ];
  const cells = fc.array(
    fc.constantFrom(
      'a',
      ',',
      '"',
      '""',
      '\n',
      ' ',
      "'=",
      'Nr,Titel\n',
      'nr\n',
      ',SUPERSEDED',
      ',x,1,BLANK_NAME\n',
    ),
    { maxLength: 20 },
  );
  fc.assert(
    fc.property(fc.constantFrom(...layouts), cells, (layout, parts) => {
      const input = Buffer.from(parts.join(''));
      assert.deepEqual(
        parseWith(new FastParser(layout), input),
        parseWith(new CsvParseParser(layout), input),
      );
    }),
    { numRuns: 2_000 },
  );
});

test('both parsers keep the same columns, as valid JSON', () => {
  const keeping: RowLayout = {
    ...LAYOUT,
    columns: ['a', 'name', 'sku', 'b"\\', 'description'],
    nameIndex: 1,
    skuIndex: 2,
    descriptionIndex: 4,
    keptColumns: [
      { index: 0, name: 'a' },
      { index: 3, name: 'b"\\' },
    ],
  };
  const spaced: RowLayout = { ...keeping, skipInitialSpace: true };
  const layouts: RowLayout[] = [
    keeping,
    { ...keeping, quoting: 'NONE' },
    spaced,
    { ...keeping, hasCodedBreaks: true },
    { ...keeping, columns: [...keeping.columns, 'line', 'code'], issueCodeIndex: 6 },
  ];
  const cells = fc.array(
    fc.constantFrom(
      ...['a', ',', '"', '""', '\n', ' ', '\\', '\t', '\x01', 'é', '\ufdd0', "'=", "'"],
      ...['x,n,s,y,d\n', '"q ""x""",n,s,"1234567890""123",d\n', ',2,BLANK_NAME\n', ',2,SUPERSEDED\n'],
    ),
    { maxLength: 25 },
  );
  fc.assert(
    fc.property(fc.constantFrom(...layouts), cells, (layout, parts) => {
      const input = Buffer.from(parts.join(''));
      const parsed = parseWith(new FastParser(layout), input);
      assert.deepEqual(parsed, parseWith(new CsvParseParser(layout), input));
      for (const { attributes } of parsed.rows) {
        const values = Object.values(JSON.parse(Buffer.from(attributes, 'hex').toString() || '{}'));
        assert.ok(values.every((value) => typeof value === 'string' && value !== ''));
      }
    }),
    // A quote that is misplaced, and spaces before one that opens a field.
    { numRuns: 3_000, examples: [[spaced, ['a', '"', ',', '\t', '"', ',x\n', 'a']]] },
  );
});

test('both parsers report a record with more fields than any header the same way', () => {
  for (const record of ['a,'.repeat(200_000), `${','.repeat(200_000)}x"y`, `,"${','.repeat(200_000)}"`]) {
    const input = Buffer.from(`A,1,x\n${record}\nB,2,y\n`);
    const parsed = parseWith(reference(), input);
    assert.deepEqual([parsed.rows.length, parsed.rejections.length], [2, 1]);
    assert.deepEqual(parsed, parseWith(fast(), input));
  }
});

for (const [name, make] of [
  ['fast', fast],
  ['csv-parse', reference],
] as const) {
  test(`${name}: rows have the physical line on which they start`, () => {
    const parsed = parseWith(make(), Buffer.from('A,1,"x\ny"\r\nB,2,z\rC,3,"p\r\nq\rr"\n\n\nD,4,'));
    assert.deepEqual(text(parsed), [
      [2, 'A', '1', 'x\ny'],
      [4, 'B', '2', 'z'],
      [5, 'C', '3', 'p\r\nq\rr'],
      [10, 'D', '4', ''],
    ]);
    assert.deepEqual(parsed.rejections, []);
  });

  test(`${name}: values are kept byte for byte, with doubled quotes unescaped`, () => {
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

  test(`${name}: a SKU of 256 characters and a name of 512 are accepted, however many bytes they have`, () => {
    const parsed = parseWith(make(), Buffer.from(`${'😀'.repeat(512)},${'é'.repeat(256)},d\n`));
    assert.equal(parsed.rows.length, 1);
  });

  for (const blank of BLANK_TEXTS) {
    test(`${name}: ${escaped(blank)} is rejected as a blank SKU or name`, () => {
      const parsed = parseWith(make(), Buffer.from(`A,${blank},x\n${blank},1,x\n`));
      assert.deepEqual(
        parsed.rejections.map(({ line, code }) => [line, code]),
        [
          [2, 'BLANK_SKU'],
          [3, 'BLANK_NAME'],
        ],
      );
      const all = parseWith(make(), Buffer.from(`${blank},"${blank}",${blank}\n${blank}\nB,1,x\n`));
      assert.deepEqual(all.rejections, []);
      assert.deepEqual(text(all), [[4, 'B', '1', 'x']]);
    });
  }

  test(`${name}: records whose fields are all empty or blank are ignored`, () => {
    const blank = BLANK_RECORDS.join('\n');
    const parsed = parseWith(make(), Buffer.from(`A,1,x\n${blank}\nB,2,y\r\n"\n"," ",\r\n,,\rC,3,z`));
    assert.deepEqual(parsed.rejections, []);
    const line = 3 + BLANK_RECORDS.length;
    assert.deepEqual(text(parsed), [
      [2, 'A', '1', 'x'],
      [line, 'B', '2', 'y'],
      [line + 4, 'C', '3', 'z'],
    ]);
  });

  test(`${name}: a record with any content is not ignored`, () => {
    const parsed = parseWith(make(), Buffer.from(NOT_BLANK_RECORDS.map(([record]) => record).join('\n')));
    assert.deepEqual(
      parsed.rejections.map(({ line, code }) => [line, code]),
      NOT_BLANK_RECORDS.map(([, code], index) => [index + 2, code]),
    );
  });

  test(`${name}: a repeated header is rejected in any case and quoting, a row that resembles it is not`, () => {
    const headers = ['name,sku,description', 'NAME, Sku ,"Description"', '\ufeffname,sku,description,'];
    const products = ['name,sku-1,description', 'nam,sku,description', 'name,sku,x', 'name,sku,names'];
    const parsed = parseWith(make(), Buffer.from([...headers, ...products].join('\r\n')), 1);
    assert.deepEqual(
      parsed.rejections.map(({ line, code }) => [line, code]),
      headers.map((_, index) => [index + 1, 'REPEATED_HEADER']),
    );
    assert.deepEqual(
      parsed.rows.map(({ line }) => line),
      products.map((_, index) => index + headers.length + 1),
    );
  });

  test(`${name}: a repeated header with other names is rejected, and the names of fields are values`, () => {
    const layout = { ...LAYOUT, columns: ['Größe', 'Variant SKU', 'Body (HTML)'], maxDescriptionLength: 20 };
    const parser = name === 'fast' ? new FastParser(layout) : new CsvParseParser(layout);
    const lines = ['Größe,variant sku, BODY (html)', 'größe,Variant SKU,Body [HTML]', 'name,sku,description'];
    const parsed = parseWith(parser, Buffer.from(lines.join('\n')));
    assert.deepEqual(
      parsed.rejections.map(({ line, code }) => [line, code]),
      [[2, 'REPEATED_HEADER']],
    );
    assert.equal(parsed.rows.length, 2);
  });

  test(`${name}: blank fields get their default, also if the file has no such column`, () => {
    const columns = ['sku', 'name'];
    const layout: RowLayout = {
      ...LAYOUT,
      ...{ columns, skuIndex: 0, nameIndex: 1, descriptionIndex: -1 },
      defaults: { name: 'Ünnamed', description: '' },
    };
    const make = (wanted: RowLayout) =>
      name === 'fast' ? new FastParser(wanted) : new CsvParseParser(wanted);
    const parsed = parseWith(make(layout), Buffer.from('1,\n2,B\n3," \u200b"\n,C\nsku,name\n'));
    assert.deepEqual(text(parsed), [
      [2, 'Ünnamed', '1', ''],
      [3, 'B', '2', ''],
      [4, 'Ünnamed', '3', ''],
    ]);
    assert.deepEqual(
      parsed.rejections.map(({ line, code }) => [line, code]),
      [
        [5, 'BLANK_SKU'],
        [6, 'REPEATED_HEADER'],
      ],
    );
    const long = { ...layout, defaults: { description: 'longer than twelve' } };
    const [rejection] = parseWith(make(long), Buffer.from('1,A\n')).rejections;
    assert.equal(rejection?.code, 'DESCRIPTION_TOO_LONG');
    assert.equal(rejection.column, undefined);
    assert.match(rejection.message, /^The default has 18 characters/);
  });

  test(`${name}: byte order marks and Ctrl-Z are dropped at the start of records and kept elsewhere`, () => {
    const mark = '\ufeff';
    const records = [
      `${mark}A,1,x\n`,
      `${mark}${mark}"B",2,"y\n${mark}z"\r`,
      `${mark}\n`,
      `C,${mark}3,${mark}\n`,
      `\x1a${mark}D,4,\x1a\n`,
      `${mark}E\n`,
    ];
    const parsed = parseWith(make(), Buffer.from(records.join('')));
    assert.deepEqual(text(parsed), [
      [2, 'A', '1', 'x'],
      [3, 'B', '2', `y\n${mark}z`],
      [6, 'C', `${mark}3`, mark],
      [7, 'D', '4', '\x1a'],
    ]);
    assert.deepEqual(
      parsed.rejections.map(({ line, record }) => [line, Buffer.from(record, 'hex').toString()]),
      [[8, 'E']],
    );
  });

  for (const [what, columns, record, outcome] of DELIMITERS_AT_THE_END) {
    test(`${name}: ${what}: ${outcome ?? 'a row'}`, () => {
      const layout = { ...LAYOUT, columns };
      const parser = name === 'fast' ? new FastParser(layout) : new CsvParseParser(layout);
      const parsed = parseWith(parser, Buffer.from(`${record}\n`));
      assert.deepEqual(
        parsed.rejections.map(({ code }) => code),
        outcome === undefined ? [] : [outcome],
      );
      if (outcome === undefined) assert.deepEqual(text(parsed), [[2, 'A', '1', 'x']]);
    });
  }

  test(`${name}: bytes that are invalid in the file's encoding are reported with its name and advice`, () => {
    const encodings: [RowLayout['encoding'], string, RegExp][] = [
      [
        undefined,
        'INVALID_UTF8',
        /not valid UTF-8\. If the file has another encoding, set the option `encoding`/,
      ],
      [{ name: 'utf-8', isMarked: true }, 'INVALID_UTF8', /not valid UTF-8\. Correct them in the file\.$/],
      [
        { name: 'shift_jis', isMarked: false },
        'INVALID_ENCODING',
        /not valid shift_jis\. If .* option `encoding`/,
      ],
      [
        { name: 'utf-16le', isMarked: true },
        'INVALID_ENCODING',
        /not valid utf-16le\. Correct them in the file\.$/,
      ],
    ];
    for (const [encoding, code, message] of encodings) {
      const layout: RowLayout = { ...LAYOUT, ...(encoding && { encoding }) };
      const parser = name === 'fast' ? new FastParser(layout) : new CsvParseParser(layout);
      const [rejection] = parseWith(parser, Buffer.from([0x41, 0x2c, 0x31, 0x2c, 0xff])).rejections;
      assert.equal(rejection?.code, code);
      assert.match(rejection?.message ?? '', message);
    }
  });

  test(`${name}: an unclosed quote is rejected with the text that follows it`, () => {
    const parsed = parseWith(make(), Buffer.from('A,1,x\nB,2,"y\nC,3,z\n'));
    assert.equal(parsed.rows.length, 1);
    assert.deepEqual([parsed.rejections[0]?.line, parsed.rejections[0]?.code], [3, 'UNBALANCED_QUOTE']);
  });
}
