// The header assigns the columns. An unusable one is rejected with what was found and what to do.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LoadstoneError } from '../../../../src/errors.ts';
import { parseDelimiter } from '../../../../src/ingest/read/header/delimiter.ts';
import { readHeader as readAnyHeader } from '../../../../src/ingest/read/header/header.ts';
import type { HeaderContext } from '../../../../src/ingest/read/header/header-errors.ts';
import type { ColumnOptions } from '../../../../src/ingest/read/header/match-columns.ts';
import { SHOP_EXPORTS } from '../../../../src/ingest/read/header/shop-columns.ts';

const CONTEXT: HeaderContext = {
  encoding: { name: 'utf-8', isMarked: false },
  isDelimiterGiven: false,
  columnOptions: {},
};

function readHeader(...args: Parameters<typeof readAnyHeader>) {
  const { fault, ...found } = readAnyHeader(...args);
  if (fault) throw fault;
  return found;
}

function read(text: string | Buffer, delimiter?: string) {
  return readHeader(
    Buffer.from(text),
    delimiter === undefined ? {} : { delimiter: parseDelimiter(delimiter) },
    CONTEXT,
  );
}

test('columns may be in any order and letter case, with others between them', () => {
  const { header, byteLength } = read('Price, SKU ,NAME,Description,Größe\r\n1,2,3,4,5\r\n');
  assert.deepEqual(header, {
    columns: ['Price', ' SKU ', 'NAME', 'Description', 'Größe'],
    mapping: [
      { column: ' SKU ', field: 'sku', isGuessed: false },
      { column: 'NAME', field: 'name', isGuessed: false },
      { column: 'Description', field: 'description', isGuessed: false },
    ],
    keptColumns: [],
    ignoredColumns: ['Price', 'Größe'],
    delimiter: 0x2c,
    nameIndex: 2,
    skuIndex: 1,
    descriptionIndex: 3,
  });
  assert.equal(byteLength, Buffer.byteLength('Price, SKU ,NAME,Description,Größe\r\n'));
});

for (const end of ['\n', '\r', '\r\n', '']) {
  test(`a file may consist of a header that ends with ${JSON.stringify(end)}`, () => {
    assert.equal(read(`name,sku,description${end}`).byteLength, 20 + end.length);
  });
}

for (const delimiter of [',', ';', '\t', '|']) {
  test(`the delimiter ${JSON.stringify(delimiter)} is detected`, () => {
    const fields = ['name', 'sku', '"description"', '"a,b;c\td|e,,;;\t\t||"'];
    const { header } = read(`${fields.join(delimiter)}\n1\n`);
    assert.equal(header.delimiter, delimiter.charCodeAt(0));
    assert.equal(header.columns[3], 'a,b;c\td|e,,;;\t\t||');
  });
}

test('the delimiter that yields the required columns is preferred to a more frequent one', () => {
  const { header } = read('name;sku;description;a,b,c,d,e,f\n');
  assert.deepEqual(header.columns, ['name', 'sku', 'description', 'a,b,c,d,e,f']);
});

test('a quoted name may contain line breaks and quotes, depending on the delimiter', () => {
  const { header } = read('name;sku;"descr\n""x"";,iption";description\nrow');
  assert.deepEqual(header.columns, ['name', 'sku', 'descr\n"x";,iption', 'description']);
});

test('any other delimiter can be set', () => {
  assert.equal(read('name^sku^description\n', '^').header.skuIndex, 1);
  assert.deepEqual(read('name sku description\n', ' ').header.columns, ['name', 'sku', 'description']);
});

test('an invalid delimiter is rejected', () => {
  for (const text of ['', ',,', '"', '\n', '\r', '\0', '§', '😀', '\\t']) {
    assert.throws(
      () => parseDelimiter(text),
      { code: 'BAD_USER_INPUT', message: /one ASCII character/ },
      text,
    );
  }
});

test('300 columns are accepted, and so is a header of the maximum size', () => {
  const many = Array.from({ length: 297 }, (_, i) => `column ${i}`);
  assert.equal(read(`${many.join(',')},description,sku,name\n1`).header.nameIndex, 299);
  const longest = `name,sku,description,${'x'.repeat(64 * 1024 - 22)}\n`;
  assert.equal(read(`${longest}more`).byteLength, 64 * 1024);
  assert.throws(() => read(`name,sku,description,x${longest}`), { code: 'HEADER_TOO_LARGE' });
});

