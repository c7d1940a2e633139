// Splits a spooled upload into blocks of whole records with their line numbers.

import assert from 'node:assert/strict';
import { readdir, readlink } from 'node:fs/promises';
import { PassThrough, Readable } from 'node:stream';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import type { ImportWarning } from '../../../src/db/tables.ts';
import { openBlockReader } from '../../../src/ingest/read/block-reader.ts';
import { readRows } from '../../support/files/read-rows.ts';
import { collect, cutAt, readChunks, readUpload, temporarySpool } from '../../support/files/uploads.ts';

const HEADER = 'name,sku,description\n';
const MAX_RECORD = 4 * 1024 * 1024;

test('a small file is one block', async (t) => {
  const { header, blocks, text } = await readUpload(t, `${HEADER}a,b,c\nd,e,"f\ng"\n`);
  assert.equal(header.skuIndex, 1);
  assert.equal(text, 'a,b,c\nd,e,"f\ng"\n');
  assert.equal(blocks.length, 1);
  const [block] = blocks;
  assert.ok(block);
  assert.deepEqual([block.index, block.firstLine, block.spoolBytes, block.oversized], [0, 2, 37, []]);
});

test('a file with only a header has no rows', async (t) => {
  for (const file of ['name,sku,description', HEADER, 'name,sku,description\r\n']) {
    const { blocks, header } = await readUpload(t, file);
    assert.deepEqual([blocks, header.columns], [[], ['name', 'sku', 'description']]);
  }
});

test('the last record may lack its line end or its closing quote', async (t) => {
  assert.equal((await readUpload(t, `${HEADER}a,b,c`)).text, 'a,b,c');
  assert.equal((await readUpload(t, `${HEADER}a,b,"c\n`)).text, 'a,b,"c\n');
  assert.equal((await readUpload(t, `${HEADER}a,b,"c"`)).text, 'a,b,"c"');
});

test('lines are counted as in an editor, including blank and quoted ones and those before the header', async () => {
  for (const end of ['\n', '\r\n', '\r']) {
    const header = `${end}${end}name,sku,"descr${end}iption",description${end}`;
    const file = Buffer.from(`${header}${end}a,b,,"c${end}d"${end}e,f,,g`);
    const { rows } = await readRows([file], 'fast', { blockBytes: 1 });
    const found = rows.map(({ line, description }) => [line, description]);
    const expected = [
      [6, `c${end}d`],
      [8, 'g'],
    ];
    assert.deepEqual(found, expected, JSON.stringify(end));
  }
});

test('a file of a million blank lines is empty, and is read quickly', { timeout: 10_000 }, async (t) => {
  for (const end of ['\n', '\r\n'])
    await assert.rejects(readUpload(t, end.repeat(1_000_000)), { code: 'EMPTY_FILE' });
  const { blocks, text } = await readUpload(
    t,
    `${'\r\n'.repeat(1_000_000)}${HEADER}${'\n'.repeat(1_000_000)}a,b,c`,
    { blockBytes: 1024 * 1024 },
  );
  assert.equal(text.trim(), 'a,b,c');
  assert.deepEqual(
    blocks.map(({ firstLine }) => firstLine),
    [1_000_002],
  );
});

/** The text before the header, the line of the header, and the delimiter of the rows. */
const PREAMBLES: [what: string, before: string, line: number, delimiter: string][] = [
  ['lines of spaces and tabs', '   \n\t\r\n \t \r', 4, ','],
  ['lines of delimiters and empty quotes', ',,\n;;;\n"","",""\n\t\t\n| |\n', 6, ','],
  ['lines of non-ASCII white space', '\u00a0\n\u3000,\u200b,\n', 3, ','],
  ['byte order marks', '\ufeff\ufeff\n\ufeff', 2, ','],
  ['Ctrl-Z', '\x1a\r\n\x1a', 2, ','],
  ['sep=;', 'sep=;\r\n', 2, ';'],
  ['SEP=;, a byte order mark and blank lines', '\ufeff\n ,\nSEP=; \n;;\n\n', 6, ';'],
  ['"sep=;"', '"Sep=;"\n', 2, ';'],
  ['"sep=," as a spreadsheet saves it again', '"sep=,",,\n', 2, ','],
  ['sep= with a tab', 'sep=\t\r', 2, '\t'],
  ['sep= with an unusual delimiter', 'sep=^\n', 2, '^'],
];

