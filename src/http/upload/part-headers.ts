// Parses the headers of a multipart part: its name and its file name.

import { parse } from 'content-disposition';

export interface PartInfo {
  name: string;
  /** Without the folders that some clients send; undefined if missing or malformed. */
  fileName: string | undefined;
}

/** Header values by lower-case name, decoded as Latin-1 (one character per byte). */
export type PartHeaders = Record<string, string[] | undefined>;

/** The longest file names are percent-encoded ones. The parser would cut off what is beyond 80 KiB. */
export const MAX_PART_HEADER_BYTES = 64 * 1024;

/** @returns their size in a body, as `name: value` and a line break each */
export function headerBytes(headers: PartHeaders): number {
  let bytes = 0;
  for (const [name, values = []] of Object.entries(headers)) {
    for (const value of values) bytes += name.length + value.length + ': \r\n'.length;
  }
  return bytes;
}

/** @returns undefined if the part has no name */
export function readPartHeaders(headers: PartHeaders): PartInfo | undefined {
  const { type, parameters } = parse(decode(headers['content-disposition']?.[0] ?? ''), { multipart: true });
  const { name, filename } = parameters;
  if (type !== 'form-data' || !name) return undefined;
  return { name, fileName: filename?.replace(/^.*[/\\]/s, '') };
}

/** UTF-8, as browsers send it; anything else is read as Latin-1. */
function decode(bytes: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(bytes, 'latin1'));
  } catch {
    return bytes;
  }
}
