// What a fetched file is called.

import { MIMEType } from 'node:util';

const MAX_LENGTH = 255;

/** @param disposition Content-Disposition */
export function fileNameOf(url: URL, disposition: string | undefined): string {
  const candidates = [named(disposition), decoded(url.pathname.split('/').at(-1) ?? ''), url.hostname];
  return candidates.map(clean).find((name) => name !== '') ?? 'file';
}

function named(disposition: string | undefined): string {
  if (disposition === undefined) return '';
  // In the form that can hold any character, or as everyone writes it.
  const extended = /;\s*filename\*\s*=\s*utf-8'[^']*'([^;]+)/i.exec(disposition)?.[1];
  if (extended !== undefined) return decoded(extended.trim());
  try {
    return new MIMEType(`disposition/${disposition}`).params.get('filename') ?? '';
  } catch {
    return '';
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Only the last part of a path, and nothing that a screen or a file system takes for something else. */
function clean(name: string): string {
  const last = name.toWellFormed().split(/[/\\]/).at(-1) ?? '';
  const plain = last.replace(/[\p{Cc}\p{Cf}]/gu, '').trim();
  return plain === '.' || plain === '..' ? '' : plain.slice(0, MAX_LENGTH).toWellFormed();
}
