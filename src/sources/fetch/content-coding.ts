// Undoes what a server did to a file to send it (Content-Encoding). What the file itself is packed with stays.

import {
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createInflateRaw,
  createZstdDecompress,
} from 'node:zlib';
import { LoadstoneError } from '../../errors.ts';
import { ByteStream } from '../../ingest/byte-stream.ts';
import { Decompressor, type Engine } from '../../ingest/decompressor.ts';
import type { Format } from '../../ingest/detect-format.ts';
import { SourceError, shown } from './source-error.ts';

/** What a server may choose from. */
export const ACCEPTED_CODINGS = 'gzip, deflate, br, zstd';

type Coding = 'gzip' | 'deflate' | 'br' | 'zstd';
type CreateEngine = (options: { chunkSize: number }) => Engine;

const ENGINES: Record<Exclude<Coding, 'deflate'>, CreateEngine> = {
  gzip: (options) => createGunzip(options),
  br: (options) => createBrotliDecompress(options),
  zstd: (options) => createZstdDecompress(options),
};
/** Those that may be made of several parts, one behind the other. */
const OF_PARTS: Coding[] = ['gzip', 'zstd'];
/** For messages that are replaced by our own. */
const NOT_SHOWN: Format = 'plain';
/** Nobody packs a file more often in earnest. */
const MAX_CODINGS = 3;

/**
 * @param header Content-Encoding
 * @throws SourceError SOURCE_NOT_DATA
 */
export function readCodings(header: string | undefined, url: URL): Coding[] {
  const names = (header ?? '')
    .toLowerCase()
    .split(',')
    .map((name) => name.trim().replace(/^x-/, ''))
    .filter((name) => name !== '' && name !== 'identity');
  const known: string[] = [...Object.keys(ENGINES), 'deflate'];
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined || names.length > MAX_CODINGS)
    throw new SourceError(
      'SOURCE_NOT_DATA',
      `${shown(url)} is sent with the Content-Encoding ${JSON.stringify(names.join(', ').slice(0, 100))}, which was not asked for. Have that server send it as it is, or as ${ACCEPTED_CODINGS}.`,
    );
  return names as Coding[];
}

/** @throws SourceError SOURCE_NOT_DATA if the bytes are not what the coding says; what reading `bytes` throws */
export function decode(bytes: AsyncIterable<Buffer>, codings: Coding[], url: URL): AsyncIterable<Buffer> {
  return codings.reduceRight((coded, coding) => undo(coded, coding, url), bytes);
}

async function* undo(
  coded: AsyncIterable<Buffer>,
  coding: Coding,
  url: URL,
): AsyncGenerator<Buffer, void, undefined> {
  await using bytes = new ByteStream(coded);
  const createEngine = coding === 'deflate' ? inflateEngine(await bytes.peek(2)) : ENGINES[coding];
  let decompressor: Decompressor | undefined;
  try {
    for await (const chunk of bytes) {
      for (let rest = chunk; rest.length > 0; ) {
        decompressor ??= new Decompressor(NOT_SHOWN, createEngine);
        const used: number = yield* decompressor.write(rest);
        rest = rest.subarray(used);
        if (rest.length === 0) break;
        // An engine stops behind the end of what it understands, and says nothing of the rest.
        if (!OF_PARTS.includes(coding)) throw damaged(coding, url);
        decompressor.close();
        decompressor = undefined;
      }
    }
    if (decompressor) yield* decompressor.end();
  } catch (error) {
    throw error instanceof LoadstoneError && error.code === 'CORRUPT_ARCHIVE' ? damaged(coding, url) : error;
  } finally {
    decompressor?.close();
  }
}

/** Some servers take "deflate" for the bare format, without the wrapping that it should have. */
function inflateEngine(head: Buffer): CreateEngine {
  const [first = 0, second = 0] = head;
  const isWrapped = (first & 0x0f) === 8 && ((first << 8) | second) % 31 === 0;
  return (options) => (isWrapped ? createInflate(options) : createInflateRaw(options));
}

function damaged(coding: Coding, url: URL): SourceError {
  return new SourceError(
    'SOURCE_NOT_DATA',
    `${shown(url)} says that it is sent as ${coding}, but it is damaged, or something else. Correct that server, or have it send the file as it is.`,
  );
}
