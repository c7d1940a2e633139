// The format of a file is detected from its bytes: plain, gzip, zstd or a zip with one file. Others are rejected.

import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { constants, createZstdCompress, deflateRawSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { openBlockReader } from '../../../../src/ingest/read/block-reader.ts';
import { collect, readChunks, readUpload, temporarySpool } from '../../../support/files/uploads.ts';
import { zipOf } from '../../../support/files/zip.ts';

const HEADER = 'name,sku,description\n';
const ROWS = Array.from({ length: 20_000 }, (_, i) => `Name ${i},sku-${i},"some\ntext ${i * 7919}"\n`).join(
  '',
);
const CSV = Buffer.from(HEADER + ROWS);
const HALF = CSV.length >> 1;

const GZIP = gzipSync(CSV);
const ZSTD = zstdCompressSync(CSV, { params: { [constants.ZSTD_c_checksumFlag]: 1 } });
const ZIP = zipOf({ name: 'products.csv', content: CSV });
const PACKED = deflateRawSync(CSV).length;
const SKIPPABLE_FRAME = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 1, 2, 3, 4]);
const ZEROS = Buffer.alloc(700);

const GOOD: Record<string, { file: Buffer; compressed?: boolean }> = {
  'plain CSV': { file: CSV, compressed: false },
  gzip: { file: GZIP },
  'gzip with several members': {
    file: Buffer.concat([gzipSync(CSV.subarray(0, HALF)), gzipSync(CSV.subarray(HALF))]),
  },
  'gzip with trailing zeros': { file: Buffer.concat([GZIP, ZEROS]) },
  'gzip with zeros between its members': {
    file: Buffer.concat([gzipSync(CSV.subarray(0, HALF)), ZEROS, gzipSync(CSV.subarray(HALF)), ZEROS]),
  },
  zstd: { file: ZSTD },
  'zstd with several frames': {
    file: Buffer.concat([zstdCompressSync(CSV.subarray(0, HALF)), zstdCompressSync(CSV.subarray(HALF))]),
  },
  'zstd with skippable frames': { file: Buffer.concat([SKIPPABLE_FRAME, ZSTD, SKIPPABLE_FRAME]) },
  zip: { file: ZIP },
  'zip of a stored file': { file: zipOf({ name: 'products.csv', content: CSV, method: 0 }) },
  'zip made on a Mac': {
    file: zipOf(
      { name: 'export/' },
      { name: 'export/products.csv', content: CSV },
      { name: '__MACOSX/export/._products.csv', content: Buffer.from('junk') },
      { name: 'export/.DS_Store', content: Buffer.from('junk') },
    ),
  },
  'zip of a file with a strange name': { file: zipOf({ name: '../C:\\products\u00e9.csv', content: CSV }) },
};

for (const [what, { file, compressed = true }] of Object.entries(GOOD)) {
  test(`${what} is read`, async (t) => {
    const read = await readUpload(t, file);
    assert.equal(read.text, ROWS);
    assert.equal(read.format !== 'plain', compressed);
  });
}

for (const what of [
  'gzip with several members',
  'gzip with zeros between its members',
  'zstd with several frames',
]) {
  test(`${what} is read in any chunks`, async () => {
    const { file } = GOOD[what] as { file: Buffer };
    for (const size of [1000, 1001, 8191, file.length - 1]) {
      const chunks = Array.from({ length: Math.ceil(file.length / size) }, (_, i) =>
        file.subarray(i * size, (i + 1) * size),
      );
      assert.equal((await readChunks(chunks)).text, ROWS);
    }
  });
}

function liars(lies: Record<string, [packed: number, unpacked: number]>, message: RegExp) {
  return Object.entries(lies).map(([what, sizes]) => ({
    what: `zip that states ${what}`,
    file: zipOf({ name: 'a.csv', content: CSV, sizes }),
    code: 'CORRUPT_ARCHIVE',
    message,
  }));
}

