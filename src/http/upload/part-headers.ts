// What the headers of a part of a multipart body say: its name, and how its sender calls the file.

import { parse } from 'content-disposition';

export interface PartInfo {
  name: string;
  /** Without folders, as some clients send them; undefined where there is none, or none that can be read. */
  fileName: string | undefined;
}

/** As a parser of multipart bodies gives them: by name in lower case, each byte as one character. */
export type PartHeaders = Record<string, string[] | undefined>;

/** @returns undefined when they do not name the part */
export function readPartHeaders(headers: PartHeaders): PartInfo | undefined {
  const { type, parameters } = parse(decode(headers['content-disposition']?.[0] ?? ''), { multipart: true });
  const { name, filename } = parameters;
  if (type !== 'form-data' || !name) return undefined;
  return { name, fileName: filename?.replace(/^.*[/\\]/s, '') };
}

/** UTF-8, as browsers send it; anything else is taken for Latin-1. */
function decode(bytes: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(bytes, 'latin1'));
  } catch {
    return bytes;
  }
}
