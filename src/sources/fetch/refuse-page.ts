// Servers send something else where a file was: a login, an apology, a list of files, an error in the form of their
// other answers. It is told by how it begins.

import type { ByteStream } from '../../ingest/read/byte-stream.ts';
import { detectMarkup, leadingText, MARKUP_BYTES, type Markup } from '../../ingest/read/header/markup.ts';
import { SourceError, shown } from './source-error.ts';

const FIRST_BYTES = 4;

/**
 * @param contentType as the server says; not enough by itself, as many servers say text/html of whatever they make
 * @throws SourceError SOURCE_NOT_DATA; what reading throws
 */
export async function refusePage(
  bytes: ByteStream,
  contentType: string | undefined,
  url: URL,
): Promise<void> {
  const type = (contentType ?? '').toLowerCase();
  // A server that sends a header and then thinks is not waited for.
  const first = leadingText(await bytes.peek(FIRST_BYTES));
  if (!/^([<{[)]|$)/.test(first) && !isJsonType(type)) return;
  const head = await bytes.peek(MARKUP_BYTES);
  const what = kindOf(leadingText(head), type) ?? (isWholeJson(head, type) ? 'JSON' : undefined);
  if (what === undefined) return;
  const perhaps =
    what === 'a web page'
      ? 'a login, or a page that leads to the file'
      : 'an error, or an answer for programs';
  throw new SourceError(
    'SOURCE_NOT_DATA',
    `${shown(url)} sends ${what}, not a CSV file: perhaps ${perhaps}. Open the address in a browser, and give the source the address of the file itself.`,
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

/** A short answer such as null or "Not allowed", by a server that says what it is. */
function isWholeJson(head: Buffer, type: string): boolean {
  if (!isJsonType(type) || head.length >= MARKUP_BYTES) return false;
  try {
    JSON.parse(head.toString('utf8').replace(/^\ufeff/, ''));
    return true;
  } catch {
    return false;
  }
}
