// Compresses a response if its client accepts that.

import type { IncomingMessage } from 'node:http';
import type { Transform } from 'node:stream';
import { createBrotliCompress, createGzip, createZstdCompress, constants as zlib } from 'node:zlib';
import Negotiator from 'negotiator';

/** In levels fast enough not to slow the download down. Among equal weights, the client's order decides. */
const CODINGS: Record<string, () => Transform> = {
  gzip: () => createGzip(),
  zstd: () => createZstdCompress(),
  br: () => createBrotliCompress({ params: { [zlib.BROTLI_PARAM_QUALITY]: 4 } }),
};

interface Compression {
  headers: Record<string, string>;
  /** Streams to pipe the content through; empty without compression. */
  stages: Transform[];
}

/** Chooses the content coding by the Accept-Encoding header. */
export function negotiateCompression(request: IncomingMessage): Compression {
  const coding = new Negotiator(request).encoding([...Object.keys(CODINGS), 'identity']) ?? 'identity';
  const create = CODINGS[coding];
  return { headers: create ? { 'content-encoding': coding } : {}, stages: create ? [create()] : [] };
}
