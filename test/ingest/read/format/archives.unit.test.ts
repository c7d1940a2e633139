// Archives as operating systems and their tools create them: with system files beside the CSV, and bytes before or
// after it. Skipped content is reported, and truncation at any point is an error.

import assert from 'node:assert/strict';
import { open, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { constants, createZstdCompress, gzipSync, zstdCompressSync } from 'node:zlib';
import { openBlockReader } from '../../../../src/ingest/read/block-reader.ts';
import { EntryChoice } from '../../../../src/ingest/read/format/entry-choice.ts';
import { collect, readChunks, readUpload } from '../../../support/files/uploads.ts';
import { formedZip, type ZipEntry, zipOf } from '../../../support/files/zip.ts';
import { createTemporaryFolder } from '../../../support/temporary-folder.ts';

const HEADER = 'sku,description,name\n';
const ROWS = 'kettle-1,"boils,\nand whistles",Kettle\npan-2,,Pan\n';
const CSV = Buffer.from(HEADER + ROWS);
const HALF = 30;
const JUNK = Buffer.from('junk');

const GZIP = gzipSync(CSV);
const ZSTD = zstdCompressSync(CSV, { params: { [constants.ZSTD_c_checksumFlag]: 1 } });
const ZIP = zipOf({ name: 'products.csv', content: CSV });
const SKIPPABLE_FRAME = Buffer.from([0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 9, 9, 9]);
const NAMED_GZIP = Buffer.concat([
  Buffer.from([0x1f, 0x8b, 8, 0x1e, 0, 0, 0, 0, 0, 3, 2, 0, 7, 7]),
  Buffer.from('a name\0a comment\0', 'latin1'),
  Buffer.from([1, 2]),
  GZIP.subarray(10),
]);

async function read(t: TestContext, file: Buffer) {
  const warnings: { code: string; message: string }[] = [];
  const { text } = await readUpload(t, file, { onWarning: (warning) => warnings.push(warning) });
  return { text, warnings };
}

const BEHIND: Record<string, Buffer> = {
  'a line end': Buffer.from('\r\n'),
  'a letter': Buffer.from('x'),
  'zeros and a line end': Buffer.from('\0\0\0\n'),
  'a text': Buffer.from('-- \nsent by the shop'),
  'many bytes': Buffer.alloc(200_000, 'behind '),
};

for (const [format, whole] of Object.entries({ gzip: GZIP, zstd: ZSTD, zip: ZIP })) {
  for (const [what, behind] of Object.entries(BEHIND)) {
    test(`${what} after a ${format} is skipped with a warning`, async (t) => {
      const { text, warnings } = await read(t, Buffer.concat([whole, behind]));
      assert.equal(text, ROWS);
      assert.deepEqual(
        warnings.map(({ code }) => code),
        ['BYTES_PASSED_OVER'],
      );
      assert.match(
        warnings[0]?.message ?? '',
        new RegExp(`^Skipped (1 byte|\\d+ bytes) before or after the ${format} data`),
      );
    });
  }
}

for (const [format, pieces] of Object.entries({
  gzip: [gzipSync(CSV.subarray(0, HALF)), gzipSync(CSV.subarray(HALF))],
  zstd: [zstdCompressSync(CSV.subarray(0, HALF)), zstdCompressSync(CSV.subarray(HALF)), SKIPPABLE_FRAME],
})) {
  const whole = Buffer.concat(pieces);
  test(`${format}: trailing bytes are skipped in any chunks`, async () => {
    const file = Buffer.concat([whole, Buffer.from('\nend')]);
    for (let at = 1; at < file.length; at++) {
      const { text } = await readChunks([file.subarray(0, at), file.subarray(at)]);
      assert.equal(text, ROWS, `cut at ${at}`);
    }
  });

  test(`${format}: line ends between its parts are skipped`, async (t) => {
    const { text, warnings } = await read(
      t,
      Buffer.concat(pieces.flatMap((piece) => [piece, Buffer.from('\n')])),
    );
    assert.equal(text, ROWS);
    assert.equal(warnings.length, 1);
  });

  test(`${format}: a later part truncated at any point is an error`, async () => {
    const boundaries = new Set(pieces.map((_, i) => Buffer.concat(pieces.slice(0, i + 1)).length));
    for (let end = 4; end < whole.length; end++) {
      const reading = readChunks([whole.subarray(0, end)]);
      if (boundaries.has(end)) assert.ok(ROWS.startsWith((await reading).text));
      else await assert.rejects(reading, { code: 'CORRUPT_ARCHIVE', message: /truncated/ }, `cut at ${end}`);
    }
  });

  test(`${format}: a part after other bytes is not lost silently`, async (t) => {
    const file = Buffer.concat([pieces[0] as Buffer, Buffer.from('something else'), pieces[1] as Buffer]);
    await assert.rejects(read(t, file), { code: 'CORRUPT_ARCHIVE', message: /between its parts/ });
  });
}

test('a zip truncated at any point is an error', async (t) => {
  const entries: ZipEntry[] = [{ name: 'products.csv', content: CSV }];
  const comment = Buffer.from('made by the shop');
  const path = join(await createTemporaryFolder(t), 'cut.zip');
  for (const whole of [
    formedZip({ comment }, ...entries),
    formedZip({ zip64: true }, ...entries),
    // A zip inside a zip: the end of the inner one is not the end of the file.
    zipOf({ name: 'inner.zip', content: ZIP, method: 0 }, { name: 'b.csv', content: CSV, method: 0 }),
  ]) {
    await writeFile(path, whole);
    for (let end = whole.length - 1; end > 3; end--) {
      await truncate(path, end);
      const source = {
        async *follow() {
          yield whole.subarray(0, end);
        },
        openComplete: () => open(path),
      };
      const opening = openBlockReader(source, 'zip', { maxRecordBytes: 1000 }).then(collect);
      await assert.rejects(opening, { code: 'CORRUPT_ARCHIVE' }, `cut at ${end}`);
    }
  }
});

for (const [what, file] of Object.entries({
  'another zip': Buffer.concat([ZIP, ZIP]),
  'a truncated zip': Buffer.concat([ZIP, ZIP.subarray(0, -10)]),
  'the first bytes of a zip': Buffer.concat([ZIP, ZIP.subarray(0, 3)]),
})) {
  test(`${what} after a zip is an error`, async (t) => {
    await assert.rejects(read(t, file), { code: 'CORRUPT_ARCHIVE' });
  });
}

const WHOLE: Record<string, Buffer> = {
  'gzip with a name, a comment, extra fields and a header checksum': NAMED_GZIP,
  'zip with a comment': formedZip(
    { comment: Buffer.from('PK\x05\x06 is in it') },
    { name: 'a.csv', content: CSV },
  ),
  zip64: formedZip({ zip64: true }, { name: 'a.csv', content: CSV }),
  'zip64 of a stored file': formedZip({ zip64: true }, { name: 'a.csv', content: CSV, method: 0 }),
  'zip written as a stream': zipOf({ name: 'a.csv', content: CSV, streamed: true }),
  'zip64 written as a stream': formedZip({ zip64: true }, { name: 'a.csv', content: CSV, streamed: true }),
  'zip with folders': zipOf(
    { name: 'out/' },
    { name: 'out\\2026\\' },
    { name: 'folder', attributes: 0x10 },
    { name: 'out\\2026\\a.csv', content: CSV },
  ),
  'zip with a link': zipOf(
    { name: 'a.csv', content: CSV },
    { name: 'latest.csv', content: Buffer.from('a.csv'), attributes: (0o120777 << 16) >>> 0 },
  ),
  'zip with the marker of a split archive': Buffer.concat([Buffer.from('PK00'), ZIP]),
};

for (const [what, file] of Object.entries(WHOLE)) {
  test(`${what} is read`, async (t) => {
    assert.equal((await read(t, file)).text, ROWS);
  });
}

test('zstd with a flush after every row is read', async (t) => {
  const packer = createZstdCompress();
  const chunks = collect(packer) as Promise<Buffer[]>;
  for (const line of (HEADER + ROWS).split(/(?<=\n)/)) {
    packer.write(line);
    await new Promise<void>((resolve) => packer.flush(constants.ZSTD_e_flush, resolve));
  }
  packer.end();
  assert.equal((await read(t, Buffer.concat(await chunks))).text, ROWS);
});

for (const [what, before] of Object.entries({
  'a line end': Buffer.from('\r\n'),
  'a self-extracting Windows program': Buffer.concat([Buffer.from('MZ\x90\0'), Buffer.alloc(5000, 'code\0')]),
  'a self-extracting Linux program': Buffer.concat([Buffer.from('\x7fELF\x02\0'), Buffer.alloc(800)]),
})) {
  test(`a zip after ${what} is read`, async (t) => {
    for (const zip of [ZIP, formedZip({ zip64: true }, { name: 'a.csv', content: CSV })]) {
      const { text, warnings } = await read(t, Buffer.concat([before, zip, JUNK]));
      assert.equal(text, ROWS);
      assert.match(warnings[0]?.message ?? '', new RegExp(`^Skipped ${before.length + JUNK.length} bytes`));
    }
  });
}

test('a program without an archive is reported as a program', async (t) => {
  const file = Buffer.concat([Buffer.from('MZ\x90\0'), Buffer.alloc(3000)]);
  await assert.rejects(read(t, file), { code: 'NOT_A_CSV', message: /program/ });
  // Text that starts the same way is a CSV.
  assert.equal((await read(t, Buffer.from(`MZ,${HEADER}1,a,,Ada\n`))).text, '1,a,,Ada\n');
});

const CHOICES: { names: string[]; chosen?: string; rivals?: number }[] = [
  { names: ['p.csv', 'desktop.ini'], chosen: 'p.csv' },
  { names: ['p.csv', 'Thumbs.db', 'ehthumbs.db', '.DS_Store', 'out/.DS_Store'], chosen: 'p.csv' },
  { names: ['p.csv', '._p.csv', '__MACOSX/._p.csv', '__MACOSX/out/._q.csv'], chosen: 'p.csv' },
  { names: ['p.csv', '~$p.csv', '.~lock.p.csv#', '$RECYCLE.BIN/x.csv', '@eaDir/p.csv'], chosen: 'p.csv' },
  { names: ['System Volume Information/a.csv', 'DESKTOP.INI', 'P.CSV'], chosen: 'P.CSV' },
  { names: ['README.txt', 'p.csv'], chosen: 'p.csv' },
  { names: ['LICENSE', 'README.md', 'data/p.tsv'], chosen: 'data/p.tsv' },
  { names: ['readme.txt', 'Licence.txt', 'products.txt'], chosen: 'products.txt' },
  { names: ['README', 'export'], chosen: 'export' },
  { names: ['images/1.jpg', 'images/2.jpg', 'images/3.jpg', 'images/4.jpg', 'p.csv'], chosen: 'p.csv' },
  { names: ['notes.txt', 'p.csv', 'schema.json'], chosen: 'p.csv' },
  { names: ['readme.csv', '.gitignore'], chosen: 'readme.csv' },
  { names: ['.p.csv'], chosen: '.p.csv' },
  { names: ['README.txt'], chosen: 'README.txt' },
  { names: ['strange name'], chosen: 'strange name' },
  { names: ['a.csv', 'b.csv'], rivals: 2 },
  { names: ['a.csv', 'out/B.CSV', 'c.tsv', 'd.psv', 'README.txt'], rivals: 4 },
  { names: ['a.txt', 'b.txt', 'c.pdf'], rivals: 2 },
  { names: ['one', 'two'], rivals: 2 },
  { names: ['.DS_Store', '__MACOSX/._p.csv'], rivals: 0 },
  { names: [], rivals: 0 },
];

test('the CSV file in an archive is chosen in any order of the files', () => {
  for (const { names, chosen, rivals } of CHOICES) {
    for (const order of [names, names.toReversed()]) {
      const choice = new EntryChoice<{ name: string }>();
      for (const name of order) choice.add({ name });
      const made = choice.choose();
      if ('entry' in made) {
        assert.equal(made.entry.name, chosen, names.join());
        assert.equal(choice.others(made.entry).count, names.length - 1);
      } else assert.equal(made.count, rivals, names.join());
    }
  }
});

test('skipped files are reported by name, including names in the DOS encoding', async (t) => {
  const { text, warnings } = await read(
    t,
    zipOf(
      { name: Buffer.from('readme gr\x81\xe1e.txt', 'latin1'), content: JUNK },
      { name: 'größen.csv', content: CSV },
      { name: 'desktop.ini', content: JUNK },
      { name: 'photo\0\u202e.jpg', content: JUNK, method: 99, encrypted: true },
      { name: 'logo.png', content: JUNK },
    ),
  );
  assert.equal(text, ROWS);
  assert.deepEqual(
    warnings.map(({ code }) => code),
    ['FILES_PASSED_OVER'],
  );
  assert.match(
    warnings[0]?.message ?? '',
    /^Only "größen.csv" was read from the zip\. Skipped 4 other files/,
  );
  assert.match(
    warnings[0]?.message ?? '',
    /"readme grüße.txt", "desktop.ini", "photo\ufffd\ufffd.jpg" and 1 more/,
  );
});

test('several CSV files in a zip are an error that lists them', async (t) => {
  const entries = ['a.csv', 'b\0.csv', 'c.csv', 'd.csv'].map((name) => ({ name, content: CSV }));
  await assert.rejects(read(t, zipOf(...entries, { name: 'README.txt' })), {
    code: 'ARCHIVE_NOT_ONE_FILE',
    message: /4 files \("a.csv", "b\ufffd.csv", "c.csv" and 1 more\)/,
  });
});
