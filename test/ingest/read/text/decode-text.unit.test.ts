// A file may have any encoding, given by its byte order mark or by the client, with the names of the WHATWG Encoding
// Standard. Text that cannot be decoded becomes a byte that is invalid in UTF-8, so that it only costs its row.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import iconv from 'iconv-lite';
import { isKnownEncoding } from '../../../../src/ingest/read/text/decode-text.ts';
import { cutAt, readChunks, readUpload } from '../../../support/files/uploads.ts';

const HEADER = 'name,sku,description\n';
const ROWS = 'Größe,a-1,"naïve\ncafé"\n';
const BOM = '\ufeff';

function utf16be(text: string): Buffer {
  return Buffer.from(text, 'utf16le').swap16();
}

function utf32le(text: string): Buffer {
  const codes = Uint32Array.from(text, (character) => character.codePointAt(0) ?? 0);
  return Buffer.from(codes.buffer);
}

function utf32be(text: string): Buffer {
  return utf32le(text).swap32();
}

const READ: { what: string; file: Buffer; encoding?: string; rows?: string }[] = [
  { what: 'UTF-8', file: Buffer.from(HEADER + ROWS) },
  { what: 'UTF-8 with a byte order mark', file: Buffer.from(BOM + HEADER + ROWS) },
  { what: 'UTF-8, named', file: Buffer.from(HEADER + ROWS), encoding: 'UTF-8' },
  { what: 'UTF-16 LE with a byte order mark', file: Buffer.from(BOM + HEADER + ROWS, 'utf16le') },
  { what: 'UTF-16 BE with a byte order mark', file: utf16be(BOM + HEADER + ROWS) },
  { what: 'UTF-16 LE, named', file: Buffer.from(HEADER + ROWS, 'utf16le'), encoding: 'utf-16le' },
  { what: 'UTF-16 BE, named', file: utf16be(HEADER + ROWS), encoding: 'UTF-16BE' },
  {
    what: 'UTF-16, named without a byte order',
    file: Buffer.from(HEADER + ROWS, 'utf16le'),
    encoding: 'utf-16',
  },
  {
    what: 'UTF-16 whose byte order mark contradicts the name',
    file: utf16be(BOM + HEADER + ROWS),
    encoding: 'utf-16le',
  },
  { what: 'UTF-32 LE with a byte order mark', file: utf32le(BOM + HEADER + ROWS) },
  { what: 'UTF-32 BE with a byte order mark', file: utf32be(BOM + HEADER + ROWS) },
  {
    what: 'UTF-32 whose byte order mark contradicts the name',
    file: utf32be(BOM + HEADER + ROWS),
    encoding: 'utf-16be',
  },
  { what: 'UTF-32 LE, named', file: utf32le(`${HEADER}😀${ROWS}`), encoding: 'UTF-32LE', rows: `😀${ROWS}` },
  { what: 'UTF-32 BE, named', file: utf32be(HEADER + ROWS), encoding: 'utf-32be' },
  { what: 'UTF-32 LE, named without a byte order', file: utf32le(HEADER + ROWS), encoding: 'utf-32' },
  { what: 'UTF-32 BE, named without a byte order', file: utf32be(HEADER + ROWS), encoding: 'UTF32' },
  { what: 'Latin-1', file: Buffer.from(HEADER + ROWS, 'latin1'), encoding: 'iso-8859-1' },
  {
    what: 'Windows-1252',
    file: iconv.encode(`${HEADER}10 €,a-1,“ok”\n`, 'cp1252'),
    encoding: 'windows-1252',
    rows: '10 €,a-1,“ok”\n',
  },
  {
    what: 'a Windows-1252 byte that the standard maps to a control character',
    file: Buffer.from(`${HEADER}a\x81,b,\x8d\n`, 'latin1'),
    encoding: 'windows-1252',
    rows: 'a\x81,b,\x8d\n',
  },
  {
    what: 'a byte order mark of an encoding that the standard has none for',
    file: iconv.encode(`${BOM + HEADER}商品,a-1,x\n`, 'gb18030'),
    encoding: 'gbk',
    rows: '商品,a-1,x\n',
  },
  {
    what: 'ISO-2022-JP',
    file: Buffer.from(`${HEADER}\x1b$B>&IJ\x1b(B,a-1,x\n`, 'latin1'),
    encoding: 'iso-2022-jp',
    rows: '商品,a-1,x\n',
  },
  {
    what: 'Shift_JIS',
    file: iconv.encode(`${HEADER}商品,a-1,説明\n`, 'shift_jis'),
    encoding: 'Shift_JIS',
    rows: '商品,a-1,説明\n',
  },
  {
    what: 'GB 18030',
    file: iconv.encode(`${HEADER}商品😀,a-1,説明\n`, 'gb18030'),
    encoding: 'gb18030',
    rows: '商品😀,a-1,説明\n',
  },
  {
    what: 'DOS code page 437',
    file: iconv.encode(`${HEADER}Größe,a-1,x\n`, 'cp437'),
    encoding: 'cp437',
    rows: 'Größe,a-1,x\n',
  },
  {
    what: 'U+FFFD in UTF-16',
    file: Buffer.from(`${BOM + HEADER}a,b,\ufffd\n`, 'utf16le'),
    rows: 'a,b,\ufffd\n',
  },
];

