// The one CSV file in a zip. The list of a zip's files stands at its end, so this needs the whole upload.

import { isUtf8 } from 'node:buffer';
import type { FileHandle } from 'node:fs/promises';
import { crc32, createInflateRaw } from 'node:zlib';
import {
  type Entry,
  fromRandomAccessReaderPromise,
  getFileNameLowLevel,
  RandomAccessReader,
  type ZipFile,
} from 'yauzl';
import { LoadstoneError } from '../../../errors.ts';
import { skippedBytesWarning, skippedFilesWarning } from '../warnings.ts';
import { corruptArchive, Decompressor } from './decompressor.ts';
import { FORMAT_BYTES, isProgram } from './detect-format.ts';
import { EntryChoice } from './entry-choice.ts';
import type { Upload } from './upload.ts';
import { findZip, type ZipExtent } from './zip-extent.ts';

const READ_BYTES = 512 * 1024;
const STORED = 0;
const DEFLATED = 8;
/** Entries looked at. */
const MAX_ENTRIES = 100_000;
/** Characters of a name told in a message. */
const NAME_SHOWN = 80;
/** What documents of Numbers, Pages and Keynote have in them. */
const IWORK = /^Index(\.zip$|\/Document\.iwa$)/;
const UTF8_FLAG = 0x800;
const DOS_FOLDER = 0x10;
const UNIX_TYPE = 0o170000;
const UNIX_LINK = 0o120000;

interface Candidate {
  name: string;
  entry: Entry;
}

/** @throws LoadstoneError CORRUPT_ARCHIVE, ARCHIVE_NOT_ONE_FILE, NOT_A_CSV */
export async function* unzip({
  stream,
  openComplete,
  onPosition,
  warn,
}: Upload): AsyncGenerator<Buffer, void, undefined> {
  await using file = await openComplete();
  const extent = await findZip(file);
  if (!extent) {
    if (isProgram(await stream.peek(FORMAT_BYTES))) throw program();
    throw corruptArchive('zip', new Error('the list of its files is not there'));
  }
  const zip = await orCorruptArchive(openZip(file, extent));
  const entry = await onlyFile(zip, warn);
  const { fileDataStart } = await orCorruptArchive(zip.readLocalFileHeaderPromise(entry, { minimal: true }));
  const start = extent.start + fileDataStart;
  const packed = readRange(file, start, start + entry.compressedSize, onPosition);
  const content = entry.compressionMethod === STORED ? packed : inflate(packed);

  let size = 0;
  let checksum = 0;
  for await (const chunk of content) {
    size += chunk.length;
    checksum = crc32(chunk, checksum);
    yield chunk;
  }
  if (size !== entry.uncompressedSize) throw corruptArchive('zip', new Error('wrong length'));
  if (checksum !== entry.crc32) throw corruptArchive('zip', new Error('wrong checksum'));

  const skippedBytes = extent.start + (await file.stat()).size - extent.end;
  if (skippedBytes > 0) warn(skippedBytesWarning('zip', skippedBytes));
}

function openZip(file: FileHandle, { start, end }: ZipExtent): Promise<ZipFile> {
  const options = { decodeStrings: false, autoClose: false };
  return fromRandomAccessReaderPromise(new FileRange(file, start), end - start, options);
}

/** A file from some place on, as yauzl reads it. */
class FileRange extends RandomAccessReader {
  readonly #file: FileHandle;
  readonly #start: number;

  constructor(file: FileHandle, start: number) {
    super();
    this.#file = file;
    this.#start = start;
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null, bytesRead?: number) => void,
  ): void {
    this.#file.read(buffer, offset, length, this.#start + position).then(
      ({ bytesRead }) => callback(null, bytesRead),
      (error: Error) => callback(error),
    );
  }
}

async function onlyFile(zip: ZipFile, warn: Upload['warn']): Promise<Entry> {
  const choice = new EntryChoice<Candidate>();
  for await (const entry of entriesOf(zip)) {
    const name = nameOf(entry);
    if (isFolderOrLink(entry, name)) continue;
    if (name === '[Content_Types].xml')
      throw document('an Excel workbook (.xlsx) or another Office document');
    if (IWORK.test(name)) throw document('a Numbers document, or another one of iWork');
    if (name === 'mimetype') throw document('an OpenDocument file (.ods)');
    choice.add({ name, entry });
  }
  const chosen = choice.choose();
  if (!('entry' in chosen)) throw notOneFile(chosen);
  const { name, entry } = chosen.entry;
  if (entry.isEncrypted()) throw encrypted();
  if (entry.compressionMethod !== STORED && entry.compressionMethod !== DEFLATED) {
    const message = `The zip uses compression method ${entry.compressionMethod}, which cannot be read. Make it with the usual one (Deflate), or use gzip or zstd.`;
    throw new LoadstoneError('NOT_A_CSV', message);
  }
  const { count, first } = choice.others(chosen.entry);
  const others = first.map(({ name }) => shownName(name));
  if (count > 0) warn(skippedFilesWarning(shownName(name), others, count));
  return entry;
}

