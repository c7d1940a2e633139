// Workbooks are read as CSV: texts as they are, numbers as plain decimals, dates in ISO 8601.

import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import type { ImportWarning } from '../../../../src/db/tables.ts';
import { LoadstoneError } from '../../../../src/errors.ts';
import type { ReadOptions } from '../../../../src/ingest/read/block-reader.ts';
import {
  kindOfFormat,
  numberText,
  unescapeText,
} from '../../../../src/ingest/read/format/workbook/cell-text.ts';
import { decodeBreaks } from '../../../../src/ingest/read/text/coded-breaks.ts';
import { readAll, readUpload, temporarySpool } from '../../../support/files/uploads.ts';
import { type Cell, contentsOf, type WorkbookForm, workbookOf } from '../../../support/files/workbook.ts';
import { zipOf } from '../../../support/files/zip.ts';

const HEADER = ['sku', 'name', 'description'];
const OTHER = { name: 'Notes', rows: [['anything']] };

function sheet(...rows: Cell[][]): WorkbookForm {
  return { sheets: [{ name: 'Products', rows: [HEADER, ...rows] }] };
}

async function rowsOf(
  t: Parameters<typeof readUpload>[0],
  form: WorkbookForm,
  options: Partial<ReadOptions> = {},
): Promise<string[][]> {
  const { text, format } = await readUpload(t, workbookOf(form), options);
  assert.equal(format, 'xlsx');
  const rows = parse(text, { relax_column_count: true }) as string[][];
  return rows.map((row) => row.map(decodeBreaks));
}

test('texts of all kinds are read as they are', async (t) => {
  const texts = [
    '00123',
    ' padded ',
    'a,"b"',
    'two\nlines',
    'cr\rlf',
    'ä€😀',
    '<b>&amp;</b>',
    '=1+1',
    '\ufeffx',
    '_x41_',
    '\ufdd0\n\ufdd2\r',
  ];
  const rows = texts.map((text, at) => [text, `n${at}`, text]);
  assert.deepEqual(await rowsOf(t, sheet(...rows)), rows);
});

test('inline texts, rich texts, results of formulas, booleans and errors are read as they are displayed', async (t) => {
  const cells: [Cell, string][] = [
    [{ type: 'inlineStr', xml: '<is><t>in</t></is>' }, 'in'],
    [
      {
        type: 'inlineStr',
        xml: '<is><r><t>ri</t></r><r><rPr><b/></rPr><t xml:space="preserve">ch </t></r></is>',
      },
      'rich ',
    ],
    [{ type: 'inlineStr', xml: '<is><t>漢字</t><rPh sb="0" eb="1"><t>かんじ</t></rPh></is>' }, '漢字'],
    [{ type: 'str', xml: '<f>A1&amp;"x"</f><v>result_x000D_</v>' }, 'result\r'],
    [{ xml: '<f>1+1</f><v>2</v>' }, '2'],
    [{ type: 'b', xml: '<v>1</v>' }, 'TRUE'],
    [{ type: 'e', xml: '<v>#N/A</v>' }, '#N/A'],
    [{ type: 'd', xml: '<v>2026-11-28</v>' }, '2026-11-28'],
    [{ xml: '' }, ''],
  ];
  const rows = cells.map(([cell], at) => [`s${at}`, 'n', cell]);
  assert.deepEqual(
    await rowsOf(t, sheet(...rows)),
    cells.map(([, text], at) => [`s${at}`, 'n', text]),
  );
});

test('numbers are plain decimals of 15 digits', () => {
  const cases: [string, string][] = [
    ['4006381333931', '4006381333931'],
    ['4.006381333931E+12', '4006381333931'],
    ['9.9000000000000004', '9.9'],
    ['0.30000000000000004', '0.3'],
    ['-1.5', '-1.5'],
    ['1E-7', '0.0000001'],
    ['1.25E-7', '0.000000125'],
    ['-1E21', '-1000000000000000000000'],
    ['1.5E+22', '15000000000000000000000'],
    ['400638133393112345', '400638133393112345'],
    ['x', 'x'],
  ];
  for (const [stored, text] of cases) assert.equal(numberText(stored, 'number', false), text);
});

test('dates and times are those that are displayed', () => {
  const cases: [string, Parameters<typeof numberText>[1], boolean, string][] = [
    ['1', 'date', false, '1900-01-01'],
    ['59', 'date', false, '1900-02-28'],
    ['61', 'date', false, '1900-03-01'],
    ['46354', 'date', false, '2026-11-28'],
    ['46354.75', 'date', false, '2026-11-28'],
    ['46354.520833333336', 'datetime', false, '2026-11-28T12:30:00'],
    ['46354.999999999', 'datetime', false, '2026-11-29T00:00:00'],
    ['44892', 'date', true, '2026-11-28'],
    ['0.5', 'time', false, '12:00:00'],
    ['1.5', 'time', false, '36:00:00'],
    ['-1', 'date', false, '-1'],
    ['2958466', 'date', false, '2958466'],
  ];
  for (const [serial, kind, is1904, text] of cases) assert.equal(numberText(serial, kind, is1904), text);
});