const REFUSED: { what: string; text: string | Buffer; code: string; message: RegExp; delimiter?: string }[] =
  [
    { what: 'no content', text: '', code: 'EMPTY_FILE', message: /"name", "sku", "description"/ },
    { what: 'white space', text: ' \t \r\n  ', code: 'EMPTY_FILE', message: /empty/ },
    {
      what: 'a missing column',
      text: 'name,sku,desc\n',
      code: 'MISSING_COLUMN',
      message: /lacks "description"; it has "name", "sku", "desc"\. Add it/,
    },
    {
      what: 'no header',
      text: 'Widget,w-1,"A widget"\nGadget,g-1,x\n',
      code: 'MISSING_COLUMN',
      message: /first line of the file must be a header/,
    },
    {
      what: 'the wrong delimiter',
      text: 'name,sku,description\n',
      delimiter: ';',
      code: 'MISSING_COLUMN',
      message: /it has "name,sku,description"/,
    },
    {
      what: 'too many columns to name',
      text: `${Array.from({ length: 300 }, (_, i) => `c${i}`).join(';')}\n`,
      code: 'MISSING_COLUMN',
      message: /"c9" and 290 more/,
    },
    {
      what: 'a long column name',
      text: `${'long'.repeat(50)},sku,name\n`,
      code: 'MISSING_COLUMN',
      message: /"(long){10}…"/,
    },
    {
      what: 'a duplicate column',
      text: 'name,sku,description,Name\n',
      code: 'DUPLICATE_COLUMN',
      message: /"name" more than once/,
    },
    {
      what: 'a quote that is never closed',
      text: 'name,sku,"description\n1,2,3\n',
      code: 'UNBALANCED_QUOTE',
      message: /never closed/,
    },
    {
      what: 'an unclosed quote before much text',
      text: `name,sku,"description\n${'1,2,3\n'.repeat(20_000)}`,
      code: 'UNBALANCED_QUOTE',
      message: /never closed/,
    },
    {
      what: 'a stray quote',
      text: 'na"me,sku,description\n1,2,3\n',
      code: 'UNBALANCED_QUOTE',
      message: /inside a column name/,
    },
    {
      what: 'text after a quoted name',
      text: '"name" x,sku,description\n1,2,3\n',
      code: 'UNBALANCED_QUOTE',
      message: /inside a column name|never closed/,
    },
    { what: 'one endless line', text: 'x'.repeat(100_000), code: 'HEADER_TOO_LARGE', message: /65536 bytes/ },
    { what: 'a NUL', text: 'name,sku,description,\0\n', code: 'NOT_A_CSV', message: /binary/ },
    { what: 'control characters', text: '\x01\x02\x03,\x04\n', code: 'NOT_A_CSV', message: /binary/ },
    {
      what: 'one endless line of binary',
      text: Buffer.alloc(100_000, '\x00\xff\x81'),
      code: 'NOT_A_CSV',
      message: /binary/,
    },
  ];

/** Headers of other programs, and the advice for them. */
const NOT_NAMED_SO: [header: string, advice: string][] = [
  ['Label,SKU,Description', 'Add it to the header, or rename the column that holds it: "Label" to "name".'],
  [
    'Product Title;SKU Code;Desc.',
    '"Product Title" to "name", "SKU Code" to "sku", "Desc." to "description".',
  ],
  ['ID,Name,Body', '"ID" to "sku", "Body" to "description".'],
  [
    'Artikelnummer;Bezeichnung;Beschreibung',
    '"Bezeichnung" to "name", "Artikelnummer" to "sku", "Beschreibung" to "description".',
  ],
  ['Référence\tNom du produit\tDescription', '"Nom du produit" to "name", "Référence" to "sku".'],
  ['nmae,sku,descripton', '"nmae" to "name", "descripton" to "description".'],
  ['product_name,product_sku,product-description', '"product_name" to "name", "product_sku" to "sku"'],
  ['game,sku,description', 'Add it to the header, or rename the column that holds it.'],
  [
    'price,stock',
    'The first line of the file must be a header with the columns "name", "sku", "description".',
  ],
];

