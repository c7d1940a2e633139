// A file may have any encoding: by its byte order mark, or as the client says. What does not decode is refused.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import iconv from 'iconv-lite';
import { isKnownEncoding } from '../../src/ingest/decode-text.ts';
import { cutAt, readChunks, readUpload } from '../support/uploads.ts';

const HEADER = 'name,sku,description\n';
const ROWS = 'Größe,a-1,"naïve\ncafé"\n';
const BOM = '\ufeff';

function utf16be(text: string): Buffer {
  return Buffer.from(text, 'utf16le').swap16();
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
    what: 'UTF-16, named, of no stated order',
    file: Buffer.from(HEADER + ROWS, 'utf16le'),
    encoding: 'utf-16',
  },
  {
    what: 'UTF-16 whose mark says other than the name',
    file: utf16be(BOM + HEADER + ROWS),
    encoding: 'utf-16le',
  },
  { what: 'Latin-1', file: Buffer.from(HEADER + ROWS, 'latin1'), encoding: 'iso-8859-1' },
  {
    what: 'Windows-1252',
    file: iconv.encode(`${HEADER}10 €,a-1,“ok”\n`, 'cp1252'),
    encoding: 'windows-1252',
    rows: '10 €,a-1,“ok”\n',
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
  test(`${what} is read, wherever it is cut`, async (t) => {
    assert.equal((await readUpload(t, file, { encoding })).text, rows);
    const bytes = Array.from({ length: file.length }, (_, i) => file.subarray(i, i + 1));
    const read = await readChunks(bytes, { encoding });
    assert.equal(read.text, rows);
    assert.deepEqual(read.header.columns, ['name', 'sku', 'description']);
  });
}

test('bytes that are not UTF-8 pass as they are, in the rows of a UTF-8 file', async (t) => {
  const rows = Buffer.from([0x61, 0x2c, 0xff, 0xc3, 0x2c, 0x62, 0x0a]);
  const { blocks } = await readUpload(t, Buffer.concat([Buffer.from(HEADER), rows]));
  assert.deepEqual(Buffer.from(blocks[0]?.bytes ?? []), rows);
});

const long = 'a,b,c\n'.repeat(30_000);
const REFUSED: { what: string; file: Buffer; encoding?: string; message: RegExp }[] = [
  {
    what: 'UTF-16 with half a character at its end',
    file: Buffer.from(`${BOM + HEADER}a`, 'utf16le').subarray(0, -1),
    message: /utf-16le.*near byte 44/,
  },
  {
    what: 'UTF-16 BE with half a character at its end',
    file: utf16be(`${BOM + HEADER}a`).subarray(0, -1),
    message: /utf-16be/,
  },
  {
    what: 'UTF-16 with half a surrogate pair',
    file: Buffer.from(`${BOM + HEADER}a,b,\ud83d\n`, 'utf16le'),
    message: /utf-16le.*near byte 5\d/,
  },
  {
    what: 'UTF-16 that ends in a surrogate pair',
    file: Buffer.from(`${BOM + HEADER}a,b,\ud83d`, 'utf16le'),
    message: /utf-16le/,
  },
  {
    what: 'a byte that Windows-1252 does not have',
    file: Buffer.from(`${HEADER}a,b,\x81\n`, 'latin1'),
    encoding: 'windows-1252',
    message: /windows-1252.*near byte 25/,
  },
  {
    what: 'such a byte far into the file',
    file: Buffer.from(`${HEADER + long}a,b,\x81\n`, 'latin1'),
    encoding: 'windows-1252',
    message: /near byte 180025/,
  },
  {
    what: 'Latin-1 called Shift_JIS',
    file: Buffer.from(`${HEADER}a\xff,b,c\n`, 'latin1'),
    encoding: 'shift_jis',
    message: /shift_jis/,
  },
  {
    what: 'Shift_JIS with half a character at its end',
    file: Buffer.from(`${HEADER}a,b,\x8f`, 'latin1'),
    encoding: 'shift_jis',
    message: /shift_jis/,
  },
  {
    what: 'Latin-1 called ASCII',
    file: Buffer.from(HEADER + ROWS, 'latin1'),
    encoding: 'us-ascii',
    message: /us-ascii/,
  },
  {
    what: 'a header in Latin-1 that is not called so',
    file: Buffer.from('größe,name,sku,description\n', 'latin1'),
    message: /header is not valid UTF-8.*option encoding/,
  },
];

for (const { what, file, encoding, message } of REFUSED) {
  test(`${what} is refused`, async (t) => {
    await assert.rejects(readUpload(t, file, { encoding }), { code: 'INVALID_ENCODING', message });
  });
}

test('UTF-16 without a mark and without a name is refused with its name', async (t) => {
  for (const [file, name] of [
    [Buffer.from(HEADER, 'utf16le'), /utf-16le/],
    [utf16be(HEADER), /utf-16be/],
  ] as const) {
    await assert.rejects(readUpload(t, file), { code: 'NOT_A_CSV', message: name });
  }
});

test('an encoding that nobody knows is refused with some that are known', async (t) => {
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

test('any text, in any of these encodings, cut anywhere, comes out as it was', async () => {
  const encodings = fc.constantFrom('utf-16le', 'utf-16be', 'gb18030', 'utf-32le');
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
