// Downloads a CSV file of the server to a file, which exists only once it is whole, or to standard output.

import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { CommandError } from '../run-command.ts';
import { RecordCounter } from './record-counter.ts';

export interface DownloadedCsv {
  /** Without the header. */
  rows: number;
  /** Uncompressed. */
  bytes: number;
}

interface DownloadOptions {
  signal: AbortSignal;
  /** Of the request. */
  headers: Readonly<Record<string, string>>;
}

type OnProgress = (progress: DownloadedCsv) => void;

/**
 * @param out a file, compressed if its name ends in `.gz`; "-" is standard output
 * @param onProgress called with each chunk
 * @throws CommandError if the server refuses, the connection breaks, or the file cannot be written; the signal's reason
 */
export async function downloadCsv(
  url: string,
  out: string,
  onProgress: OnProgress,
  { signal, headers }: DownloadOptions,
): Promise<DownloadedCsv> {
  const content = new CsvContent(await request(url, headers, signal), onProgress, signal);
  if (out === '-') await pipeline(content.chunks(), process.stdout, { end: false });
  else await writeWhole(out, content);
  return content.progress;
}

async function request(
  url: string,
  given: DownloadOptions['headers'],
  signal: AbortSignal,
): Promise<AsyncIterable<Uint8Array>> {
  const headers = { ...given, 'accept-encoding': 'identity' };
  const response = await fetch(url, { headers, signal }).catch((error: unknown) => {
    throw brokenOff(error, signal);
  });
  if (response.ok && response.body) return response.body as unknown as AsyncIterable<Uint8Array>;
  throw new CommandError(
    messageOf(await response.text()) ?? `${url} answered with status ${response.status}.`,
  );
}

class CsvContent {
  readonly progress: DownloadedCsv = { rows: 0, bytes: 0 };
  readonly #body: AsyncIterable<Uint8Array>;
  readonly #onProgress: OnProgress;
  readonly #signal: AbortSignal;

  constructor(body: AsyncIterable<Uint8Array>, onProgress: OnProgress, signal: AbortSignal) {
    this.#body = body;
    this.#onProgress = onProgress;
    this.#signal = signal;
  }

  async *chunks(): AsyncGenerator<Uint8Array> {
    const counter = new RecordCounter();
    try {
      for await (const chunk of this.#body) {
        counter.add(chunk);
        this.progress.bytes += chunk.length;
        this.progress.rows = Math.max(0, counter.records - 1);
        this.#onProgress(this.progress);
        yield chunk;
      }
    } catch (error) {
      throw brokenOff(error, this.#signal);
    }
  }
}

/** Writes to another name, and gives the file its own when it is on disk. */
async function writeWhole(out: string, content: CsvContent): Promise<void> {
  const partial = join(dirname(out), `.${basename(out)}.${randomUUID()}.partial`);
  try {
    const file = createWriteStream(partial, { flags: 'wx', flush: true });
    await (out.endsWith('.gz')
      ? pipeline(content.chunks(), createGzip(), file)
      : pipeline(content.chunks(), file));
    await rename(partial, out);
  } catch (error) {
    await rm(partial, { force: true });
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (syscall === undefined) throw error;
    throw new CommandError(`${out} cannot be written (${code}). Choose another file with --out.`);
  }
}

function brokenOff(error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted || error instanceof CommandError) return error;
  const { cause, message } = error as Error & { cause?: { code?: string; message?: string } };
  const reason = cause?.code ?? cause?.message ?? message;
  return new CommandError(
    `The download broke off (${reason}), and what had arrived is not whole. No file was written. See the server's log, and try again.`,
  );
}

function messageOf(body: string): string | undefined {
  try {
    return (JSON.parse(body) as { errors: { message: string }[] }).errors[0]?.message;
  } catch {
    return undefined;
  }
}
