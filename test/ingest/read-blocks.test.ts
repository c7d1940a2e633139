// From a spooled upload to blocks of whole records with their line numbers.

import assert from 'node:assert/strict';
import { readdir, readlink } from 'node:fs/promises';
import { PassThrough, Readable } from 'node:stream';
import { test } from 'node:test';
import fc from 'fast-check';
import { openBlocks } from '../../src/ingest/read-blocks.ts';
import { collect, cutAt, readChunks, readUpload, temporarySpool } from '../support/uploads.ts';

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

test('a header alone is a file without rows', async (t) => {
  for (const file of ['name,sku,description', HEADER, 'name,sku,description\r\n']) {
    const { blocks, header } = await readUpload(t, file);
    assert.deepEqual([blocks, header.columns], [[], ['name', 'sku', 'description']]);
  }
});

test('the last record needs no line end, nor its quote', async (t) => {
  assert.equal((await readUpload(t, `${HEADER}a,b,c`)).text, 'a,b,c');
  assert.equal((await readUpload(t, `${HEADER}a,b,"c\n`)).text, 'a,b,"c\n');
  assert.equal((await readUpload(t, `${HEADER}a,b,"c"`)).text, 'a,b,"c"');
});

test('lines are counted as an editor counts them: blank ones, quoted ones, before the header too', async (t) => {
  for (const end of ['\n', '\r\n', '\r']) {
    const header = `${end}${end}name,sku,"descr${end}iption",description${end}`;
    const { blocks } = await readUpload(t, `${header}${end}a,b,"c${end}d"${end}e,f,g`, { blockBytes: 1 });
    const found = blocks.map(({ firstLine, bytes }) => [firstLine, Buffer.from(bytes).toString().trim()]);
    assert.deepEqual(
      found,
      [
        [5, ''],
        [6, `a,b,"c${end}d"`],
        [8, 'e,f,g'],
      ],
      JSON.stringify(end),
    );
  }
});

test('a file of a million blank lines is empty, and costs little', { timeout: 10_000 }, async (t) => {
  for (const end of ['\n', '\r\n'])
    await assert.rejects(readUpload(t, end.repeat(1_000_000)), { code: 'EMPTY_FILE' });
  const { blocks, text } = await readUpload(
    t,
    `${'\r\n'.repeat(1_000_000)}${HEADER}${'\n'.repeat(1_000_000)}a,b,c`,
  );
  assert.equal(text.trim(), 'a,b,c');
  assert.deepEqual(
    blocks.map(({ firstLine }) => firstLine),
    [1_000_002],
  );
});

test('blocks have about the size asked for, and their memory to themselves', async (t) => {
  const rows = Array.from({ length: 10_000 }, (_, i) => `name ${i},sku-${i},"text\n${i}"\n`).join('');
  const { blocks, text } = await readUpload(t, HEADER + rows, { blockBytes: 10_000 });
  assert.equal(text, rows);
  for (const [i, { bytes, index }] of blocks.entries()) {
    assert.equal(index, i);
    assert.ok(bytes.length <= 10_000 && (i === blocks.length - 1 || bytes.length > 9_900));
    assert.equal(bytes.byteOffset, 0);
    assert.equal(structuredClone(bytes, { transfer: [bytes.buffer] }).length > 0, true);
  }
  assert.equal(new Set(blocks.map(({ bytes }) => bytes.buffer)).size, blocks.length);
});

test('a record longer than a block makes a longer block', async (t) => {
  const record = `a,b,${'x'.repeat(100_000)}\n`;
  const { text } = await readUpload(t, HEADER + record + record, { blockBytes: 1000 });
  assert.equal(text, record + record);
});

test('a record that is too long is left out, with its line and its beginning', async (t) => {
  const huge = `name,sku,"${'long\n'.repeat(2_000_000)}"\r\n`;
  const { blocks, text } = await readUpload(t, `${HEADER}a,b,"c\nd"\n${huge}e,f,g\n`);
  assert.equal(text, 'a,b,"c\nd"\ne,f,g\n');
  const [oversized, ...others] = blocks.flatMap((block) => block.oversized);
  assert.deepEqual(others, []);
  assert.equal(oversized?.line, 4);
  assert.equal(Buffer.from(oversized?.head ?? []).toString(), huge.slice(0, 10_000));
  assert.equal(blocks.at(-1)?.firstLine, 2_000_005);
});

