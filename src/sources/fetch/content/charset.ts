// The charset that a server names for a file.

import { textOf } from '../http/header-text.ts';

const CHARSET = /;\s*charset\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s;]*))/i;
const MAX_LENGTH = 40;
/** Read as UTF-8 anyway. */
const UTF8 = /^(utf-?8|unicode-1-1-utf-8|us-ascii|ascii|ansi_x3\.4-1968)$/i;

/**
 * @param contentType the header, each character a byte
 * @returns the name as the server gives it; undefined if there is none, or if it means UTF-8
 */
export function charsetOf(contentType: string | undefined): string | undefined {
  const [, double, single, bare] = CHARSET.exec(contentType ?? '') ?? [];
  const name = textOf((double ?? single ?? bare ?? '').trim())
    .slice(0, MAX_LENGTH)
    .toWellFormed();
  return name === '' || UTF8.test(name) ? undefined : name;
}