for (const [what, before, line, delimiter] of PREAMBLES) {
  test(`${what} may precede the header`, async (t) => {
    const row = ['a', 'b', '"c\nd"'].join(delimiter);
    const file = Buffer.from(`${before}${['name', 'sku', 'description'].join(delimiter)}\n${row}`);
    const warnings: ImportWarning[] = [];
    const { header, blocks, text } = await readUpload(t, file, {
      onWarning: (warning) => warnings.push(warning),
    });
    assert.deepEqual(header.columns, ['name', 'sku', 'description']);
    assert.deepEqual([blocks[0]?.firstLine, text], [line + 1, row]);
    assert.deepEqual(
      warnings.map(({ code }) => code),
      /sep=/i.test(before) ? ['SEPARATOR_LINE'] : [],
    );
    const bytes = Array.from({ length: file.length }, (_, i) => file.subarray(i, i + 1));
    const cut = await readChunks(bytes);
    assert.deepEqual([cut.header, cut.blocks[0]?.firstLine], [header, line + 1]);
    const wide = await readChunks([Buffer.from(`\ufeff${file}`, 'utf16le')]);
    assert.deepEqual([wide.header, wide.blocks[0]?.firstLine], [header, line + 1]);
  });
}

test('the delimiter option takes precedence over a sep= line, with a warning', async (t) => {
  const warnings: ImportWarning[] = [];
  const file = `\nsep=,\nname;sku;description\na;b;c`;
  const { header, text } = await readUpload(t, file, {
    delimiter: ';',
    onWarning: (warning) => warnings.push(warning),
  });
  assert.deepEqual([header.columns.length, text], [3, 'a;b;c']);
  assert.deepEqual(
    warnings.map(({ code, line }) => [code, line]),
    [['SEPARATOR_LINE', 2]],
  );
  assert.match(warnings[0]?.message ?? '', /The option `delimiter` is used instead/);
});

test('a sep= line with the wrong delimiter fails the header, with advice that works', async (t) => {
  const file = 'sep=;\nname,sku,description\na,b,c';
  const message = /Remove the line "sep=" before it, or set the option delimiter to ","/;
  await assert.rejects(readUpload(t, file), { code: 'MISSING_COLUMN', message });
  assert.equal((await readUpload(t, file.slice(6))).text, 'a,b,c');
  assert.equal((await readUpload(t, file, { delimiter: ',' })).text, 'a,b,c');
});

test('a line that only starts like a preamble is the header', async (t) => {
  for (const [file, code] of [
    ['sep=\nname,sku,description\n', 'MISSING_COLUMN'],
    ['sep="\nname,sku,description\n', 'UNBALANCED_QUOTE'],
    ['separator;\nname,sku,description\n', 'MISSING_COLUMN'],
    [',,x\nname,sku,description\n', 'MISSING_COLUMN'],
    [`${' '.repeat(70_000)}x\nname,sku,description\n`, 'HEADER_TOO_LARGE'],
    [`,${' '.repeat(70_000)}x\nname,sku,description\n`, 'HEADER_TOO_LARGE'],
  ] as const) {
    await assert.rejects(readUpload(t, file), { code }, file.slice(0, 20));
  }
  const quoted = '"\n",name,sku,description\n';
  assert.equal((await readUpload(t, quoted)).header.columns[0], '\n');
});

test('blank lines before the header are read quickly, in any number and any chunks', {
  timeout: 30_000,
}, async (t) => {
  const lines = 300_000;
  for (const blank of [',,\n', '  \r\n', '"",\r']) {
    const { blocks } = await readUpload(t, `${blank.repeat(lines)}${HEADER}a,b,c`);
    assert.equal(blocks[0]?.firstLine, lines + 2);
  }
  await assert.rejects(readUpload(t, ',,\n'.repeat(lines)), { code: 'EMPTY_FILE' });
});

test('any number of Ctrl-Z at the end of a file is dropped, in any encoding', async (t) => {
  const rows = 'a,b,c\x1ad\n\x1a\n';
  for (const end of ['', '\x1a', '\x1a'.repeat(100)]) {
    assert.equal((await readUpload(t, HEADER + rows + end)).text, rows);
    assert.equal((await readUpload(t, Buffer.from(`\ufeff${HEADER}${rows}${end}`, 'utf16le'))).text, rows);
    const bytes = Array.from(HEADER + rows + end, (character) => Buffer.from(character));
    assert.equal((await readChunks(bytes)).text, rows);
    assert.equal((await readUpload(t, `name,sku,description${end}`)).header.descriptionIndex, 2);
  }
  await assert.rejects(readUpload(t, '\x1a\x1a'), { code: 'EMPTY_FILE' });
});

