// One file, whole or a part of it, or the news that it is the same as before.

import fresh from 'fresh';
import { type Exchange, sendBytes, sendText, takesGzip } from './answer.ts';
import type { OpenFile } from './folder.ts';

/** Smaller ones are not worth the packing. */
const GZIP_FROM_BYTES = 1024;

/**
 * @param tag of the content as it lies there
 * @throws FileChanged, after the connection was cut
 */
export async function sendFile(exchange: Exchange, file: OpenFile, tag: string): Promise<void> {
  const { request, response } = exchange;
  const { bytes, modifiedAt } = file.state;
  const lastModified = modifiedAt.toUTCString();
  const range = readRange(exchange, bytes, tag, lastModified);
  // A part is one of the file as it lies there.
  const packed = range === undefined && bytes >= GZIP_FROM_BYTES && takesGzip(exchange);
  const packedTag = tag.replace(/"$/, '-gzip"');
  const etag = packed ? packedTag : tag;

  response.setHeader('content-type', 'text/csv');
  response.setHeader('x-content-type-options', 'nosniff');
  response.setHeader('cache-control', 'no-cache');
  response.setHeader('vary', 'accept-encoding');
  response.setHeader('last-modified', lastModified);
  response.setHeader('etag', etag);
  response.setHeader('accept-ranges', packed ? 'none' : 'bytes');
  // Who has one form of the content need not fetch the other.
  const forms = [etag, tag, packedTag];
  const known = forms.find((form) => fresh(request.headers, { etag: form, 'last-modified': lastModified }));
  if (known !== undefined) {
    response.writeHead(304, { etag: known }).end();
    return;
  }
  if (range === 'none') {
    response.setHeader('content-range', `bytes */${bytes}`);
    return sendText(exchange, 416, `The file has ${bytes} bytes; the range is past them.`);
  }
  const { start, end } = range ?? { start: 0, end: bytes - 1 };
  if (packed) response.setHeader('content-encoding', 'gzip');
  else response.setHeader('content-length', end - start + 1);
  if (range) response.setHeader('content-range', `bytes ${start}-${end}/${bytes}`);
  response.statusCode = range ? 206 : 200;
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  response.flushHeaders();
  await sendBytes(exchange, file.chunks(start, end), packed);
}

/** @returns undefined for all of the file, none if the client wants a part that is not there */
function readRange(
  { request }: Exchange,
  bytes: number,
  tag: string,
  lastModified: string,
): { start: number; end: number } | 'none' | undefined {
  const { range: wanted, 'if-range': ifRange } = request.headers;
  if (wanted === undefined || request.method !== 'GET') return undefined;
  if (ifRange !== undefined && ifRange !== tag && ifRange !== lastModified) return undefined;
  // Several parts, or what nobody understands: all of it is a right answer too.
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(wanted) ?? [];
  if (!first && !last) return undefined;
  const start = first ? Number(first) : Math.max(0, bytes - Number(last));
  const end = first && last ? Math.min(Number(last), bytes - 1) : bytes - 1;
  if (first && last && Number(last) < start) return undefined;
  return start > end ? 'none' : { start, end };
}