test('number formats that display dates and times are recognized', () => {
  const cases: [number, string | undefined, string][] = [
    [0, undefined, 'number'],
    [2, undefined, 'number'],
    [14, undefined, 'date'],
    [20, undefined, 'time'],
    [22, undefined, 'datetime'],
    [164, 'yyyy\\-mm\\-dd', 'date'],
    [164, '[$-407]d. mmmm yyyy;@', 'date'],
    [164, 'mmm', 'date'],
    [164, '[h]:mm', 'time'],
    [164, 'dd/mm/yyyy hh:mm', 'datetime'],
    [164, '"days" 0', 'number'],
    [164, '#,##0.00\\ [$€-407];[Red]-#,##0.00', 'number'],
    [164, '00000', 'number'],
    [164, 'General', 'number'],
  ];
  for (const [id, code, kind] of cases) assert.equal(kindOfFormat(id, code), kind, code);
  assert.equal(unescapeText('a_x005F_x0041_ _x0009_'), 'a_x0041_ \t');
});

test('cells get the formats of their styles, in both date systems', async (t) => {
  const rows: Cell[][] = [
    ['1', 'n', { xml: '<v>46354.5</v>', style: 2 }],
    ['2', 'n', { xml: '<v>7</v>', style: 1 }],
  ];
  const formats = ['0.00', 'yyyy-mm-dd hh:mm'];
  assert.deepEqual(await rowsOf(t, { ...sheet(...rows), formats }), [
    ['1', 'n', '2026-11-28T12:00:00'],
    ['2', 'n', '7'],
  ]);
  const later = await rowsOf(t, { ...sheet(...rows), formats, is1904: true });
  assert.equal(later[0]?.[2], '2030-11-29T12:00:00');
});

test('rows keep their numbers as lines, short rows are filled up, and empty cells at the end do not count', async (t) => {
  const form: WorkbookForm = {
    sheets: [
      {
        name: 'P',
        rows: [[], [...HEADER, '', ''], ['1', 'a'], [], [null, 'b', 'c', '', ''], ['2', 'd', 'e', 'f']],
      },
    ],
  };
  const { header, blocks, text } = await readUpload(t, workbookOf(form));
  assert.deepEqual(header.columns, HEADER);
  assert.equal(blocks[0]?.firstLine, 3);
  assert.equal(text, '1,a,\n\n,b,c\n2,d,e,f\n');
});

test('elements may have prefixes, rows and cells no references, and the text may be UTF-16', async (t) => {
  const plain =
    '<row><c t="s"><v>0</v></c><c t="s"><v>1</v></c><c t="s"><v>2</v></c></row><row><c><v>5</v></c><c t="str"><v>x</v></c></row>';
  const prefixed = `<x:worksheet xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><x:sheetData>${plain.replaceAll('<', '<x:').replaceAll('<x:/', '</x:')}</x:sheetData></x:worksheet>`;
  const form = { sheets: [{ name: 'P', rows: [HEADER] }] };
  for (const content of [Buffer.from(prefixed), Buffer.from(`\ufeff${prefixed}`, 'utf16le')]) {
    const parts = [{ name: 'xl/worksheets/sheet1.xml', content }];
    assert.deepEqual(await rowsOf(t, { ...form, parts }), [['5', 'x', '']]);
  }
});

test('the only visible sheet with data is read, or the one that is named', async (t) => {
  const { sheets } = sheet(['1', 'a', 'b']);
  const [products] = sheets;
  assert.ok(products);
  const empty = { name: 'Empty', rows: [[], [null, { xml: '' }]] };
  const expected = [['1', 'a', 'b']];
  assert.deepEqual(await rowsOf(t, { sheets: [{ ...OTHER, state: 'hidden' }, products, empty] }), expected);
  assert.deepEqual(await rowsOf(t, { sheets: [products] }), expected);
  const two = { sheets: [OTHER, { ...products, state: 'veryHidden' as const }] };
  assert.deepEqual(await rowsOf(t, two, { sheet: ' PRODUCTS ' }), expected);
  const refused: [WorkbookForm, Partial<ReadOptions>, string, RegExp][] = [
    [
      { sheets: [products, OTHER, empty] },
      {},
      'AMBIGUOUS_SHEET',
      /2 sheets with data: "Products", "Notes"\. Set the option `sheet`/,
    ],
    [{ sheets: [products] }, { sheet: 'Prices' }, 'MISSING_SHEET', /no sheet "Prices"; it has "Products"/],
    [{ sheets: [empty, empty] }, {}, 'EMPTY_FILE', /no visible sheet with data/],
    [{ sheets: [empty] }, {}, 'EMPTY_FILE', /empty/],
    [{ sheets: [] }, {}, 'EMPTY_FILE', /no visible sheet/],
  ];
  for (const [form, options, code, message] of refused) {
    await assert.rejects(readUpload(t, workbookOf(form), options), { code, message });
  }
});