test('blocks have about the requested size and do not share memory', async (t) => {
  const rows = Array.from({ length: 10_000 }, (_, i) => `name ${i},sku-${i},"text\n${i}"\n`).join('');
  const { blocks, text } = await readUpload(t, HEADER + rows, { blockBytes: 10_000 });
  assert.equal(text, rows);
  for (const [i, { bytes, index }] of blocks.entries()) {
    assert.equal(index, i);
    // The last records are held back, since damage in one may only show in the next.
    assert.ok(i === blocks.length - 1 || (bytes.length <= 10_000 && bytes.length > 9_000));
    assert.equal(bytes.byteOffset, 0);
    assert.equal(structuredClone(bytes, { transfer: [bytes.buffer] }).length > 0, true);
  }
  assert.equal(new Set(blocks.map(({ bytes }) => bytes.buffer)).size, blocks.length);
});

test('a record longer than a block gets a larger block', async (t) => {
  const record = `a,b,${'x'.repeat(100_000)}\n`;
  const { text } = await readUpload(t, HEADER + record + record, { blockBytes: 1000 });
  assert.equal(text, record + record);
});

test('a record that is too long is skipped, and reported with its line and its beginning', async (t) => {
  const huge = `name,sku,"${'long\n'.repeat(1_000_000)}"\r\n`;
  const { blocks, text } = await readUpload(t, `${HEADER}a,b,"c\nd"\n${huge}e,f,g\n`);
  assert.equal(text, 'a,b,"c\nd"\ne,f,g\n');
  const [oversized, ...others] = blocks.flatMap((block) => block.oversized);
  assert.deepEqual(others, []);
  assert.equal(oversized?.line, 4);
  assert.equal(Buffer.from(oversized?.head ?? []).toString(), huge.slice(0, 10_000));
  assert.equal(blocks.at(-1)?.firstLine, 1_000_005);
});

test('a record of exactly the maximum size is kept', async (t) => {
  const record = `a,b,${'x'.repeat(95)}\n`;
  const { text, blocks } = await readUpload(t, `${HEADER}${record}a,b,x${record.slice(4)}1,2,3\n`, {
    maxRecordBytes: 100,
  });
  assert.equal(text, `${record}1,2,3\n`);
  assert.deepEqual(
    blocks.flatMap(({ oversized }) => oversized.map(({ line }) => line)),
    [3],
  );
});

test('a 100 MB field is skipped without being buffered', { timeout: 30_000 }, async () => {
  const part = Buffer.alloc(1024 * 1024, 'x');
  const chunks = [
    Buffer.from(`${HEADER}a,b,"`),
    // A reader frees what it has read.
    ...Array.from({ length: 100 }, () => Buffer.from(part)),
    Buffer.from('"\nc,d,e\n'),
  ];
  const before = process.memoryUsage().arrayBuffers;
  const { text, blocks } = await readChunks(chunks);
  assert.equal(text, 'c,d,e\n');
  assert.equal(blocks.flatMap(({ oversized }) => oversized)[0]?.line, 2);
  assert.ok(process.memoryUsage().arrayBuffers - before < 64 * 1024 * 1024);
});

test('an unclosed quote fails a large file, with the line of the quote', async (t) => {
  const rows = 'a,b,c\n'.repeat(1000);
  const file = `${HEADER}${rows}a,"b\nc","open\n${'a line of text\n'.repeat(500_000)}`;
  await assert.rejects(readUpload(t, file), {
    code: 'UNBALANCED_QUOTE',
    message: /quote opened on line 1003 is never closed/,
  });
});

test('a last record that is too long and has no line end does not fail the file', async (t) => {
  const file = `${HEADER}a,b,"${'x'.repeat(MAX_RECORD)}"`;
  const { blocks } = await readUpload(t, file);
  assert.deepEqual(
    blocks.flatMap(({ oversized }) => oversized.map(({ line }) => line)),
    [2],
  );
});

test('blocks are available while the upload is still arriving', { timeout: 5000 }, async (t) => {
  const { spool } = await temporarySpool(t);
  const source = new PassThrough();
  const written = spool.write('upload', source);
  source.write(HEADER + 'a,b,c\n'.repeat(20_000));
  const reader = await openBlockReader(spool, 'upload', { maxRecordBytes: MAX_RECORD, blockBytes: 10_000 });
  const iterator = reader[Symbol.asyncIterator]();
  assert.equal((await iterator.next()).value?.firstLine, 2);
  source.destroy(new Error('gone'));
  await assert.rejects(written, /gone/);
  await assert.rejects(collect(reader), { code: 'UPLOAD_INTERRUPTED' });
});