test('a record of exactly the most that is allowed is kept', async (t) => {
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

test('a 100 MB field is passed over without being held', { timeout: 30_000 }, async () => {
  const part = Buffer.alloc(1024 * 1024, 'x');
  const chunks = [
    Buffer.from(`${HEADER}a,b,"`),
    ...Array.from({ length: 100 }, () => part),
    Buffer.from('"\nc,d,e\n'),
  ];
  const before = process.memoryUsage().arrayBuffers;
  const { text, blocks } = await readChunks(chunks);
  assert.equal(text, 'c,d,e\n');
  assert.equal(blocks.flatMap(({ oversized }) => oversized)[0]?.line, 2);
  assert.ok(process.memoryUsage().arrayBuffers - before < 40 * 1024 * 1024);
});

test('a quote that is never closed fails a large file, with the line of the quote', async (t) => {
  const rows = 'a,b,c\n'.repeat(1000);
  const file = `${HEADER}${rows}a,"b\nc","open\n${'d,e,f\n'.repeat(1_000_000)}`;
  await assert.rejects(readUpload(t, file), {
    code: 'UNBALANCED_QUOTE',
    message: /quote opened on line 1003 is never closed/,
  });
});

test('a last record that is too long and ends without a line end is no fault of the file', async (t) => {
  const file = `${HEADER}a,b,"${'x'.repeat(MAX_RECORD)}"`;
  const { blocks } = await readUpload(t, file);
  assert.deepEqual(
    blocks.flatMap(({ oversized }) => oversized.map(({ line }) => line)),
    [2],
  );
});

test('blocks come while the upload still arrives', { timeout: 5000 }, async (t) => {
  const { spool } = await temporarySpool(t);
  const source = new PassThrough();
  const written = spool.write('upload', source);
  source.write(HEADER + 'a,b,c\n'.repeat(20_000));
  const reader = await openBlocks(spool, 'upload', { maxRecordBytes: MAX_RECORD, blockBytes: 10_000 });
  const iterator = reader[Symbol.asyncIterator]();
  assert.equal((await iterator.next()).value?.firstLine, 2);
  source.destroy(new Error('gone'));
  await assert.rejects(written, /gone/);
  await assert.rejects(collect(reader), { code: 'UPLOAD_INTERRUPTED' });
});

test('reading stops with the reason of the signal', async (t) => {
  const { spool } = await temporarySpool(t);
  const source = new PassThrough();
  const written = spool.write('upload', source);
  const stop = new AbortController();
  const opening = openBlocks(spool, 'upload', { maxRecordBytes: MAX_RECORD, signal: stop.signal });
  stop.abort(new Error('cancelled'));
  await assert.rejects(opening, /cancelled/);
  source.end();
  await written;
});

test('the spool file is closed, however reading ends', { skip: process.platform !== 'linux' }, async (t) => {
  const { spool, folder } = await temporarySpool(t);
  await spool.write('good', Readable.from([Buffer.from(HEADER + 'a,b,c\n'.repeat(1_000_000))]));
  await spool.write('bad', Readable.from([Buffer.from('a,b,c\n')]));
  const options = { maxRecordBytes: MAX_RECORD };

  for await (const _ of await openBlocks(spool, 'good', options)) break;
  {
    await using _unread = await openBlocks(spool, 'good', options);
    assert.equal((await openFilesIn(folder)).length, 1);
  }
  await collect(await openBlocks(spool, 'good', options));
  await assert.rejects(openBlocks(spool, 'bad', options), { code: 'MISSING_COLUMN' });
  assert.deepEqual(await openFilesIn(folder), []);
});

async function openFilesIn(folder: string): Promise<string[]> {
  const names = await readdir('/proc/self/fd');
  const targets = await Promise.all(names.map((name) => readlink(`/proc/self/fd/${name}`).catch(() => '')));
  return targets.filter((target) => target.startsWith(folder));
}

test('whatever the rows are and however the file is cut, they come out as they are, on the right lines', async () => {
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
    { numRuns: 1000 },
  );
});