function flipped(file: Buffer, at: number): Buffer {
  const copy = Buffer.from(file);
  copy.writeUInt8(copy.readUInt8(at) ^ 0x55, at);
  return copy;
}

const BAD: { what: string; file: Buffer; code: string; message: RegExp }[] = [
  { what: 'an empty file', file: Buffer.alloc(0), code: 'EMPTY_FILE', message: /empty/ },
  { what: 'gzip of an empty file', file: gzipSync(''), code: 'EMPTY_FILE', message: /empty/ },
  { what: 'zstd of an empty file', file: zstdCompressSync(''), code: 'EMPTY_FILE', message: /empty/ },
  { what: 'zip of an empty file', file: zipOf({ name: 'a.csv' }), code: 'EMPTY_FILE', message: /empty/ },

  {
    what: 'truncated gzip',
    file: GZIP.subarray(0, HALF / 10),
    code: 'CORRUPT_ARCHIVE',
    message: /gzip.*truncated/,
  },
  {
    what: 'gzip that lacks its last byte',
    file: GZIP.subarray(0, -1),
    code: 'CORRUPT_ARCHIVE',
    message: /truncated/,
  },
  {
    what: 'gzip with a truncated second member',
    file: Buffer.concat([GZIP, GZIP.subarray(0, 300)]),
    code: 'CORRUPT_ARCHIVE',
    message: /truncated/,
  },
  {
    what: 'gzip with a wrong checksum',
    file: flipped(GZIP, GZIP.length - 6),
    code: 'CORRUPT_ARCHIVE',
    message: /damaged/,
  },
  {
    what: 'gzip with damage inside',
    file: flipped(GZIP, GZIP.length >> 1),
    code: 'CORRUPT_ARCHIVE',
    message: /damaged/,
  },
  {
    what: 'the first bytes of gzip',
    file: GZIP.subarray(0, 3),
    code: 'CORRUPT_ARCHIVE',
    message: /truncated/,
  },

  {
    what: 'truncated zstd',
    file: ZSTD.subarray(0, ZSTD.length >> 1),
    code: 'CORRUPT_ARCHIVE',
    message: /zstd.*truncated/,
  },
  {
    what: 'zstd that lacks its last byte',
    file: ZSTD.subarray(0, -1),
    code: 'CORRUPT_ARCHIVE',
    message: /truncated/,
  },
  {
    what: 'zstd with a truncated second frame',
    file: Buffer.concat([ZSTD, ZSTD.subarray(0, 300)]),
    code: 'CORRUPT_ARCHIVE',
    message: /truncated/,
  },
  {
    what: 'zstd with the beginning of a second frame',
    file: Buffer.concat([ZSTD, ZSTD.subarray(0, 3)]),
    code: 'CORRUPT_ARCHIVE',
    message: /truncated/,
  },
  {
    what: 'zstd with a wrong checksum',
    file: flipped(ZSTD, ZSTD.length - 2),
    code: 'CORRUPT_ARCHIVE',
    message: /damaged/,
  },

  {
    what: 'truncated zip',
    file: ZIP.subarray(0, ZIP.length - 100),
    code: 'CORRUPT_ARCHIVE',
    message: /zip.*truncated/,
  },
  {
    what: 'zip with damage inside',
    file: flipped(ZIP, ZIP.length >> 1),
    code: 'CORRUPT_ARCHIVE',
    message: /damaged/,
  },
  {
    what: 'zip with a damaged list of files',
    file: flipped(ZIP, ZIP.length - 60),
    code: 'CORRUPT_ARCHIVE',
    message: /damaged/,
  },
  {
    what: 'zip with a wrong checksum',
    file: zipOf({ name: 'a.csv', content: CSV, checksum: 1 }),
    code: 'CORRUPT_ARCHIVE',
    message: /checksum/,
  },
  ...liars(
    { 'fewer bytes than it has': [PACKED, 100], 'more bytes than it has': [PACKED, CSV.length + 1] },
    /length/,
  ),
  ...liars(
    { 'fewer packed bytes': [PACKED - 9, CSV.length], 'more packed bytes': [2 ** 31, CSV.length] },
    /damaged/,
  ),
  {
    what: 'zip with two files',
    file: zipOf({ name: 'a.csv', content: CSV }, { name: 'b.csv', content: CSV }),
    code: 'ARCHIVE_NOT_ONE_FILE',
    message: /2 files \("a.csv", "b.csv"\)/,
  },
  { what: 'zip with no file', file: zipOf(), code: 'ARCHIVE_NOT_ONE_FILE', message: /no file/ },
  {
    what: 'zip with an empty folder',
    file: zipOf({ name: 'a/' }),
    code: 'ARCHIVE_NOT_ONE_FILE',
    message: /no file/,
  },
  {
    what: 'an encrypted zip',
    file: zipOf({ name: 'a.csv', content: CSV, encrypted: true }),
    code: 'NOT_A_CSV',
    message: /without a password/,
  },
  {
    what: 'zip with an unsupported compression method',
    file: zipOf({ name: 'a.csv', content: CSV, method: 9 }),
    code: 'NOT_A_CSV',
    message: /method 9/,
  },
  {
    what: 'a Word document',
    file: zipOf({ name: 'word/document.xml' }, { name: '[Content_Types].xml' }),
    code: 'NOT_A_CSV',
    message: /save it as CSV/,
  },
  {
    what: 'an OpenDocument sheet',
    file: zipOf({ name: 'mimetype' }, { name: 'content.xml' }),
    code: 'NOT_A_CSV',
    message: /save it as CSV/,
  },

  { what: 'gzip in gzip', file: gzipSync(GZIP), code: 'NOT_A_CSV', message: /gzip inside gzip/ },
  {
    what: 'gzip in a zip',
    file: zipOf({ name: 'a.csv.gz', content: GZIP }),
    code: 'NOT_A_CSV',
    message: /gzip inside zip/,
  },
  { what: 'zip in zstd', file: zstdCompressSync(ZIP), code: 'NOT_A_CSV', message: /zip inside zstd/ },
  {
    what: 'a tar archive in gzip',
    file: gzipSync(tarOf('products.csv', CSV)),
    code: 'NOT_A_CSV',
    message: /tar archive/,
  },
  { what: 'a PDF', file: Buffer.from('%PDF-1.7\n1 0 obj\n'), code: 'NOT_A_CSV', message: /a PDF/ },
  {
    what: 'a PNG image',
    file: Buffer.from('\x89PNG\r\n\x1a\n\0\0\0\rIHDR', 'latin1'),
    code: 'NOT_A_CSV',
    message: /PNG/,
  },
  {
    what: 'a Parquet file',
    file: Buffer.from('PAR1\x15\x04\x15\x80'),
    code: 'NOT_A_CSV',
    message: /Parquet/,
  },
  {
    what: 'an SQLite database',
    file: Buffer.from('SQLite format 3\0\x10\0'),
    code: 'NOT_A_CSV',
    message: /SQLite/,
  },
  {
    what: 'an old Excel workbook',
    file: Buffer.from('d0cf11e0a1b11ae1000000', 'hex'),
    code: 'NOT_A_CSV',
    message: /save it as CSV/,
  },
  { what: 'an xz archive', file: Buffer.from('fd377a585a000004', 'hex'), code: 'NOT_A_CSV', message: /xz/ },
  {
    what: 'a program',
    file: Buffer.concat([Buffer.from('\x7fELF\x02\x01'), Buffer.alloc(100)]),
    code: 'NOT_A_CSV',
    message: /binary/,
  },
  {
    what: 'random bytes with a short first line',
    file: Buffer.from('9f8e0a00ff00fe00010203', 'hex'),
    code: 'NOT_A_CSV',
    message: /binary/,
  },
];

