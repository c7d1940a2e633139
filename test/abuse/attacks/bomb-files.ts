// Files of some MB that unpack to gigabytes, or say so.

import { constants, crc32, deflateRawSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { workbookOf } from '../../support/files/workbook.ts';
import { type ZipEntry, zipOf } from '../../support/files/zip.ts';

export interface Bomb {
  name: string;
  content: Buffer;
}

const MIB = 1024 * 1024;
const PIECE_BYTES = 4 * MIB;
/** More than the 256 MiB that a file of any ratio may have, and far more than its ratio allows beyond. */
const UNPACKED_BYTES = 768 * MIB;
const HEADER = Buffer.from('name,sku,description\n');
/** Repeated until it fills a piece. Long, as short ones compress some 200 times only. */
const ROW = `Bomb,bomb-sku,${'a'.repeat(20_000)}\n`;

const rows = filled(ROW);
const zeros = Buffer.alloc(PIECE_BYTES);
const quoted = filled('"a\n');
const sheetRows = filled(
  `<row><c t="inlineStr"><is><t>${'a'.repeat(20_000)}</t></is></c>${'<c><v>1</v></c>'.repeat(8)}</row>`,
);
const texts = filled(`<si><t>${'a'.repeat(20_000)}</t></si>`);

const SHEET = 'xl/worksheets/sheet1.xml';
const STRINGS = 'xl/sharedStrings.xml';
const MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"';
const ENTITIES = `<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa">${Array.from({ length: 10 }, (_, n) => `<!ENTITY a${n} "${`&a${n || ''};`.repeat(10)}">`).join('')}]>`;

export function makeBombs(): Bomb[] {
  return [
    { name: 'rows.csv.gz', content: gzipBomb(HEADER, rows) },
    { name: 'zeros.csv.gz', content: gzipBomb(HEADER, zeros) },
    { name: 'quote.csv.gz', content: gzipBomb(HEADER, quoted) },
    { name: 'nested.csv.gz', content: gzipSync(gzipBomb(HEADER, rows)) },
    { name: 'rows.csv.zst', content: zstdBomb(HEADER, rows) },
    { name: 'rows.zip', content: zipOf(deflated('rows.csv', [HEADER], rows)) },
    { name: 'rows-that-lie.zip', content: zipOf(lying(deflated('rows.csv', [HEADER], rows))) },
    {
      name: 'many-files.zip',
      content: zipOf(...Array.from({ length: 5000 }, (_, n) => ({ name: `${n}.csv`, method: 0 }))),
    },
    {
      name: 'rows.xlsx',
      content: workbookBomb(deflated(SHEET, [`<worksheet ${MAIN}><sheetData>`], sheetRows)),
    },
    { name: 'texts.xlsx', content: workbookBomb(deflated(STRINGS, [`<sst ${MAIN}>`], texts)) },
    {
      name: 'entities.xlsx',
      content: workbookBomb({
        name: STRINGS,
        content: Buffer.from(`${ENTITIES}<sst ${MAIN}><si><t>&a9;</t></si></sst>`),
      }),
    },
    { name: 'deep.xlsx', content: workbookBomb(deflated(SHEET, [], filled('<a>'))) },
  ];
}

function filled(text: string): Buffer {
  return Buffer.alloc(Math.floor(PIECE_BYTES / Buffer.byteLength(text)) * Buffer.byteLength(text), text);
}

const timesOf = (piece: Buffer) => Math.floor(UNPACKED_BYTES / piece.length);

function repeated(bytes: Buffer, times: number): Buffer {
  return Buffer.alloc(bytes.length * times, bytes);
}

/** Members one after the other are one file. */
function gzipBomb(beginning: Buffer, piece: Buffer): Buffer {
  return Buffer.concat([gzipSync(beginning), repeated(gzipSync(piece), timesOf(piece))]);
}

function zstdBomb(beginning: Buffer, piece: Buffer): Buffer {
  return Buffer.concat([zstdCompressSync(beginning), repeated(zstdCompressSync(piece), timesOf(piece))]);
}

/** A piece that was flushed fully can be repeated within one stream of Deflate. */
function deflated(name: string, beginning: (string | Buffer)[], piece: Buffer): ZipEntry {
  const flush = { finishFlush: constants.Z_FULL_FLUSH };
  const head = Buffer.concat(beginning.map((each) => Buffer.from(each)));
  const times = timesOf(piece);
  const packed = Buffer.concat([
    deflateRawSync(head, flush),
    repeated(deflateRawSync(piece, flush), times),
    deflateRawSync(''),
  ]);
  // The checksum is wrong, which shows only at the end, where nobody gets.
  const sizes: ZipEntry['sizes'] = [packed.length, head.length + times * piece.length];
  return { name, packed, sizes, checksum: crc32(head) };
}

function lying({ packed = Buffer.alloc(0), ...entry }: ZipEntry): ZipEntry {
  return { ...entry, packed, sizes: [packed.length, 1000] };
}

function workbookBomb(part: ZipEntry): Buffer {
  return workbookOf({ sheets: [{ name: 'a', rows: [['name', 'sku', 'description']] }], parts: [part] });
}
