// What a file is, told by its first bytes and not by its name.

import { LoadstoneError } from '../../../errors.ts';

export type Format = 'plain' | 'gzip' | 'zstd' | 'zip';

/** Bytes from the start that are enough to tell. */
export const FORMAT_BYTES = 512;

interface Signature {
  bytes: Buffer;
  /** Where the signature stands; at the start unless told. */
  offset?: number;
}

const ARCHIVES: (Signature & { format: Format })[] = [
  { format: 'gzip', bytes: Buffer.from([0x1f, 0x8b]) },
  { format: 'zstd', bytes: Buffer.from([0x28, 0xb5, 0x2f, 0xfd]) },
  { format: 'zip', bytes: Buffer.from('PK\x03\x04') },
  // A zip with nothing in it.
  { format: 'zip', bytes: Buffer.from('PK\x05\x06') },
  // A zip that was meant to be several, and became one.
  { format: 'zip', bytes: Buffer.from('PK\x07\x08PK\x03\x04') },
  { format: 'zip', bytes: Buffer.from('PK00PK\x03\x04') },
];

/** Programs; one that unpacks itself has a zip at its end. */
const PROGRAMS: Signature[] = [{ bytes: Buffer.from('MZ') }, { bytes: Buffer.from('\x7fELF') }];

const ZIP: Signature = { bytes: Buffer.from('PK\x03\x04') };

const EXPORT = 'Export the table as CSV.';
const UNPACK = 'Give the CSV file in it, as it is or as gzip, zstd or zip.';

const OTHERS: (Signature & { what: string; remedy: string })[] = [
  { what: 'a PDF', remedy: EXPORT, bytes: Buffer.from('%PDF-') },
  { what: 'a formatted text (RTF)', remedy: 'Save it as plain text.', bytes: Buffer.from('{\\rtf') },
  { what: 'a PNG image', remedy: EXPORT, bytes: Buffer.from('\x89PNG', 'latin1') },
  { what: 'a JPEG image', remedy: EXPORT, bytes: Buffer.from([0xff, 0xd8, 0xff]) },
  { what: 'a GIF image', remedy: EXPORT, bytes: Buffer.from('GIF8') },
  { what: 'a Parquet file', remedy: EXPORT, bytes: Buffer.from('PAR1\x15') },
  { what: 'an SQLite database', remedy: EXPORT, bytes: Buffer.from('SQLite format 3\0') },
  {
    what: 'an Excel workbook (.xls)',
    remedy: 'Open it and save it as CSV.',
    bytes: Buffer.from([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]),
  },
  { what: 'a tar archive', remedy: UNPACK, bytes: Buffer.from('ustar\0'), offset: 257 },
  { what: 'a tar archive', remedy: UNPACK, bytes: Buffer.from('ustar  \0'), offset: 257 },
  { what: 'a 7-Zip archive', remedy: UNPACK, bytes: Buffer.from([0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c]) },
  { what: 'a RAR archive', remedy: UNPACK, bytes: Buffer.from('Rar!\x1a\x07') },
  { what: 'an xz archive', remedy: UNPACK, bytes: Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]) },
  { what: 'a bzip2 archive', remedy: UNPACK, bytes: Buffer.from('1AY&SY'), offset: 4 },
];

const SKIPPABLE_ZSTD_FRAME = 0x184d2a50;

/**
 * @param head the first FORMAT_BYTES of the file, or all of a shorter one
 * @throws LoadstoneError NOT_A_CSV for a file of a kind that is known and cannot be read
 */
export function detectFormat(head: Buffer): Format {
  const archive = ARCHIVES.find((signature) => matches(head, signature));
  if (archive) return archive.format;
  if (startsWithSkippableFrame(head)) return 'zstd';
  if (isProgram(head) || matches(withoutBlanks(head), ZIP)) return 'zip';
  const other = OTHERS.find((signature) => matches(head, signature));
  if (other)
    throw new LoadstoneError('NOT_A_CSV', `The file is ${other.what}, not a CSV file. ${other.remedy}`);
  return 'plain';
}

/**
 * Refuses what is no CSV file inside of an archive.
 *
 * @param head the first FORMAT_BYTES of what was packed
 * @throws LoadstoneError NOT_A_CSV
 */
export function refuseNested(head: Buffer, outer: Format): void {
  const inner = detectFormat(head);
  if (inner === 'plain') return;
  throw new LoadstoneError(
    'NOT_A_CSV',
    `The file is ${inner} inside of ${outer}: it is packed twice. Unpack it once, so that the archive has the CSV file itself.`,
  );
}

export function isProgram(head: Buffer): boolean {
  return head.includes(0) && PROGRAMS.some((signature) => matches(head, signature));
}

/** Line ends before an archive come from scripts that take the file out of something larger. */
function withoutBlanks(head: Buffer): Buffer {
  const text = head.toString('latin1');
  return head.subarray(text.length - text.trimStart().length);
}

function matches(head: Buffer, { bytes, offset = 0 }: Signature): boolean {
  return head.subarray(offset, offset + bytes.length).equals(bytes);
}

/** Parallel zstd tools begin with a frame to be skipped; its magic number has 16 forms. */
function startsWithSkippableFrame(head: Buffer): boolean {
  return head.length >= 4 && (head.readUInt32LE(0) & 0xfffffff0) >>> 0 === SKIPPABLE_ZSTD_FRAME;
}
