// Where the zip in a file begins and ends. Others may have put bytes before it, such as the program of an archive that
// unpacks itself, and behind it: what tells where the list of its files is stands at its end.

import type { FileHandle } from 'node:fs/promises';

/** In bytes of the file. Places that the zip tells count from `start`. */
export interface ZipExtent {
  start: number;
  end: number;
}

const END = Buffer.from('PK\x05\x06');
const END_BYTES = 22;
const LIST = Buffer.from('PK\x01\x02');
const FILE = Buffer.from('PK\x03\x04');
const LOCATOR_64 = Buffer.from('PK\x06\x07');
const LOCATOR_64_BYTES = 20;
const END_64 = Buffer.from('PK\x06\x06');
const END_64_BYTES = 56;
const MAX_COMMENT_BYTES = 0xffff;
/** Behind the end, what is looked through for it. */
const MAX_BEHIND_BYTES = 1024 * 1024;
const BEFORE_BYTES = 512;
const MAX_TRIES = 1000;

/** @returns undefined if there is no whole zip in the file */
export async function findZip(file: FileHandle): Promise<ZipExtent | undefined> {
  const { size } = await file.stat();
  const tailStart = Math.max(0, size - MAX_BEHIND_BYTES - MAX_COMMENT_BYTES - END_BYTES);
  const tail = await bytesAt(file, tailStart, size - tailStart);
  for (const at of placesOf(END, tail)) {
    const record = tail.subarray(at);
    if (record.length < END_BYTES) continue;
    const end = tailStart + at + END_BYTES + record.readUInt16LE(20);
    if (end > size) continue;
    const start = await startOf(file, tailStart + at, record);
    if (start === undefined) continue;
    const isCutOff = hasBeginningOfZip(tail.subarray(end - tailStart)) || (await isSecond(file, start));
    return isCutOff ? undefined : { start, end };
  }
  return undefined;
}

/** From the last one to the first, as many as may be there by chance. */
function placesOf(signature: Buffer, bytes: Buffer): number[] {
  const places: number[] = [];
  for (let end = bytes.length; end > 0 && places.length < MAX_TRIES; ) {
    const at = bytes.subarray(0, end).lastIndexOf(signature);
    if (at < 0) break;
    places.push(at);
    end = at;
  }
  return places;
}

/** @returns where the zip begins that has this record at its end; undefined if the two do not fit */
async function startOf(file: FileHandle, at: number, record: Buffer): Promise<number | undefined> {
  const locator = await bytesAt(file, at - LOCATOR_64_BYTES, LOCATOR_64_BYTES);
  const is64 = locator.subarray(0, LOCATOR_64.length).equals(LOCATOR_64);
  if (is64) {
    const told = Number(locator.readBigUInt64LE(8));
    return placeOf(file, END_64, told, at - LOCATOR_64_BYTES - END_64_BYTES - told);
  }
  const files = record.readUInt16LE(10);
  const listBytes = record.readUInt32LE(12);
  const told = record.readUInt32LE(16);
  const start = at - listBytes - told;
  if (files === 0) return start >= 0 ? start : undefined;
  return placeOf(file, LIST, told, start);
}

/** Something that is told to be at a place is as far behind it as the zip begins behind the start, or there. */
async function placeOf(
  file: FileHandle,
  signature: Buffer,
  told: number,
  start: number,
): Promise<number | undefined> {
  for (const from of [start, 0]) {
    if (from >= 0 && (await bytesAt(file, from + told, signature.length)).equals(signature)) return from;
  }
  return undefined;
}

/** Whether a zip begins before the one that was found: of the two that were joined, one would be lost. */
async function isSecond(file: FileHandle, start: number): Promise<boolean> {
  const head = (await bytesAt(file, 0, BEFORE_BYTES)).toString('latin1');
  const blank = head.length - head.trimStart().length;
  return blank < start && head.startsWith(FILE.toString('latin1'), blank);
}

/** Whether another zip follows, of which not even the end is there. */
function hasBeginningOfZip(behind: Buffer): boolean {
  const isCut = behind.length > 0 && behind.length < FILE.length;
  return behind.includes(FILE) || (isCut && FILE.subarray(0, behind.length).equals(behind));
}

/** @returns fewer bytes, or none, where the file has no more */
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
