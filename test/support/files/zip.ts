// Builds zip files, valid or broken as a test needs them.

import { crc32, deflateRawSync } from 'node:zlib';

export interface ZipEntry {
  /** Bytes if the name is not UTF-8. */
  name: string | Buffer;
  content?: Buffer;
  /** In place of the content: it as Deflate has packed it. Needs `sizes`. */
  packed?: Buffer;
  /** Compression method: 8 is Deflate, any other stores the content unchanged. */
  method?: number;
  encrypted?: boolean;
  /** Replaces the correct checksum. */
  checksum?: number;
  /** Replaces the correct sizes. */
  sizes?: [packed: number, unpacked: number];
  /** Written as a stream of unknown length: checksum and sizes follow the content, and are in the central directory. */
  streamed?: boolean;
  /** External file attributes of Unix and DOS. */
  attributes?: number;
}

export interface ZipForm {
  comment?: Buffer;
  /** With the zip64 records that zips of more than 4 GiB need. */
  zip64?: boolean;
}

const DEFLATED = 8;
const VERSION = 20;
const VERSION_64 = 45;
const ENCRYPTED_FLAG = 1;
const STREAMED_FLAG = 8;
const IN_ZIP64_FIELD = 0xffffffff;

export function zipOf(...entries: ZipEntry[]): Buffer {
  return formedZip({}, ...entries);
}

export function formedZip(
  { comment = Buffer.alloc(0), zip64 = false }: ZipForm,
  ...entries: ZipEntry[]
): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  for (const entry of entries) {
    const { content = Buffer.alloc(0), method = DEFLATED, checksum = crc32(content) } = entry;
    const name = Buffer.from(entry.name);
    const packed = entry.packed ?? (method === DEFLATED ? deflateRawSync(content) : content);
    const sizes = entry.sizes ?? [packed.length, content.length];
    const offset = lengthOf(parts);
    const fields = (known: boolean, extraBytes: number) => {
      const bytes = Buffer.alloc(26);
      const flags = (entry.encrypted ? ENCRYPTED_FLAG : 0) | (entry.streamed ? STREAMED_FLAG : 0);
      bytes.writeUInt16LE(zip64 ? VERSION_64 : VERSION, 0);
      bytes.writeUInt16LE(flags, 2);
      bytes.writeUInt16LE(method, 4);
      bytes.writeUInt32LE(known ? checksum : 0, 10);
      for (const [i, size] of sizes.entries())
        bytes.writeUInt32LE(zip64 ? IN_ZIP64_FIELD : known ? size : 0, 14 + 4 * i);
      bytes.writeUInt16LE(name.length, 22);
      bytes.writeUInt16LE(extraBytes, 24);
      return bytes;
    };
    const localExtra = zip64 ? zip64Field(sizes.toReversed()) : Buffer.alloc(0);
    const listExtra = zip64 ? zip64Field([...sizes.toReversed(), offset]) : Buffer.alloc(0);
    const descriptor = Buffer.from([0x50, 0x4b, 7, 8, ...uint32(checksum), ...sizes.flatMap(uint32)]);
    const local = fields(!entry.streamed, localExtra.length);
    parts.push(Buffer.from('PK\x03\x04'), local, name, localExtra, packed);
    if (entry.streamed) parts.push(descriptor);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(entry.attributes ?? 0, 6);
    rest.writeUInt32LE(zip64 ? IN_ZIP64_FIELD : offset, 10);
    directory.push(
      Buffer.from('PK\x01\x02'),
      Buffer.from([VERSION, 0]),
      fields(true, listExtra.length),
      rest,
    );
    directory.push(name, listExtra);
  }
  const listAt = lengthOf(parts);
  const listBytes = lengthOf(directory);
  if (zip64) {
    const end64 = Buffer.alloc(76);
    end64.write('PK\x06\x06', 0, 'latin1');
    end64.writeBigUInt64LE(44n, 4);
    for (const at of [24, 32]) end64.writeBigUInt64LE(BigInt(entries.length), at);
    end64.writeBigUInt64LE(BigInt(listBytes), 40);
    end64.writeBigUInt64LE(BigInt(listAt), 48);
    end64.write('PK\x06\x07', 56, 'latin1');
    end64.writeBigUInt64LE(BigInt(listAt + listBytes), 64);
    end64.writeUInt32LE(1, 72);
    directory.push(end64);
  }
  const end = Buffer.alloc(18);
  for (const at of [4, 6]) end.writeUInt16LE(zip64 ? 0xffff : entries.length, at);
  end.writeUInt32LE(zip64 ? IN_ZIP64_FIELD : listBytes, 8);
  end.writeUInt32LE(zip64 ? IN_ZIP64_FIELD : listAt, 12);
  end.writeUInt16LE(comment.length, 16);
  return Buffer.concat([...parts, ...directory, Buffer.from('PK\x05\x06'), end, comment]);
}

function zip64Field(values: number[]): Buffer {
  const field = Buffer.alloc(4 + 8 * values.length);
  field.writeUInt16LE(1, 0);
  field.writeUInt16LE(8 * values.length, 2);
  for (const [i, value] of values.entries()) field.writeBigUInt64LE(BigInt(value), 4 + 8 * i);
  return field;
}

function uint32(value: number): number[] {
  return [0, 8, 16, 24].map((shift) => (value >>> shift) & 0xff);
}

function lengthOf(parts: Buffer[]): number {
  return parts.reduce((sum, part) => sum + part.length, 0);
}
