// The one file in a zip. The list of a zip's files stands at its end, so this needs the whole upload.

import type { FileHandle } from 'node:fs/promises';
import { crc32, createInflateRaw } from 'node:zlib';
import { type Entry, fromFdPromise, type ZipFile } from 'yauzl';
import { LoadstoneError } from '../errors.ts';
import { Decompressor, damaged } from './decompressor.ts';
import type { Upload } from './upload.ts';

const READ_BYTES = 512 * 1024;
const STORED = 0;
const DEFLATED = 8;
/** Entries looked at. */
const MAX_ENTRIES = 1000;
/** Names told in a message. */
const NAMES_SHOWN = 3;

/** @throws LoadstoneError CORRUPT_ARCHIVE, ARCHIVE_NOT_ONE_FILE, NOT_A_CSV */
export async function* unzip({ openComplete, onPosition }: Upload): AsyncGenerator<Buffer, void, undefined> {
  await using file = await openComplete();
  const zip = await orDamaged(fromFdPromise(file.fd, { decodeStrings: false }));
  const entry = await onlyFile(zip);
  const { fileDataStart } = await orDamaged(zip.readLocalFileHeaderPromise(entry, { minimal: true }));
  const packed = readRange(file, fileDataStart, fileDataStart + entry.compressedSize, onPosition);
  const content = entry.compressionMethod === STORED ? packed : inflate(packed);

  let size = 0;
  let checksum = 0;
  for await (const chunk of content) {
    size += chunk.length;
    checksum = crc32(chunk, checksum);
    yield chunk;
  }
  if (size !== entry.uncompressedSize) throw damaged('zip', new Error('wrong length'));
  if (checksum !== entry.crc32) throw damaged('zip', new Error('wrong checksum'));
}

async function onlyFile(zip: ZipFile): Promise<Entry> {
  const files: Entry[] = [];
  for (const entry of await orDamaged(allEntries(zip))) {
    const name = nameOf(entry);
    if (name === '[Content_Types].xml') {
      throw new LoadstoneError(
        'NOT_A_CSV',
        'The file is an Excel workbook (.xlsx) or another Office document. Open it and save it as CSV.',
      );
    }
    if (name === 'mimetype') {
      throw new LoadstoneError(
        'NOT_A_CSV',
        'The file is an OpenDocument file (.ods). Open it and save it as CSV.',
      );
    }
    if (!isJunk(name)) files.push(entry);
  }
  const [entry] = files;
  if (!entry || files.length > 1) throw notOneFile(files);
  if (entry.isEncrypted()) throw encrypted();
  if (entry.compressionMethod !== STORED && entry.compressionMethod !== DEFLATED) {
    const message = `The zip uses compression method ${entry.compressionMethod}, which cannot be read. Make it with the usual one (Deflate), or use gzip or zstd.`;
    throw new LoadstoneError('NOT_A_CSV', message);
  }
  return entry;
}

async function allEntries(zip: ZipFile): Promise<Entry[]> {
  const entries: Entry[] = [];
  for await (const entry of zip.eachEntry()) {
    entries.push(entry);
    // No more are needed to see that it is not one file.
    if (entries.length === MAX_ENTRIES) break;
  }
  return entries;
}

/** Folders, and what macOS adds of its own accord. */
function isJunk(name: string): boolean {
  return (
    name.endsWith('/') || name.startsWith('__MACOSX/') || name === '.DS_Store' || name.endsWith('/.DS_Store')
  );
}

function notOneFile(files: Entry[]): LoadstoneError {
  const shown = files.slice(0, NAMES_SHOWN).map((entry) => `"${nameOf(entry).slice(-80)}"`);
  const more = files.length > NAMES_SHOWN ? ` and ${files.length - NAMES_SHOWN} more` : '';
  const found = files.length === 0 ? 'no file' : `${files.length} files (${shown.join(', ')}${more})`;
  return new LoadstoneError(
    'ARCHIVE_NOT_ONE_FILE',
    `The zip has ${found}. Send a zip with exactly one CSV file, or one zip for each.`,
  );
}

function nameOf(entry: Entry): string {
  return entry.fileNameRaw.toString('utf8');
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
    if (bytesRead === 0) throw damaged('zip', new Error('the file ends early'));
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
      if (used < chunk.length) throw damaged('zip', new Error('data behind the end of the file in it'));
    }
    yield* decompressor.end();
  } finally {
    decompressor.close();
  }
}

function encrypted(): LoadstoneError {
  return new LoadstoneError(
    'NOT_A_CSV',
    'The zip is encrypted. Make one without a password and upload that.',
  );
}

/** What yauzl rejects with is about the bytes of the zip. */
async function orDamaged<T>(promise: Promise<T>): Promise<T> {
  try {
    return await promise;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw error.message.includes('encryption') ? encrypted() : damaged('zip', error);
  }
}