test('reading options of CSV make no difference to a workbook', async (t) => {
  const options = { delimiter: ';', encoding: 'utf-16le', quoting: 'NONE' as const, skipInitialSpace: true };
  assert.deepEqual(await rowsOf(t, sheet(['1', ' "a"', 'b;c']), options), [['1', ' "a"', 'b;c']]);
});

test('SKUs that are numbers, formulas without a result and merged cells are warned of', async (t) => {
  const warned = async (form: WorkbookForm) => (await readUpload(t, workbookOf(form))).sheetWarnings;
  const codes = (warnings: ImportWarning[]) => warnings.map(({ code }) => code);
  assert.deepEqual(codes(await warned(sheet(['1', 'a', 5]))), []);
  const [number] = await warned(sheet(['1', 'a', 'b'], [7, 'a', 'b']));
  assert.equal(number?.code, 'NUMERIC_SKU');
  assert.match(number.message, /from row 3 on/);
  for (const xml of ['<f>NOW()</f>', '<f>NOW()</f><v/>']) {
    assert.deepEqual(codes(await warned(sheet(['1', 'a', { xml }]))), ['FORMULA_WITHOUT_RESULT']);
  }
  const empty = { type: 'str', xml: '<f>T(1)</f><v></v>' };
  assert.deepEqual(codes(await warned(sheet(['1', 'a', empty]))), []);
  const merged = {
    sheets: [{ name: 'P', rows: [HEADER, ['1', 'a', 'b'], ['2', null, 'c']], merged: ['B2:B3'] }],
  };
  assert.deepEqual(codes(await warned(merged)), ['MERGED_CELLS']);
});

test('a workbook is limited by its rows, which repeat the texts that they share', async (t) => {
  const form = rowXml(
    '<row><c t="inlineStr"><is><t>sku</t></is></c><c t="inlineStr"><is><t>name</t></is></c><c t="inlineStr"><is><t>description</t></is></c></row>' +
      Array.from(
        { length: 100 },
        (_, n) => `<row><c><v>${n}</v></c><c t="s"><v>0</v></c><c t="s"><v>0</v></c></row>`,
      ).join(''),
    10_000,
  );
  const limited = (maxUnpackedBytes: number) => ({
    unpackLimits: { maxUnpackedBytes, maxCompressionRatio: 500 },
  });
  const rowBytes = (await readUpload(t, workbookOf(form))).text.length + 'sku,name,description\n'.length;
  assert.ok(rowBytes > 2_000_000);
  await readUpload(t, workbookOf(form), limited(rowBytes));
  const above = readUpload(t, workbookOf(form), limited(rowBytes - 1));
  await assert.rejects(above, { code: 'UNPACKED_TOO_LARGE' });
});

const DEEP = Buffer.from(`<worksheet>${'<x>'.repeat(100)}`);
const DOCTYPE = Buffer.from('<!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet>&a;</worksheet>');
const sheetOf = (content: Buffer) => ({ name: 'xl/worksheets/sheet1.xml', content });
/** @param textLength of the only shared text */
const rowXml = (xml: string, textLength = 0): WorkbookForm => ({
  sheets: [{ name: 'P', rows: [], xml }],
  ...(textLength > 0 && {
    sharedStrings: Buffer.from(`<sst><si><t>${'x'.repeat(textLength)}</t></si></sst>`),
  }),
});

