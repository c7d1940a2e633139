// Sends a file as a download, as fast as its client takes it.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { negotiateCompression } from './negotiate-compression.ts';

export interface Download {
  /** Such as products.csv; with `.gz` at its end, the file itself is compressed. */
  fileName: string;
  /** A client that takes nothing for this long is disconnected. */
  stallMs: number;
}

/** The client took nothing for too long. */
export class ClientStalledError extends Error {
  readonly code = 'CLIENT_STALLED';
}

/** Without it, spreadsheets assume a legacy encoding. */
export const BOM = '\ufeff';

/** A level at which compression keeps up with the database. */
const GZIP_LEVEL = 1;

/**
 * Sends the headers, and for a GET request the content. If that fails half way, it throws; the connection must then be
 * destroyed, as the client would otherwise take the file for whole.
 */
export async function sendCsv(
  request: IncomingMessage,
  response: ServerResponse,
  { fileName, stallMs }: Download,
  content: Iterable<string> | AsyncIterable<string | Uint8Array>,
): Promise<void> {
  const isGzip = fileName.endsWith('.gz');
  const { headers, stages } = isGzip
    ? { headers: {}, stages: [createGzip({ level: GZIP_LEVEL })] }
    : negotiateCompression(request);
  if (!isGzip) response.appendHeader('vary', 'accept-encoding');
  response.writeHead(200, {
    ...headers,
    'content-type': isGzip ? 'application/gzip' : 'text/csv; charset=utf-8',
    'content-disposition': attachment(fileName),
    'cache-control': 'no-store',
  });
  if (request.method === 'HEAD') return void response.end();
  const [compression] = stages;
  const send = (chunks: AsyncIterable<string | Uint8Array>) => sendTo(response, chunks, stallMs);
  await (compression ? pipeline(content, compression, send) : pipeline(content, send));
  response.end();
}

/** `prices.csv.gz` as `prices`, for the names of downloads about the file of an import. */
export function baseNameOf(fileName: string): string {
  return fileName.replace(/(\.(csv|tsv|txt|xlsx|gz|zst|zip))+$/i, '').slice(0, 100) || 'import';
}

async function sendTo(
  response: ServerResponse,
  chunks: AsyncIterable<string | Uint8Array>,
  stallMs: number,
): Promise<void> {
  for await (const chunk of chunks) {
    if (response.destroyed) throw clientGone();
    if (!response.write(chunk)) await taken(response, stallMs);
  }
}

/** Resolves when the client has taken what was written. */
function taken(response: ServerResponse, stallMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => settle(new ClientStalledError()), stallMs);
    const onDrain = () => settle();
    const onClose = () => settle(clientGone());
    response.once('drain', onDrain).once('close', onClose);
    function settle(error?: Error) {
      clearTimeout(timer);
      response.off('drain', onDrain).off('close', onClose);
      if (error) reject(error);
      else resolve();
    }
  });
}

/** As `pipeline` names it. */
function clientGone(): Error {
  return Object.assign(new Error('the client has disconnected'), { code: 'ERR_STREAM_PREMATURE_CLOSE' });
}

/** The name in ASCII for old clients, and in UTF-8 (RFC 6266). */
function attachment(name: string): string {
  const ascii = name.replace(/[^\w.-]+/g, '_');
  const exact = encodeURIComponent(name.toWellFormed()).replace(
    /['()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16)}`,
  );
  return `attachment; filename="${ascii}"; filename*=UTF-8''${exact}`;
}