for (const { what, file, code, message } of BAD) {
  test(`${what} is rejected: ${code}`, async (t) => {
    await assert.rejects(readUpload(t, file), { name: 'LoadstoneError', code, message });
  });
}

test('zstd that needs too much memory is rejected with advice', async (t) => {
  const packer = createZstdCompress({ params: { [constants.ZSTD_c_windowLog]: 28 } });
  packer.write(CSV);
  const file = Buffer.concat((await collect(packer.end())) as Buffer[]);
  await assert.rejects(readUpload(t, file), { code: 'CORRUPT_ARCHIVE', message: /without --long/ });
});

test('a zip is limited by what it unpacks to, whatever sizes it states', async (t) => {
  const limited = (maxUnpackedBytes: number) => ({
    unpackLimits: { maxUnpackedBytes, maxCompressionRatio: 500 },
  });
  const stating = (bytes: number) => zipOf({ name: 'a.csv', content: CSV, sizes: [PACKED, bytes] });
  await readUpload(t, ZIP, limited(CSV.length));
  const tooLarge = { code: 'UNPACKED_TOO_LARGE' };
  await assert.rejects(readUpload(t, ZIP, limited(CSV.length - 1)), tooLarge);
  await assert.rejects(readUpload(t, stating(2 ** 31), limited(CSV.length - 1)), tooLarge);
  // That it lies shows before it reaches the limit.
  await assert.rejects(readUpload(t, stating(100), limited(CSV.length - 1)), { code: 'CORRUPT_ARCHIVE' });
});

