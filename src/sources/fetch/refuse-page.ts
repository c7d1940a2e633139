// Servers send a page where a file was: a login, an apology, a list of files. It is told by how it begins.

import type { ByteStream } from '../../ingest/byte-stream.ts';
import { SourceError, shown } from './source-error.ts';

/** Bytes from the start that are enough to tell; and that tell of nearly every file that it is no page. */
const PAGE_BYTES = 512;
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
  // A server that sends a header and then thinks is not waited for.
  if (!/^(<|$)/.test(startOf(await bytes.peek(FIRST_BYTES)))) return;
  const start = startOf(await bytes.peek(PAGE_BYTES));
  const saysPage = /^\s*(text\/html|application\/xhtml\+xml)\b/i.test(contentType ?? '');
  if (!/^<(!doctype html|html|head|body)\b/.test(start) && !(saysPage && start.startsWith('<'))) return;
  throw new SourceError(
    'SOURCE_NOT_DATA',
    `${shown(url)} sends a web page, not a file: perhaps a login, or a page that leads to the file. Open the address in a browser, and give the source the address of the file itself.`,
  );
}

/** Without a byte order mark and white space. */
function startOf(head: Buffer): string {
  return head
    .toString('latin1')
    .replace(/^\xef\xbb\xbf/, '')
    .trimStart()
    .toLowerCase();
}
