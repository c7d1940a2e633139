// Packs what is sent, for clients that ask for it.

import type { IncomingMessage } from 'node:http';
import type { Transform } from 'node:stream';
import { createBrotliCompress, createGzip, createZstdCompress, constants as zlib } from 'node:zlib';
import Negotiator from 'negotiator';

/** Each at a level that keeps up with what is sent; of those that a client likes alike, it gets its own first. */
const CODINGS: Record<string, () => Transform> = {
  gzip: () => createGzip(),
  zstd: () => createZstdCompress(),
  br: () => createBrotliCompress({ params: { [zlib.BROTLI_PARAM_QUALITY]: 4 } }),
};

interface Compression {
  headers: Record<string, string>;
  /** What the content goes through: nothing, where the client takes no coding. */
  stages: Transform[];
}

/** What the Accept-Encoding of the request asks for. */
export function negotiateCompression(request: IncomingMessage): Compression {
  const coding = new Negotiator(request).encoding([...Object.keys(CODINGS), 'identity']) ?? 'identity';
  const create = CODINGS[coding];
  const headers = { vary: 'accept-encoding', ...(create && { 'content-encoding': coding }) };
  return { headers, stages: create ? [create()] : [] };
}
