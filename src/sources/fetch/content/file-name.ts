// The name of a fetched file.

import { bytesOfPercent, percentDecoded, textOf } from '../http/header-text.ts';

const MAX_LENGTH = 255;
/** A parameter of a header: its name, and its value in quotes or as it is. */
const PARAMETER = /\s*([^\s=;"]*)\s*(?:=\s*(?:"((?:\\.|[^"\\])*)"?|([^;]*)))?[^;]*(?:;|$)/gy;
const EXTENDED = /^([\w-]+)'[^']*'(.*)$/;
const ENCODED_WORDS = /=\?([\w-]+)(?:\*[\w-]+)?\?([bq])\?([^?\s]*)\?=(?:\s+(?==\?))?/gi;

/** @param disposition Content-Disposition, each character a byte */
export function fileNameOf(url: URL, disposition: string | undefined): string {
  const path = url.pathname.split('/').at(-1) ?? '';
  const candidates = [...named(disposition ?? ''), percentDecoded(path) ?? path, url.hostname];
  return candidates.map(clean).find((name) => name !== '') ?? 'file';
}

/** From `filename*`, which can hold any character, then from `filename`. */
function named(disposition: string): string[] {
  const parameters = new Map<string, string>();
  for (const [, name = '', quoted, bare = ''] of disposition.matchAll(PARAMETER)) {
    const key = name.toLowerCase();
    if (!parameters.has(key)) parameters.set(key, quoted?.replace(/\\(["\\])/g, '$1') ?? bare.trim());
  }
  return [extended(parameters.get('filename*') ?? ''), plain(parameters.get('filename') ?? '')];
}

/** @returns an empty string if the value is invalid */
function extended(value: string): string {
  const [, charset = '', escaped = ''] = EXTENDED.exec(value) ?? [];
  return decodedAs(charset, bytesOfPercent(escaped)) ?? '';
}

/** As browsers read it: percent-encoding and encoded words of mail do not belong there, but occur. */
function plain(value: string): string {
  const text = textOf(value);
  const words = text.replace(ENCODED_WORDS, (word, charset: string, kind: string, content: string) => {
    const bytes =
      kind.toLowerCase() === 'b'
        ? Buffer.from(content, 'base64')
        : bytesOfPercent(content.replaceAll('_', ' ').replaceAll('%', '=25').replaceAll('=', '%'));
    return decodedAs(charset, bytes) ?? word;
  });
  return percentDecoded(words) ?? words;
}

function decodedAs(charset: string, bytes: Buffer): string | undefined {
  try {
    return new TextDecoder(charset, { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** The last segment of a path, without control characters. */
function clean(name: string): string {
  const last = name.toWellFormed().split(/[/\\]/).at(-1) ?? '';
  const plain = last.replace(/[\p{Cc}\p{Cf}]/gu, '').trim();
  return plain === '.' || plain === '..' ? '' : plain.slice(0, MAX_LENGTH).toWellFormed();
}