async function* entriesOf(zip: ZipFile): AsyncGenerator<Entry, void, undefined> {
  const entries = zip.eachEntry();
  for (let count = 0; ; count++) {
    const next = await orCorruptArchive(entries.next());
    if (next.done) return;
    if (count === MAX_ENTRIES) {
      const message = `The zip has more than ${MAX_ENTRIES} files. Make a zip with the CSV file alone.`;
      throw new LoadstoneError('ARCHIVE_NOT_ONE_FILE', message);
    }
    yield next.value;
  }
}

function isFolderOrLink({ externalFileAttributes, uncompressedSize }: Entry, name: string): boolean {
  const isFolder =
    name.endsWith('/') || ((externalFileAttributes & DOS_FOLDER) !== 0 && uncompressedSize === 0);
  return isFolder || ((externalFileAttributes >>> 16) & UNIX_TYPE) === UNIX_LINK;
}

function notOneFile({ count, first }: { count: number; first: Candidate[] }): LoadstoneError {
  const shown = first.map(({ name }) => `"${shownName(name)}"`);
  const more = count > first.length ? ` and ${count - first.length} more` : '';
  const found =
    count === 0 ? 'no file' : `${count} files (${shown.join(', ')}${more}), of which any may be meant`;
  return new LoadstoneError(
    'ARCHIVE_NOT_ONE_FILE',
    `The zip has ${found}. Make a zip with exactly one CSV file, or one zip for each.`,
  );
}

/** Those who wrote names in UTF-8 did not always say so; other names are in the code page of DOS. */
function nameOf({ generalPurposeBitFlag, fileNameRaw, extraFields }: Entry): string {
  const flags = generalPurposeBitFlag & ~UTF8_FLAG;
  return getFileNameLowLevel(flags | (isUtf8(fileNameRaw) ? UTF8_FLAG : 0), fileNameRaw, extraFields, false);
}

/** The end of a name, without what a screen or a database takes for something else. */
function shownName(name: string): string {
  return [...name.toWellFormed().replace(/[\p{Cc}\p{Cf}]/gu, '\ufffd')].slice(-NAME_SHOWN).join('');
}

async function* readRange(
  file: FileHandle,
  start: number,
  end: number,
  onPosition: (bytes: number) => void,
): AsyncGenerator<Buffer, void, undefined> {
  for (let at = start; at < end; ) {
    const buffer = Buffer.allocUnsafeSlow(Math.min(READ_BYTES, end - at));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, at);
    if (bytesRead === 0) throw corruptArchive('zip', new Error('the file ends early'));
    at += bytesRead;
    onPosition(at);
    yield buffer.subarray(0, bytesRead);
  }
}

async function* inflate(packed: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  const decompressor = new Decompressor('zip', (options) => createInflateRaw(options));
  try {
    for await (const chunk of packed) {
      const used: number = yield* decompressor.write(chunk);
      if (used < chunk.length)
        throw corruptArchive('zip', new Error('data behind the end of the file in it'));
    }
    yield* decompressor.end();
  } finally {
    decompressor.close();
  }
}

function document(what: string): LoadstoneError {
  return new LoadstoneError('NOT_A_CSV', `The file is ${what}. Open it and save it as CSV.`);
}

function program(): LoadstoneError {
  const message =
    'The file is a program, which is binary, and no archive that unpacks itself. Choose the CSV file.';
  return new LoadstoneError('NOT_A_CSV', message);
}

function encrypted(): LoadstoneError {
  return new LoadstoneError('NOT_A_CSV', 'The zip is encrypted. Make one without a password.');
}

/** What yauzl rejects with is about the bytes of the zip. */
async function orCorruptArchive<T>(promise: Promise<T>): Promise<T> {
  try {
    return await promise;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw error.message.includes('encryption') ? encrypted() : corruptArchive('zip', error);
  }
}