for (const { what, file, encoding, rows = ROWS } of READ) {
  test(`${what} is read in any chunks`, async (t) => {
    assert.equal((await readUpload(t, file, { encoding })).text, rows);
    const bytes = Array.from({ length: file.length }, (_, i) => file.subarray(i, i + 1));
    const read = await readChunks(bytes, { encoding });
    assert.equal(read.text, rows);
    assert.deepEqual(read.header.columns, ['name', 'sku', 'description']);
  });
}

test('invalid bytes in the rows of a UTF-8 file are passed through', async (t) => {
  const rows = Buffer.from([0x61, 0x2c, 0xff, 0xc3, 0x2c, 0x62, 0x0a]);
  const { blocks } = await readUpload(t, Buffer.concat([Buffer.from(HEADER), rows]));
  assert.deepEqual(Buffer.from(blocks[0]?.bytes ?? []), rows);
});

/** Files with undecodable bytes, and their rows as text, in which the invalid byte shows as U+FFFD. */
const DAMAGED: { what: string; file: Buffer; encoding?: string; rows: string }[] = [
  {
    what: 'UTF-16 with half a character at the end',
    file: Buffer.from(`${BOM + HEADER}a,b,c\nd`, 'utf16le').subarray(0, -1),
    rows: 'a,b,c\n\ufffd',
  },
  {
    what: 'UTF-16 BE with half a character at the end',
    file: utf16be(`${BOM + HEADER}a,b,cd`).subarray(0, -1),
    rows: 'a,b,c\ufffd',
  },
  {
    what: 'UTF-16 with lone surrogates',
    file: Buffer.from(`${BOM + HEADER}a,b,\ud83d\nd,\ude00\ud83d,😀\n`, 'utf16le'),
    rows: 'a,b,\ufffd\nd,\ufffd\ufffd,😀\n',
  },
  {
    what: 'UTF-16 that ends in a surrogate pair',
    file: Buffer.from(`${BOM + HEADER}a,b,c\ud83d`, 'utf16le'),
    rows: 'a,b,c\ufffd',
  },
  {
    what: 'UTF-32 with a lone surrogate, a code point out of range, and an extra byte',
    file: Buffer.concat([utf32le(`${BOM + HEADER}\ud83d,\ude00,`), Buffer.from([0, 0, 0x11, 0, 0x0a])]),
    rows: '\ufffd,\ufffd,\ufffd\ufffd',
  },
  {
    what: 'a byte that is undefined in Windows-1253',
    file: Buffer.from(`${HEADER}a,b,\xaa\nd,e,f\n`, 'latin1'),
    encoding: 'windows-1253',
    rows: 'a,b,\ufffd\nd,e,f\n',
  },
  {
    what: 'a byte that is undefined in a DOS code page',
    file: Buffer.from(`${HEADER}a,b,\xd5\nd,e,f\n`, 'latin1'),
    encoding: 'cp857',
    rows: 'a,b,\ufffd\nd,e,f\n',
  },
  {
    what: 'Latin-1 declared as Shift_JIS, with bytes before a line end, a delimiter and a quote',
    file: Buffer.from(`${HEADER}a\xff,b,\x8f\nd\x81,"\xe0","\xe0"\nf,g,h\n`, 'latin1'),
    encoding: 'shift_jis',
    rows: 'a\ufffd,b,\ufffd\nd\ufffd,"\ufffd","\ufffd"\nf,g,h\n',
  },
  {
    what: 'Shift_JIS with half a character at the end',
    file: Buffer.from(`${HEADER}a,b,\x8f`, 'latin1'),
    encoding: 'shift_jis',
    rows: 'a,b,\ufffd',
  },
  {
    what: 'GB 18030 with half a character before a line end',
    file: Buffer.from(`${HEADER}a,b,\x81\x30\x81\nd,e,f\n`, 'latin1'),
    encoding: 'gb2312',
    rows: 'a,b,\ufffd0\ufffd\nd,e,f\n',
  },
];

