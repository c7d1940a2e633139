// Finds the one CSV file among the entries of a zip, or that it is a workbook.

import { isUtf8 } from 'node:buffer';
import { type Entry, getFileNameLowLevel, type ZipFile } from 'yauzl';
import type { ImportWarning } from '../../../db/tables.ts';
import { LoadstoneError } from '../../../errors.ts';
import { skippedFilesWarning } from '../warnings.ts';
import { corruptArchive } from './decompressor.ts';
import { EntryChoice } from './entry-choice.ts';

export const STORED = 0;
const DEFLATED = 8;
const MAX_ENTRIES = 100_000;
/** Characters of a name in a message. */
const MAX_SHOWN_NAME = 80;
/** Found in documents of Numbers, Pages and Keynote. */
const IWORK = /^Index(\.zip$|\/Document\.iwa$)/;
/** In all documents of Office. */
const OFFICE = '[content_types].xml';
const WORKBOOK = /(^|\/)workbook\d*\.xml$/;
const UTF8_FLAG = 0x800;
const DOS_FOLDER = 0x10;
const UNIX_TYPE = 0o170000;
const UNIX_LINK = 0o120000;

interface Candidate {
  name: string;
  entry: Entry;
}

/** The one CSV file of a zip, or the parts of a workbook by their paths in lower case. */
export type ZipFound = { entry: Entry } | { parts: ReadonlyMap<string, Entry> };

/**
 * @param onWarning called if other files are skipped
 * @throws LoadstoneError CORRUPT_ARCHIVE, ARCHIVE_NOT_ONE_FILE, NOT_A_CSV
 */
export async function findContent(
  zip: ZipFile,
  onWarning: (warning: ImportWarning) => void,
): Promise<ZipFound> {
  const choice = new EntryChoice<Candidate>();
  const parts = new Map<string, Entry>();
  for await (const entry of entriesOf(zip)) {
    const name = nameOf(entry);
    if (isFolderOrLink(entry, name)) continue;
    if (IWORK.test(name)) throw document('a Numbers document or another iWork document');
    if (name === 'mimetype') throw document('an OpenDocument file (.ods)');
    parts.set(name.toLowerCase(), entry);
    choice.add({ name, entry });
  }
  if (parts.has(OFFICE)) return { parts: workbookParts(parts) };
  const chosen = choice.choose();
  if (!('entry' in chosen)) throw notOneFile(chosen);
  const { name, entry } = chosen.entry;
  requireReadable(entry);
  const { count, first } = choice.others(chosen.entry);
  const others = first.map(({ name }) => shownName(name));
  if (count > 0) onWarning(skippedFilesWarning(shownName(name), others, count));
  return { entry };
}

/** @throws LoadstoneError NOT_A_CSV */
export function requireReadable(entry: Entry): void {
  if (entry.isEncrypted()) throw encrypted();
  if (entry.compressionMethod !== STORED && entry.compressionMethod !== DEFLATED) {
    const message = `The zip uses compression method ${entry.compressionMethod}, which is not supported. Create it with the usual method (Deflate), or use gzip or zstd.`;
    throw new LoadstoneError('NOT_A_CSV', message);
  }
}

function workbookParts(parts: ReadonlyMap<string, Entry>): ReadonlyMap<string, Entry> {
  const names = [...parts.keys()];
  if (names.some((name) => WORKBOOK.test(name))) return parts;
  if (names.some((name) => name.endsWith('/workbook.bin'))) throw document('a binary Excel workbook (.xlsb)');
  throw document('an Office document other than a workbook (.xlsx)');
}

/** Errors of yauzl concern the content of the zip. */
export async function orCorruptArchive<T>(promise: Promise<T>): Promise<T> {
  try {
    return await promise;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw error.message.includes('encryption') ? encrypted() : corruptArchive('zip', error);
  }
}

async function* entriesOf(zip: ZipFile): AsyncGenerator<Entry, void, undefined> {
  const entries = zip.eachEntry();
  for (let count = 0; ; count++) {
    const next = await orCorruptArchive(entries.next());
    if (next.done) return;
    if (count === MAX_ENTRIES) {
      const message = `The zip has more than ${MAX_ENTRIES} files. Create a zip with only the CSV file.`;
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

/** Some tools write names in UTF-8 without setting the flag. Other names are in the DOS code page. */
function nameOf({ generalPurposeBitFlag, fileNameRaw, extraFields }: Entry): string {
  const flags = generalPurposeBitFlag & ~UTF8_FLAG;
  return getFileNameLowLevel(flags | (isUtf8(fileNameRaw) ? UTF8_FLAG : 0), fileNameRaw, extraFields, false);
}

/** @returns the end of the name, without characters that terminals or databases interpret */
function shownName(name: string): string {
  return [...name.toWellFormed().replace(/[\p{Cc}\p{Cf}]/gu, '\ufffd')].slice(-MAX_SHOWN_NAME).join('');
}

function notOneFile({ count, first }: { count: number; first: Candidate[] }): LoadstoneError {
  const shown = first.map(({ name }) => `"${shownName(name)}"`);
  const more = count > first.length ? ` and ${count - first.length} more` : '';
  const found =
    count === 0 ? 'no file' : `${count} files (${shown.join(', ')}${more}), any of which may be meant`;
  const message = `The zip has ${found}. Create a zip with exactly one CSV file, or one zip for each file.`;
  return new LoadstoneError('ARCHIVE_NOT_ONE_FILE', message);
}

function document(what: string): LoadstoneError {
  return new LoadstoneError('NOT_A_CSV', `The file is ${what}. Open it and save it as CSV.`);
}

function encrypted(): LoadstoneError {
  return new LoadstoneError('NOT_A_CSV', 'The zip is encrypted. Create it without a password.');
}
