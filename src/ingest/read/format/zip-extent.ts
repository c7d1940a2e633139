// Finds a zip archive inside a file. There may be other bytes before it, such as the program of a self-extracting archive,
// and after it. The end record of a zip, which locates its central directory, is at its end.

import type { FileHandle } from 'node:fs/promises';

/** Offsets in the file. Offsets inside the zip are relative to `start`. */
export interface ZipExtent {
  start: number;
  end: number;
}

const END_RECORD = Buffer.from('PK\x05\x06');
const END_RECORD_BYTES = 22;
const DIRECTORY_ENTRY = Buffer.from('PK\x01\x02');
const LOCAL_FILE = Buffer.from('PK\x03\x04');
const LOCATOR_64 = Buffer.from('PK\x06\x07');
const LOCATOR_64_BYTES = 20;
const END_64 = Buffer.from('PK\x06\x06');
const END_64_BYTES = 56;
const MAX_COMMENT_BYTES = 0xffff;
/** How many bytes after the zip are searched. */
const MAX_TRAILING_BYTES = 1024 * 1024;
const HEAD_BYTES = 512;
const MAX_TRIES = 1000;

/** @returns undefined if there is no complete zip in the file */
export async function findZip(file: FileHandle): Promise<ZipExtent | undefined> {
  const { size } = await file.stat();
  const tailStart = Math.max(0, size - MAX_TRAILING_BYTES - MAX_COMMENT_BYTES - END_RECORD_BYTES);
  const tail = await bytesAt(file, tailStart, size - tailStart);
  for (const at of offsetsOf(END_RECORD, tail)) {
    const record = tail.subarray(at);
    if (record.length < END_RECORD_BYTES) continue;
    const end = tailStart + at + END_RECORD_BYTES + record.readUInt16LE(20);
    if (end > size) continue;
    const start = await startOf(file, tailStart + at, record);
    if (start === undefined) continue;
    const isIncomplete = hasZipStart(tail.subarray(end - tailStart)) || (await hasZipBefore(file, start));
    return isIncomplete ? undefined : { start, end };
  }
  return undefined;
}

/** @returns offsets of the signature, the last one first. Some may occur by chance. */
function offsetsOf(signature: Buffer, bytes: Buffer): number[] {
  const offsets: number[] = [];
  for (let end = bytes.length; end > 0 && offsets.length < MAX_TRIES; ) {
    const at = bytes.subarray(0, end).lastIndexOf(signature);
    if (at < 0) break;
    offsets.push(at);
    end = at;
  }
  return offsets;
}

/** @returns the start of the zip with this end record; undefined if it is not an end record */
async function startOf(file: FileHandle, at: number, record: Buffer): Promise<number | undefined> {
  const locator = await bytesAt(file, at - LOCATOR_64_BYTES, LOCATOR_64_BYTES);
  const is64 = locator.subarray(0, LOCATOR_64.length).equals(LOCATOR_64);
  if (is64) {
    const offset = Number(locator.readBigUInt64LE(8));
    return startBySignature(file, END_64, offset, at - LOCATOR_64_BYTES - END_64_BYTES - offset);
  }
  const files = record.readUInt16LE(10);
  const directoryBytes = record.readUInt32LE(12);
  const offset = record.readUInt32LE(16);
  const start = at - directoryBytes - offset;
  if (files === 0) return start >= 0 ? start : undefined;
  return startBySignature(file, DIRECTORY_ENTRY, offset, start);
}

/** Recorded offsets are relative to the start of the zip, or absolute if it was prepended by a tool that adjusts them. */
async function startBySignature(
  file: FileHandle,
  signature: Buffer,
  offset: number,
  start: number,
): Promise<number | undefined> {
  for (const from of [start, 0]) {
    if (from >= 0 && (await bytesAt(file, from + offset, signature.length)).equals(signature)) return from;
  }
  return undefined;
}

/** Whether another zip starts before the one that was found: of two concatenated files, one would be lost. */
async function hasZipBefore(file: FileHandle, start: number): Promise<boolean> {
  const head = (await bytesAt(file, 0, HEAD_BYTES)).toString('latin1');
  const blank = head.length - head.trimStart().length;
  return blank < start && head.startsWith(LOCAL_FILE.toString('latin1'), blank);
}

/** Whether a truncated zip follows. */
function hasZipStart(trailing: Buffer): boolean {
  const isPartial = trailing.length > 0 && trailing.length < LOCAL_FILE.length;
  return (
    trailing.includes(LOCAL_FILE) || (isPartial && LOCAL_FILE.subarray(0, trailing.length).equals(trailing))
  );
}

/** @returns fewer bytes at the end of the file */
async function bytesAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  if (position < 0 || !Number.isSafeInteger(position)) return Buffer.alloc(0);
  const buffer = Buffer.alloc(length);
  let have = 0;
  while (have < length) {
    const { bytesRead } = await file.read(buffer, have, length - have, position + have);
    if (bytesRead === 0) break;
    have += bytesRead;
  }
  return buffer.subarray(0, have);
}
