// Sends a file or a range of it, or 304 if the client has it already.

import fresh from 'fresh';
import { acceptsGzip, type Exchange, sendBytes, sendText } from './answer.ts';
import type { OpenFile } from './folder.ts';

/** Smaller files are not worth compressing. */
const GZIP_FROM_BYTES = 1024;

/**
 * @param tag of the uncompressed content
 * @throws FileChanged, after closing the connection
 */
export async function sendFile(exchange: Exchange, file: OpenFile, tag: string): Promise<void> {
  const { request, response } = exchange;
  const { bytes, modifiedAt } = file.state;
  const lastModified = modifiedAt.toUTCString();
  const range = readRange(exchange, bytes, tag, lastModified);
  // A range is always one of the uncompressed file.
  const isCompressed = range === undefined && bytes >= GZIP_FROM_BYTES && acceptsGzip(exchange);
  const gzipTag = tag.replace(/"$/, '-gzip"');
  const etag = isCompressed ? gzipTag : tag;

  response.setHeader('content-type', 'text/csv');
  response.setHeader('x-content-type-options', 'nosniff');
  response.setHeader('cache-control', 'no-cache');
  response.setHeader('vary', 'accept-encoding');
  response.setHeader('last-modified', lastModified);
  response.setHeader('etag', etag);
  response.setHeader('accept-ranges', isCompressed ? 'none' : 'bytes');
  // A client that has one form of the content does not need the other.
  const forms = [etag, tag, gzipTag];
  const known = forms.find((form) => fresh(request.headers, { etag: form, 'last-modified': lastModified }));
  if (known !== undefined) {
    response.writeHead(304, { etag: known }).end();
    return;
  }
  if (range === 'none') {
    response.setHeader('content-range', `bytes */${bytes}`);
    return sendText(exchange, 416, `The file has only ${bytes} bytes: the range is past its end.`);
  }
  const { start, end } = range ?? { start: 0, end: bytes - 1 };
  if (isCompressed) response.setHeader('content-encoding', 'gzip');
  else response.setHeader('content-length', end - start + 1);
  if (range) response.setHeader('content-range', `bytes ${start}-${end}/${bytes}`);
  response.statusCode = range ? 206 : 200;
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  response.flushHeaders();
  await sendBytes(exchange, file.chunks(start, end), isCompressed);
}

/** @returns undefined for the whole file, none for a range past its end */
function readRange(
  { request }: Exchange,
  bytes: number,
  tag: string,
  lastModified: string,
): { start: number; end: number } | 'none' | undefined {
  const { range, 'if-range': ifRange } = request.headers;
  if (range === undefined || request.method !== 'GET') return undefined;
  if (ifRange !== undefined && ifRange !== tag && ifRange !== lastModified) return undefined;
  // For several ranges, or an invalid one, the whole file is a valid response.
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(range) ?? [];
  if (!first && !last) return undefined;
  const start = first ? Number(first) : Math.max(0, bytes - Number(last));
  const end = first && last ? Math.min(Number(last), bytes - 1) : bytes - 1;
  if (first && last && Number(last) < start) return undefined;
  return start > end ? 'none' : { start, end };
}
