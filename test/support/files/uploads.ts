// Uploads for tests of the reader: from a real spool, or in given chunks.

import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { TestContext } from 'node:test';
import type { ImportWarning } from '../../../src/db/tables.ts';
import { type Block, openBlockReader, type ReadOptions } from '../../../src/ingest/read/block-reader.ts';
import type { Format } from '../../../src/ingest/read/format/detect-format.ts';
import type { Header } from '../../../src/ingest/read/header/header.ts';
import { Spool } from '../../../src/ingest/spool/spool.ts';
import { createTemporaryFolder } from '../temporary-folder.ts';

export interface ReadUpload {
  header: Header;
  format: Format;
  blocks: Block[];
  /** The rows, as text. */
  text: string;
  sheetWarnings: ImportWarning[];
}

const ID = 'upload';
/** Blocks are small: most of a small file's cost is the buffer that holds its blocks. */
const DEFAULTS = { maxRecordBytes: 4 * 1024 * 1024, blockBytes: 64 * 1024 };

/** A spool in a temporary folder, removed after the test. */
export async function temporarySpool(t: TestContext): Promise<{ spool: Spool; folder: string }> {
  const folder = join(await createTemporaryFolder(t), 'spool');
  return { spool: new Spool(folder), folder };
}

/** Sends `file` to a spool and reads all of it back as blocks. */
export async function readUpload(
  t: TestContext,
  file: Buffer | string,
  options: Partial<ReadOptions> = {},
): Promise<ReadUpload> {
  const { spool } = await temporarySpool(t);
  await spool.write(ID, Readable.from([Buffer.from(file)]));
  return readAll(spool, options);
}

/** Reads a file that arrives in the given chunks. */
export async function readChunks(chunks: Buffer[], options: Partial<ReadOptions> = {}): Promise<ReadUpload> {
  const source = {
    async *follow() {
      yield* chunks;
    },
    openComplete: () => Promise.reject(new Error('this is not a zip')),
  };
  return readAll(source, options);
}

/** Splits at the given positions, which may be any numbers. */
export function cutAt(file: Buffer, places: number[]): Buffer[] {
  const sorted = [0, ...places.map((place) => place % (file.length + 1)), file.length].sort((a, b) => a - b);
  return sorted.slice(1).map((place, i) => file.subarray(sorted[i], place));
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

export async function readAll(
  source: Parameters<typeof openBlockReader>[0],
  options: Partial<ReadOptions>,
  id = ID,
): Promise<ReadUpload> {
  const reader = await openBlockReader(source, id, { ...DEFAULTS, ...options });
  const { header, format } = reader;
  const blocks = await collect(reader);
  const text = Buffer.concat(blocks.map(({ bytes }) => bytes)).toString();
  return { header, format, blocks, text, sheetWarnings: reader.sheetWarnings() };
}