const DAMAGED: [what: string, form: WorkbookForm, message: RegExp][] = [
  ['XML that is not well-formed', rowXml('<row><c></row>'), /damaged/],
  ['XML that ends early', { ...sheet(), parts: [sheetOf(Buffer.from('<worksheet><sheetData>'))] }, /damaged/],
  ['deep nesting', { ...sheet(), parts: [sheetOf(DEEP)] }, /nested too deeply/],
  ['a document type', { ...sheet(), parts: [sheetOf(DOCTYPE)] }, /document type/],
  ['an endless text', { ...sheet(), parts: [sheetOf(Buffer.alloc(5_000_000, 'x'))] }, /too long|damaged/],
  [
    'an endless attribute',
    { ...sheet(), parts: [sheetOf(Buffer.from(`<worksheet a="${'x'.repeat(5_000_000)}`))] },
    /too long/,
  ],
  [
    'a row of shared texts without end',
    rowXml(`<row>${'<c t="s"><v>0</v></c>'.repeat(17)}</row>`, 2 ** 20),
    /row 1 is too long/,
  ],
  [
    'many rows of shared texts in a few bytes',
    rowXml(`<row>${'<c t="s"><v>0</v></c>'.repeat(4)}</row>`.repeat(40), 2 ** 22 - 1),
    /row \d+ is too long/,
  ],
  ['a missing string', rowXml('<row><c t="s"><v>7</v></c></row>'), /no shared string 7/],
  ['a row out of order', rowXml('<row r="2"/><row r="1"/>'), /row 1 follows row 2/],
  ['a row beyond all sheets', rowXml('<row r="99999999999"/>'), /row 99999999999/],
  ['a cell beyond all sheets', rowXml('<row><c r="ZZZZ1"><v>1</v></c></row>'), /cell ZZZZ1/],
  [
    'a sheet that is missing',
    {
      ...sheet(),
      parts: [
        {
          name: 'xl/_rels/workbook.xml.rels',
          content: Buffer.from(
            '<Relationships xmlns="x"><Relationship Id="rId1" Type="x/worksheet" Target="nowhere.xml"/></Relationships>',
          ),
        },
      ],
    },
    /nowhere\.xml is missing/,
  ],
];

for (const [what, form, message] of DAMAGED) {
  test(`a workbook with ${what} is rejected: CORRUPT_ARCHIVE`, async (t) => {
    await assert.rejects(readUpload(t, workbookOf(form)), { code: 'CORRUPT_ARCHIVE', message });
  });
}

test('a workbook with changed bytes, or changed parts, is read or rejected with a reason', async (t) => {
  const { spool } = await temporarySpool(t);
  const form = { ...sheet(['1', 'a', 'b'], [2, 'c', 'd'], ['3', 'e', 'f']), formats: ['0.00'] };
  const contents = contentsOf(form);
  const change = fc.record({
    at: fc.nat(10_000),
    byte: fc.oneof(fc.nat(255), fc.constantFrom(...Buffer.from('<>/"&%:'))),
  });
  const places = fc.constantFrom(undefined, ...contents.keys());
  let run = 0;
  await fc.assert(
    fc.asyncProperty(places, fc.array(change, { minLength: 1, maxLength: 4 }), async (name, changes) => {
      const bytes = Buffer.from(name === undefined ? workbookOf(form) : (contents.get(name) ?? ''));
      for (const { at, byte } of changes) bytes[at % bytes.length] = byte;
      const file = name === undefined ? bytes : workbookOf({ ...form, parts: [{ name, content: bytes }] });
      const id = `upload-${run++}`;
      await spool.write(id, Readable.from([file]));
      await readAll(spool, {}, id).catch((error: unknown) => {
        assert.ok(error instanceof LoadstoneError, error instanceof Error ? error.stack : String(error));
      });
      await spool.remove(id);
    }),
    { numRuns: 120 },
  );
});

test('a bomb of shared strings is refused in bounded memory', { timeout: 60_000 }, async (t) => {
  const item = `<si><t>${'x'.repeat(1024 * 1024)}</t></si>`;
  const sharedStrings = Buffer.from(`<sst>${item.repeat(140)}</sst>`);
  const file = workbookOf({ ...sheet(['1', 'a', 'b']), sharedStrings });
  assert.ok(file.length < 1_000_000);
  await assert.rejects(readUpload(t, file), {
    code: 'WORKBOOK_TOO_LARGE',
    message: /128 MiB .* Save the sheet as CSV/s,
  });
});

test('other Office documents are refused with what they are', async (t) => {
  const types = { name: '[Content_Types].xml', content: Buffer.from('<Types/>') };
  const cases: [Buffer, RegExp][] = [
    [zipOf(types, { name: 'word/document.xml' }), /an Office document other than a workbook/],
    [zipOf(types, { name: 'xl/workbook.bin' }), /binary Excel workbook \(\.xlsb\)/],
    [zipOf(types, { name: 'xl/workbook.xml', encrypted: true }), /encrypted/],
    [
      Buffer.from('d0cf11e0a1b11ae1'.padEnd(1024, '0'), 'hex'),
      /with a password.* or as \.xlsx without a password/s,
    ],
  ];
  for (const [file, message] of cases)
    await assert.rejects(readUpload(t, file), { code: 'NOT_A_CSV', message });
});
