// Detects the format of a file by its first bytes, not its name.

import { LoadstoneError } from '../../../errors.ts';

/** A workbook (xlsx) begins as a zip does. */
export type Format = 'plain' | 'gzip' | 'zstd' | 'zip' | 'xlsx';

/** How much of the beginning is examined. */
export const FORMAT_BYTES = 512;

interface Signature {
  bytes: Buffer;
  /** Default: 0. */
  offset?: number;
}

const ARCHIVES: (Signature & { format: Format })[] = [
  { format: 'gzip', bytes: Buffer.from([0x1f, 0x8b]) },
  { format: 'zstd', bytes: Buffer.from([0x28, 0xb5, 0x2f, 0xfd]) },
  { format: 'zip', bytes: Buffer.from('PK\x03\x04') },
  // An empty zip.
  { format: 'zip', bytes: Buffer.from('PK\x05\x06') },
  // A split zip with a single part.
  { format: 'zip', bytes: Buffer.from('PK\x07\x08PK\x03\x04') },
  { format: 'zip', bytes: Buffer.from('PK00PK\x03\x04') },
];

/** Programs: a self-extracting archive has a zip at its end. */
const PROGRAMS: Signature[] = [{ bytes: Buffer.from('MZ') }, { bytes: Buffer.from('\x7fELF') }];

const ZIP: Signature = { bytes: Buffer.from('PK\x03\x04') };

const COMPOUND_FILE: Signature = { bytes: Buffer.from([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]) };
/** The name of the part that holds an encrypted workbook, as the directory of a compound file has it. */
const ENCRYPTED_PART = Buffer.from('EncryptedPackage', 'utf16le');
/** How much of a compound file is searched for that name. A directory further on is missed. */
export const DIRECTORY_BYTES = 1024 * 1024;

const EXPORT = 'Export the table as CSV.';
const UNPACK = 'Send the CSV file in it, plain or as gzip, zstd or zip.';

const OTHERS: (Signature & { what: string; remedy: string })[] = [
  { what: 'a PDF', remedy: EXPORT, bytes: Buffer.from('%PDF-') },
  { what: 'a rich text document (RTF)', remedy: 'Save it as plain text.', bytes: Buffer.from('{\\rtf') },
  { what: 'a PNG image', remedy: EXPORT, bytes: Buffer.from('\x89PNG', 'latin1') },
  { what: 'a JPEG image', remedy: EXPORT, bytes: Buffer.from([0xff, 0xd8, 0xff]) },
  { what: 'a GIF image', remedy: EXPORT, bytes: Buffer.from('GIF8') },
  { what: 'a Parquet file', remedy: EXPORT, bytes: Buffer.from('PAR1\x15') },
  { what: 'an SQLite database', remedy: EXPORT, bytes: Buffer.from('SQLite format 3\0') },
  {
    what: 'an old Excel workbook (.xls), or a workbook with a password',
    remedy: 'Open it and save it as CSV, or as .xlsx without a password.',
    ...COMPOUND_FILE,
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
 * @throws LoadstoneError NOT_A_CSV for known formats that cannot be read
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

/** Whether the file may be an encrypted workbook. */
export function isCompoundFile(head: Buffer): boolean {
  return matches(head, COMPOUND_FILE);
}

/**
 * @param start the first DIRECTORY_BYTES of a compound file
 * @throws LoadstoneError WORKBOOK_ENCRYPTED
 */
export function refuseEncrypted(start: Buffer): void {
  if (!start.includes(ENCRYPTED_PART)) return;
  throw new LoadstoneError(
    'WORKBOOK_ENCRYPTED',
    'The workbook has a password and cannot be read. Open it, remove the password and save it again, or save the sheet as CSV.',
  );
}

/**
 * @param head the first FORMAT_BYTES of the decompressed file
 * @throws LoadstoneError NOT_A_CSV
 */
export function refuseNested(head: Buffer, outer: Format): void {
  const inner = detectFormat(head);
  if (inner === 'plain') return;
  throw new LoadstoneError(
    'NOT_A_CSV',
    `The file is ${inner} inside ${outer}: it is compressed twice. Unpack it once, so that the archive contains the CSV file itself.`,
  );
}

export function isProgram(head: Buffer): boolean {
  return head.includes(0) && PROGRAMS.some((signature) => matches(head, signature));
}

/** Scripts that cut an archive out of a larger file may leave line breaks before it. */
function withoutBlanks(head: Buffer): Buffer {
  const text = head.toString('latin1');
  return head.subarray(text.length - text.trimStart().length);
}

function matches(head: Buffer, { bytes, offset = 0 }: Signature): boolean {
  return head.subarray(offset, offset + bytes.length).equals(bytes);
}

/** Parallel zstd compressors start with a skippable frame, whose magic number has 16 forms. */
function startsWithSkippableFrame(head: Buffer): boolean {
  return head.length >= 4 && (head.readUInt32LE(0) & 0xfffffff0) >>> 0 === SKIPPABLE_ZSTD_FRAME;
}