for (const { what, file, encoding, rows } of DAMAGED) {
  test(`${what}: only the invalid bytes are replaced, in any chunks`, async (t) => {
    const { blocks, text } = await readUpload(t, file, { encoding });
    assert.equal(text, rows);
    const marks = Buffer.concat(blocks.map(({ bytes }) => bytes)).filter((byte) => byte === 0xff);
    assert.equal(marks.length, rows.split('\ufffd').length - 1);
    const bytes = Array.from({ length: file.length }, (_, i) => file.subarray(i, i + 1));
    assert.equal((await readChunks(bytes, { encoding })).text, rows);
  });
}

const HEADERS: { what: string; file: Buffer; encoding?: string; message: RegExp }[] = [
  {
    what: 'in undeclared Latin-1',
    file: Buffer.from('größe,name,sku,description\n', 'latin1'),
    message:
      /header is not valid UTF-8\. Set the option encoding to .*windows-1252, or save the file as UTF-8/,
  },
  {
    what: 'in Latin-1 declared as Shift_JIS',
    file: Buffer.from('ÿ,name,sku,description\n', 'latin1'),
    encoding: 'shift-jis',
    message:
      /header is not valid shift_jis\. Remove the option encoding if the file is UTF-8, or set it to the right encoding/,
  },
  {
    what: 'in damaged UTF-16',
    file: Buffer.from(`${BOM}\ud800${HEADER}`, 'utf16le'),
    message: /header is not valid utf-16le, although the file has its byte order mark\. Save/,
  },
];

for (const { what, file, encoding, message } of HEADERS) {
  test(`a header ${what} is rejected`, async (t) => {
    await assert.rejects(readUpload(t, file, { encoding }), { code: 'INVALID_ENCODING', message });
  });
}

test('UTF-16 and UTF-32 without a mark or a declaration are rejected with the encoding to declare', async (t) => {
  for (const [file, name] of [
    [Buffer.from(HEADER + ROWS, 'utf16le'), 'utf-16le'],
    [utf16be(HEADER + ROWS), 'utf-16be'],
    [utf32le(HEADER + ROWS), 'utf-32le'],
    [utf32be(HEADER + ROWS), 'utf-32be'],
  ] as const) {
    const message = new RegExp(`option encoding to ${name}, or save the file as UTF-8`);
    await assert.rejects(readUpload(t, file), { code: 'NOT_A_CSV', message });
    assert.equal((await readUpload(t, file, { encoding: name })).text, ROWS);
  }
});

