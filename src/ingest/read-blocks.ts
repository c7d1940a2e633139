// Reads an upload from its first byte to blocks of whole records: format, compression, encoding, header, blocks.

import type { ImportWarning } from '../db/tables.ts';
import { BlockCutter, type RecordBlock } from './block-cutter.ts';
import { ByteStream } from './byte-stream.ts';
import { decodeText } from './decode-text.ts';
import { decompress } from './decompress.ts';
import { parseDelimiter } from './detect-delimiter.ts';
import { detectFormat, FORMAT_BYTES, refuseNested } from './detect-format.ts';
import type { Dialect } from './dialect.ts';
import { type Header, MAX_HEADER_BYTES, readHeader } from './header.ts';
import { countLineEnds } from './line-ends.ts';
import type { Spool } from './spool.ts';
import type { Upload } from './upload.ts';

export type { OversizedRecord } from './block-cutter.ts';

export interface Block extends RecordBlock {
  /** Counts the blocks, from 0. */
  index: number;
  /** Bytes of the upload, as it was sent, that have been read so far. */
  spoolBytes: number;
}

export interface ReadOptions extends Dialect {
  /** Told what the sender of the file should know. */
  warn?: (warning: ImportWarning) => void;
  /** Of a record with its line end; longer ones are passed over. */
  maxRecordBytes: number;
  blockBytes?: number;
  signal?: AbortSignal;
}

/** A file whose header has been read. Iterate over its blocks, once, or dispose of it. */
export interface BlockReader extends AsyncIterable<Block>, AsyncDisposable {
  header: Header;
  /** Whether the file is bigger than its upload. */
  compressed: boolean;
  /** Takes back the buffer of a block that nobody reads any more. */
  recycle(buffer: ArrayBuffer): void;
}

const BLOCK_BYTES = 1024 * 1024;
const CR = 0x0d;
const LF = 0x0a;

/**
 * Opens an upload, which may still be arriving, and reads its header.
 *
 * @throws LoadstoneError for whatever is wrong with the file, here or while its blocks are read; the signal's reason
 */
export async function openBlocks(
  spool: Pick<Spool, 'follow' | 'openComplete'>,
  id: string,
  options: ReadOptions,
): Promise<BlockReader> {
  const { encoding, signal, maxRecordBytes, blockBytes = BLOCK_BYTES } = options;
  const delimiter = options.delimiter === undefined ? undefined : parseDelimiter(options.delimiter);
  await using opened = new AsyncDisposableStack();

  let spoolBytes = 0;
  async function* counted() {
    for await (const chunk of spool.follow(id, signal)) {
      spoolBytes += chunk.length;
      yield chunk;
    }
  }
  const upload: Upload = {
    stream: opened.use(new ByteStream(counted())),
    openComplete: () => spool.openComplete(id, signal),
    onPosition: (bytes) => {
      spoolBytes = bytes;
    },
    warn: options.warn ?? (() => {}),
  };
  const format = detectFormat(await upload.stream.peek(FORMAT_BYTES));
  const file = opened.use(new ByteStream(decompress(upload, format)));
  if (format !== 'plain') refuseNested(await file.peek(FORMAT_BYTES), format);
  const text = opened.use(new ByteStream(decodeText(file, encoding)));

  const headerLine = 1 + (await skipBlankLines(text));
  const sample = await text.peek(MAX_HEADER_BYTES + 1);
  const { header, byteLength } = readHeader(sample, delimiter);
  const firstLine = headerLine + countLineEnds(sample, 0, byteLength);
  text.skip(byteLength);

  const resources = opened.move();
  const cutter = new BlockCutter({ delimiter: header.delimiter, firstLine, maxRecordBytes, blockBytes });
  async function* blocks(): AsyncGenerator<Block, void, undefined> {
    await using _ = resources;
    let index = 0;
    for await (const chunk of text) {
      for (const block of cutter.push(chunk)) yield { ...block, index: index++, spoolBytes };
    }
    for (const block of cutter.end()) yield { ...block, index: index++, spoolBytes };
  }
  const iterator = blocks();
  return {
    header,
    compressed: format !== 'plain',
    recycle: (buffer) => cutter.recycle(buffer),
    [Symbol.asyncIterator]: () => iterator,
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

/** @returns how many lines were skipped */
async function skipBlankLines(text: ByteStream): Promise<number> {
  let lines = 0;
  for (;;) {
    const blank = countLeadingLineEnds(await text.peek(1));
    if (blank === 0) return lines;
    // With the byte behind them: an LF there would belong to the last CR, and be counted in the next turn.
    lines += countLineEnds(await text.peek(blank + 1), 0, blank);
    text.skip(blank);
  }
}

function countLeadingLineEnds(bytes: Buffer): number {
  let count = 0;
  while (bytes[count] === CR || bytes[count] === LF) count++;
  return count;
}
