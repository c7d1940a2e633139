// Rejects what servers send in place of a file: a login page, an error page, a list of files, an error as JSON. It is
// recognised by its first bytes.

import type { ByteStream } from '../../../ingest/read/byte-stream.ts';
import { detectMarkup, leadingText, MARKUP_BYTES, type Markup } from '../../../ingest/read/header/markup.ts';
import { displayUrl, SourceError } from '../source-error.ts';

const FIRST_BYTES = 4;

/**
 * @param contentType not enough by itself, as many servers send everything as text/html
 * @throws SourceError SOURCE_NOT_DATA; what reading throws
 */
export async function rejectNonCsv(
  bytes: ByteStream,
  contentType: string | undefined,
  url: URL,
): Promise<void> {
  const type = (contentType ?? '').toLowerCase();
  // A few bytes are enough for most files: a server may pause after the header.
  const first = leadingText(await bytes.peek(FIRST_BYTES));
  if (!/^([<{[)]|$)/.test(first) && !isJsonType(type)) return;
  const head = await bytes.peek(MARKUP_BYTES);
  const what = kindOf(leadingText(head), type) ?? (isWholeJson(head, type) ? 'JSON' : undefined);
  if (what === undefined) return;
  const perhaps =
    what === 'a web page'
      ? 'a login page, or a page with a link to the file'
      : 'an error, or the response of an API';
  throw new SourceError(
    'SOURCE_NOT_DATA',
    `${displayUrl(url)} sends ${what}, not a CSV file: possibly ${perhaps}. Open the address in a browser, and give the source the address of the file itself.`,
  );
}

function kindOf(start: string, type: string): Markup | undefined {
  const saysPage = /^\s*(text\/html|application\/xhtml\+xml)\b/.test(type);
  if (saysPage && start.startsWith('<')) return 'a web page';
  const saysXml = /^\s*[\w.+-]+\/([\w.-]+\+)?xml\b/.test(type);
  return detectMarkup(start) ?? (saysXml && start.startsWith('<') ? 'XML' : undefined);
}

function isJsonType(type: string): boolean {
  return /^\s*[\w.+-]+\/([\w.-]+\+)?json\b/.test(type);
}

/** A short response such as null or "Not allowed", sent as JSON. */
function isWholeJson(head: Buffer, type: string): boolean {
  if (!isJsonType(type) || head.length >= MARKUP_BYTES) return false;
  try {
    JSON.parse(head.toString('utf8').replace(/^\ufeff/, ''));
    return true;
  } catch {
    return false;
  }
}