test('a zip is read once it is complete, other formats while they arrive', async (t) => {
  for (const { file, waits } of [
    { file: GZIP, waits: false },
    { file: ZIP, waits: true },
  ]) {
    const { spool } = await temporarySpool(t);
    const gate = Promise.withResolvers<void>();
    async function* slowly() {
      yield file.subarray(0, file.length - 10);
      await gate.promise;
      yield file.subarray(file.length - 10);
    }
    const written = spool.write('upload', Readable.from(slowly()));
    const opening = openBlockReader(spool, 'upload', { maxRecordBytes: 1e6 });
    if (waits) gate.resolve();
    const reader = await opening;
    gate.resolve();
    const blocks = await collect(reader);
    await written;
    assert.equal(Buffer.concat(blocks.map(({ bytes }) => bytes)).toString(), ROWS);
  }
});

for (const [what, { file }] of Object.entries({
  plain: { file: CSV },
  gzip: { file: GZIP },
  zip: { file: ZIP },
})) {
  test(`progress through ${what} is reported in bytes of the upload`, async (t) => {
    const { blocks } = await readUpload(t, file, { blockBytes: 50_000 });
    const positions = blocks.map(({ spoolBytes }) => spoolBytes);
    assert.deepEqual(
      positions,
      positions.toSorted((a, b) => a - b),
    );
    const last = positions.at(-1) ?? 0;
    assert.ok(last > file.length - 200 && last <= file.length, `${last} of ${file.length}`);
  });
}

test('a file compressed a hundredfold is decompressed on demand, not all at once', {
  timeout: 60_000,
}, async (t) => {
  const row = Buffer.from(`same name,same sku,${'x'.repeat(100)}\n`);
  const rows = Buffer.concat(Array.from({ length: 80_000 }, () => row));
  const member = gzipSync(rows);
  const file = Buffer.concat([gzipSync(HEADER), ...Array.from({ length: 24 }, () => member)]);
  const { spool } = await temporarySpool(t);
  await spool.write('bomb', Readable.from([file]));
  const before = process.memoryUsage().arrayBuffers;
  let most = 0;
  let bytes = 0;
  for await (const block of await openBlockReader(spool, 'bomb', { maxRecordBytes: 4e6 })) {
    bytes += block.bytes.length;
    most = Math.max(most, process.memoryUsage().arrayBuffers - before);
  }
  assert.equal(bytes, 24 * rows.length);
  assert.ok(most < 128 * 1024 * 1024, `${most} bytes were held`);
});

/** A tar archive of one file. */
function tarOf(name: string, content: Buffer): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write(content.length.toString(8).padStart(11, '0'), 124);
  header.write('ustar\0', 257);
  return Buffer.concat([header, content]);
}