for (const [header, advice] of NOT_NAMED_SO) {
  test(`${header}: the advice on what to rename works`, () => {
    const fault = faultOf(header);
    assert.equal(fault.code, 'MISSING_COLUMN');
    assert.ok(fault.message.endsWith(advice) || fault.message.includes(advice), fault.message);
    const renamings = [...fault.message.matchAll(/"([^"]*)" to "([^"]*)"/g)];
    if (renamings.length === 0) return;
    const renamed = renamings.reduce((text, [, from = '', to = '']) => text.replace(from, to), header);
    assert.doesNotThrow(() => read(`${renamed}\n`));
  });
}

/** Headers with what their columns become: the names of the columns for SKU, name and description; those guessed end with ?. */
const MATCHED: [what: string, header: string, options: ColumnOptions, columns: string[]][] = [
  [
    'names of a shop system',
    'Handle,Title,Body (HTML),Variant SKU',
    {},
    ['Variant SKU?', 'Title?', 'Body (HTML)?'],
  ],
  [
    'our name before that of a shop system',
    'Title,name,Variant SKU,sku,description',
    {},
    ['sku', 'name', 'description'],
  ],
  ['id beside title', 'id,title,description,link', {}, ['id?', 'title?', 'description']],
  [
    'a mapping in another letter case and with spaces around',
    ' Nr. ;ARTIKEL;Text;name',
    {
      mapping: [
        { column: 'nr.', field: 'sku' },
        { column: ' Artikel ', field: 'name' },
        { column: 'TEXT', field: 'description' },
      ],
    },
    [' Nr. ', 'ARTIKEL', 'Text'],
  ],
  [
    'a mapping of one field, and guesses for the others',
    'Code,Title,Variant SKU,Body (HTML)',
    { mapping: [{ column: 'Code', field: 'sku' }] },
    ['Code', 'Title?', 'Body (HTML)?'],
  ],
  [
    'a mapping that takes a column away from the field with its name',
    'sku,name,title',
    { mapping: [{ column: 'name', field: 'description' }] },
    ['sku', 'title?', 'name'],
  ],
  [
    'a mapping in place of two columns that may be meant',
    'sku,title,item_name,description',
    { mapping: [{ column: 'title', field: 'name' }] },
    ['sku', 'title', 'description'],
  ],
  ['defaults in place of columns', 'sku', { defaults: { name: 'x', description: '' } }, ['sku', '-', '-']],
  [
    'a column in spite of a default',
    'sku,Title',
    { defaults: { name: 'x', description: '' } },
    ['sku', 'Title?', '-'],
  ],
  [
    'a name that a download of issues guards',
    "'=a,name,description",
    { mapping: [{ column: '=A', field: 'sku' }] },
    ["'=a", 'name', 'description'],
  ],
];

for (const [what, header, columnOptions, expected] of MATCHED) {
  test(`columns are matched: ${what}`, () => {
    const { header: found } = readHeader(Buffer.from(`${header}\n`), {}, { ...CONTEXT, columnOptions });
    const { columns, mapping, ignoredColumns, skuIndex, nameIndex, descriptionIndex } = found;
    const guessed = mapping.filter(({ isGuessed }) => isGuessed).map(({ column }) => column);
    const names = [skuIndex, nameIndex, descriptionIndex].map((index) => columns[index] ?? '-');
    assert.deepEqual(
      names.map((name) => (guessed.includes(name) ? `${name}?` : name)),
      expected,
    );
    assert.deepEqual(
      columns.filter((column) => !ignoredColumns.includes(column)),
      mapping.map(({ column }) => column),
    );
  });
}

const UNMATCHED: [what: string, header: string, options: ColumnOptions, code: string, message: RegExp][] = [
  [
    'two columns that may be meant',
    'sku,Title,item_name,description',
    {},
    'AMBIGUOUS_COLUMN',
    /no column "name", and "Title" and "item_name" may each be meant\. Set the option `mapping`, such as \{ column: "Title", field: NAME \}/,
  ],
  ['a usual name twice', 'sku,Title,title,description', {}, 'DUPLICATE_COLUMN', /"title" more than once/],
  [
    'id without title',
    'id,name,description',
    {},
    'MISSING_COLUMN',
    /"id" to "sku"\. Or name it in the option `mapping`/,
  ],
  [
    'a column of the mapping that is not there',
    'sku,name,description',
    { mapping: [{ column: 'Nr', field: 'sku' }] },
    'MISSING_COLUMN',
    /lacks "Nr" of the option `mapping`; it has "sku", "name", "description"\. Correct the name/,
  ],
  [
    'a mapping, and the wrong delimiter',
    'nr^name^description',
    { mapping: [{ column: 'nr', field: 'sku' }] },
    'MISSING_COLUMN',
    /Set the option delimiter to "\^"/,
  ],
  [
    'a column of the mapping that is there twice',
    'Nr,nr,name,description',
    { mapping: [{ column: 'NR', field: 'sku' }] },
    'DUPLICATE_COLUMN',
    /"nr" more than once/,
  ],
  [
    'a column that is taken for another field',
    'sku,name,text',
    { mapping: [{ column: 'name', field: 'description' }] },
    'MISSING_COLUMN',
    /lacks "name"/,
  ],
  [
    'no SKU, whatever the defaults',
    'price',
    { defaults: { name: 'x', description: '' } },
    'MISSING_COLUMN',
    /lacks "sku"/,
  ],
  [
    'a header further down',
    'Export\nHandle,Title,Body (HTML),Variant SKU',
    {},
    'MISSING_COLUMN',
    /on the next line/,
  ],
  ['columns without names', ',,', {}, 'MISSING_COLUMN', /lacks/],
];