test('an unknown encoding is rejected with examples of known ones', async (t) => {
  for (const label of ['latin-42', '', 'base64', 'hex', 'constructor', '__proto__']) {
    assert.equal(isKnownEncoding(label), false, label);
    await assert.rejects(readUpload(t, HEADER, { encoding: label }), {
      code: 'BAD_USER_INPUT',
      message: /windows-1252/,
    });
  }
  for (const label of [
    'utf-8',
    'UTF8',
    'utf-16le',
    'Windows-1252',
    'iso-8859-15',
    'macintosh',
    'koi8-r',
    'big5',
    'euc-kr',
    'gbk',
  ]) {
    assert.equal(isKnownEncoding(label), true, label);
  }
});

/** Labels, bytes, and the text of the bytes in the encoding that the standard assigns to the label. */
const MEANT: [labels: string[], bytes: number[], text: string][] = [
  [['latin1', 'ISO-8859-1', 'iso8859-1', 'l1', 'ascii', 'us-ascii', 'cp819', 'latin-1'], [0x80, 0x93], '€“'],
  [['iso-8859-9', 'latin5', 'windows-1254'], [0x80, 0xfd], '€ı'],
  [['iso-8859-11', 'tis-620', 'windows-874'], [0x80, 0xa1], '€ก'],
  [['gb2312', 'gb_2312-80', 'chinese', 'gbk', 'gb18030', 'euc-cn'], [0xfd, 0x9b, 0x81, 0x40], '龥丂'],
  [
    ['shift_jis', 'Shift-JIS', 'sjis', 'windows-31j', 'ms_kanji', 'x-sjis', 'cp932'],
    [0x87, 0x40, 0x81, 0x60],
    '①～',
  ],
  [['euc-kr', 'ks_c_5601-1987', 'korean', 'windows-949'], [0x81, 0x41], '갂'],
  [['big5', 'big5-hkscs', 'cn-big5', 'x-x-big5'], [0x87, 0x40], '䏰'],
  [['macintosh', 'mac', 'x-mac-roman'], [0xdb], '€'],
  [['koi8-u', 'koi8-ru'], [0xae], 'ў'],
  [['windows-1252', 'cp1252', 'x-cp1252', 'windows1252', 'Windows_1252'], [0x80], '€'],
  [['iso-8859-15', 'latin9', 'iso885915', 'ISO8859_15'], [0xa4], '€'],
  [['utf-16', 'utf16', 'ucs-2', 'unicode', 'UTF16-LE'], [0xac, 0x20], '€'],
];

test('labels have the meaning of the standard', async () => {
  for (const [labels, bytes, text] of MEANT) {
    for (const encoding of labels) {
      const isWide = text === '€' && bytes.length === 2;
      const header = isWide ? Buffer.from(`${HEADER},`, 'utf16le') : Buffer.from(`${HEADER},`);
      const read = await readChunks([header, Buffer.from(bytes)], { encoding });
      assert.equal(read.text, `,${text}`, encoding);
    }
  }
});

test('any text in any of these encodings and any chunks is decoded correctly', async () => {
  const encodings = fc.constantFrom('utf-16le', 'utf-16be', 'gb18030', 'utf-32le', 'utf-32be');
  const text = fc.string({ unit: 'binary', maxLength: 40 }).filter((one) => !/[\r\n"\ufffd\ufeff]/.test(one));
  await fc.assert(
    fc.asyncProperty(
      encodings,
      text,
      fc.array(fc.nat(), { maxLength: 8 }),
      async (encoding, value, places) => {
        const file = iconv.encode(`${HEADER}${value},b,c\n`, encoding);
        const read = await readChunks(cutAt(file, places), { encoding });
        assert.equal(read.text, `${value},b,c\n`);
      },
    ),
    { numRuns: 200 },
  );
});