test('aborting the signal stops reading with its reason', async (t) => {
  const { spool } = await temporarySpool(t);
  const source = new PassThrough();
  const written = spool.write('upload', source);
  const stop = new AbortController();
  const opening = openBlockReader(spool, 'upload', { maxRecordBytes: MAX_RECORD, signal: stop.signal });
  stop.abort(new Error('cancelled'));
  await assert.rejects(opening, /cancelled/);
  source.end();
  await written;
});

test('buffers that are read into again change no row', async (t) => {
  const rows = Array.from({ length: 300_000 }, (_, row) => `name ${row},sku-${row},x\n`).join('');
  const files = {
    plain: Buffer.from(HEADER + rows),
    marked: Buffer.from(`\ufeff${HEADER}${rows}\x1a`),
    utf16: Buffer.from(`\ufeff${HEADER}${rows}`, 'utf16le'),
    gzip: gzipSync(HEADER + rows),
  };
  for (const [kind, file] of Object.entries(files)) {
    const { text } = await readUpload(t, file, { blockBytes: 100_000 });
    assert.ok(text === rows, kind);
  }
});

test('buffers of blocks that were given back are freed with the reader', async (t) => {
  const { spool } = await temporarySpool(t);
  await spool.write('upload', Readable.from([Buffer.from(HEADER + 'a,b,c\n'.repeat(100_000))]));
  const options = { maxRecordBytes: MAX_RECORD, blockBytes: 10_000 };
  const [first, second] = await collect(await openBlockReader(spool, 'upload', options));
  assert.ok(first && second);
  const reader = await openBlockReader(spool, 'upload', options);
  reader.recycle(first.bytes.buffer);
  await reader[Symbol.asyncDispose]();
  assert.deepEqual([first.bytes.length, second.bytes.length > 0], [0, true]);
});

test('the spool file is closed however reading ends', { skip: process.platform !== 'linux' }, async (t) => {
  const { spool, folder } = await temporarySpool(t);
  await spool.write('good', Readable.from([Buffer.from(HEADER + 'a,b,c\n'.repeat(1_000_000))]));
  await spool.write('bad', Readable.from([Buffer.from('a,b,c\n')]));
  const options = { maxRecordBytes: MAX_RECORD };

  for await (const _ of await openBlockReader(spool, 'good', options)) break;
  {
    await using _unread = await openBlockReader(spool, 'good', options);
    assert.equal((await openFilesIn(folder)).length, 1);
  }
  await collect(await openBlockReader(spool, 'good', options));
  await assert.rejects(openBlockReader(spool, 'bad', options), { code: 'MISSING_COLUMN' });
  assert.deepEqual(await openFilesIn(folder), []);
});

async function openFilesIn(folder: string): Promise<string[]> {
  const names = await readdir('/proc/self/fd');
  const targets = await Promise.all(names.map((name) => readlink(`/proc/self/fd/${name}`).catch(() => '')));
  return targets.filter((target) => target.startsWith(folder));
}

test('any rows in any chunks are read unchanged, with the right line numbers', async () => {
  const row = fc.array(fc.constantFrom('"', ',', '\r', '\n', '\r\n', 'é', '😀', 'word', '\0', '\ufeff'), {
    maxLength: 30,
  });
  const lead = fc.array(fc.constantFrom('\r', '\n', '\r\n'), { maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(
      lead,
      row,
      fc.array(fc.nat(), { maxLength: 10 }),
      fc.integer({ min: 1, max: 30 }),
      async (blank, rows, places, blockBytes) => {
        const before = `${blank.join('')}sku;"na""m"",e";name;description\r\n`;
        const file = Buffer.from(before + rows.join(''));
        const { header, blocks } = await readChunks(cutAt(file, places), { blockBytes });
        assert.deepEqual(header.columns, ['sku', 'na"m",e', 'name', 'description']);
        let at = Buffer.byteLength(before);
        for (const { firstLine, bytes } of blocks) {
          assert.equal(firstLine, 1 + (file.toString('latin1', 0, at).match(/\r\n|\n|\r/g)?.length ?? 0));
          assert.ok(file.subarray(at, at + bytes.length).equals(bytes));
          at += bytes.length;
        }
        assert.equal(at, file.length);
      },
    ),
    { numRuns: 400 },
  );
});