for (const [what, header, columnOptions, code, message] of UNMATCHED) {
  test(`${what}: ${code}`, () => {
    const context = { ...CONTEXT, columnOptions };
    assert.throws(() => readHeader(Buffer.from(`${header}\n`), {}, context), { code, message });
  });
}

test('each usual name means one field, and none is a name of ours', () => {
  const all = SHOP_EXPORTS.flatMap(({ columns }) =>
    Object.entries(columns).flatMap(([field, names]) => names.map((name) => [name.toLowerCase(), field])),
  );
  for (const [name = '', field] of all) {
    assert.ok(!['sku', 'name', 'description'].includes(name), name);
    assert.ok(
      all.every(([other, means]) => other !== name || means === field),
      name,
    );
  }
});

test('the advice to set another delimiter works', () => {
  for (const delimiter of ['^', ':', ' ', '~', '/']) {
    const header = ['name', 'sku', 'description'].join(delimiter);
    const advice = `separated by "${delimiter}", not by ",". Set the option delimiter to "${delimiter}".`;
    assert.ok(faultOf(header).message.endsWith(advice), faultOf(header).message);
    assert.doesNotThrow(() => read(header, delimiter));
  }
  const byOption = faultOf('name,sku,description', ';', { isDelimiterGiven: true });
  assert.match(byOption.message, /not by ";"\. Remove the option delimiter, or set it to ","\.$/);
  const byLine = faultOf('name\tsku\tdescription', ';');
  assert.match(byLine.message, /Remove the line "sep=" before it, or set the option delimiter to a tab\.$/);
  assert.match(
    faultOf('name¦sku¦description').message,
    /Save the file with a comma, semicolon, tab or \| instead\.$/,
  );
});

test('text decoded with the wrong encoding is reported as such', () => {
  const encoding = { name: 'utf-16le', isMarked: false };
  const misread = Buffer.from('name,sku,description').toString('utf16le');
  const advice =
    /read as utf-16le\. If that is wrong, remove the option encoding, or set it to the right encoding\.$/;
  assert.match(faultOf(misread, undefined, { encoding }).message, advice);
  assert.doesNotMatch(
    faultOf('a,b,c', undefined, { encoding: { ...encoding, name: 'utf-8' } }).message,
    /encoding/,
  );
});

test('invisible characters around a name are ignored', () => {
  const { header } = read('\u200bname\u200b,\u00a0sku,\ufeffdescription\u2060\n');
  assert.deepEqual([header.nameIndex, header.skuIndex, header.descriptionIndex], [0, 1, 2]);
});

function faultOf(header: string, delimiter?: string, origin: Partial<HeaderContext> = {}): LoadstoneError {
  const dialect = delimiter === undefined ? {} : { delimiter: parseDelimiter(delimiter) };
  const encoding = { name: 'utf-8', isMarked: false };
  try {
    readHeader(Buffer.from(header), dialect, {
      encoding,
      isDelimiterGiven: false,
      columnOptions: {},
      ...origin,
    });
  } catch (error) {
    assert.ok(error instanceof LoadstoneError);
    return error;
  }
  throw new assert.AssertionError({ message: `${header} is read` });
}

for (const { what, text, code, message, delimiter } of REFUSED) {
  test(`a file with ${what} is rejected: ${code}`, () => {
    assert.throws(() => read(text, delimiter), { name: 'LoadstoneError', code, message });
  });
}
