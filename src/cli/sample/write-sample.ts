// Writes the sample product file, compressed according to its name.

import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Readable, type Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip, createZstdCompress } from 'node:zlib';
import { sampleChunks } from './sample-rows.ts';

export interface Sample {
  rows: number;
  seed: number;
  /** Called with the number of rows so far. */
  onRows?: (rows: number) => void;
  signal?: AbortSignal;
}

/** Compresses files that end in `.gz` or `.zst`. A failure leaves no partial file. */
export async function writeSampleFile(file: string, sample: Sample): Promise<void> {
  const partial = `${file}.${process.pid}.partial`;
  try {
    await writeSample(createWriteStream(partial), compressorFor(file), sample);
    await rename(partial, file);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

/** Writes the sample uncompressed, and leaves the stream open. */
export async function writeSampleTo(output: NodeJS.WritableStream, sample: Sample): Promise<void> {
  const rows = Readable.from(bytesOf(sample), { objectMode: false });
  await pipeline(rows, output, { end: false, ...signalOf(sample) });
}

async function writeSample(
  output: NodeJS.WritableStream,
  compressor: Transform | undefined,
  sample: Sample,
): Promise<void> {
  const rows = Readable.from(bytesOf(sample), { objectMode: false });
  const stages = compressor ? [rows, compressor, output] : [rows, output];
  await pipeline(stages as [Readable, NodeJS.WritableStream], signalOf(sample));
}

function* bytesOf({ rows, seed, onRows }: Sample): Generator<Buffer> {
  let made = 0;
  for (const chunk of sampleChunks(rows, seed)) {
    yield chunk.bytes;
    made += chunk.rows;
    onRows?.(made);
  }
}

function signalOf({ signal }: Sample): { signal?: AbortSignal } {
  return signal ? { signal } : {};
}

function compressorFor(file: string): Transform | undefined {
  if (file.endsWith('.gz')) return createGzip();
  if (file.endsWith('.zst')) return createZstdCompress();
  return undefined;
}
