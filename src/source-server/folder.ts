// The folder whose CSV files are served: lists them, and holds each open while it is read.

import { constants } from 'node:fs';
import { type FileHandle, lstat, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** The state of a file at one moment. */
export interface FileState {
  name: string;
  bytes: number;
  modifiedAt: Date;
  /** Changes whenever the content does. */
  version: string;
}

/** A file changed while it was read, so that the bytes may be of different versions. */
export class FileChanged extends Error {}

/** Error codes for missing files, links and sockets. */
const NOT_A_FILE = ['ENOENT', 'ENAMETOOLONG', 'ELOOP', 'ENXIO'];
const READ_BYTES = 256 * 1024;
/**
 * Two writes within one tick of the file system's clock leave the same time. A file is read only when its last write is
 * older, so that the next one changes the time.
 */
const SETTLED_MS = 50;
const MAX_SETTLE_ATTEMPTS = 40;

export class Folder {
  readonly path: string;

  /** @param path absolute */
  constructor(path: string) {
    this.path = path;
  }

  /** All CSV files, in the order of their names. */
  async list(): Promise<FileState[]> {
    const names = (await readdir(this.path)).filter(isServed).sort();
    const states = await Promise.all(names.map((name) => this.#stateOf(name)));
    return states.filter((state) => state !== undefined);
  }

  /**
   * Opens a file, which stays the same if another file takes its name.
   *
   * @param name from a client: it may be anything
   * @returns undefined if no such file is served
   * @throws FileChanged if it keeps changing
   */
  async open(name: string): Promise<OpenFile | undefined> {
    if (!isServed(name)) return undefined;
    for (let attempts = 0; attempts < MAX_SETTLE_ATTEMPTS; attempts++) {
      const handle = await openPlainFile(join(this.path, name));
      if (!handle) return undefined;
      const state = await stateOf(name, handle);
      if (state && isSettled(state)) return new OpenFile(handle, state);
      await handle.close();
      if (!state) return undefined;
      await pause(SETTLED_MS);
    }
    throw new FileChanged(`${name} is being written`);
  }

  async #stateOf(name: string): Promise<FileState | undefined> {
    const stats = await lstat(join(this.path, name), { bigint: true }).catch(ignoreMissing);
    return stats?.isFile() ? describe(name, stats) : undefined;
  }
}

export class OpenFile {
  readonly state: FileState;
  readonly #handle: FileHandle;

  constructor(handle: FileHandle, state: FileState) {
    this.#handle = handle;
    this.state = state;
  }

  /**
   * Reads from `start` to `end`, inclusive. The last bytes are passed on only if the file is unchanged by then, so that
   * a mixture of versions is never complete.
   *
   * @throws FileChanged
   */
  async *chunks(start = 0, end = this.state.bytes - 1): AsyncGenerator<Buffer, void, undefined> {
    for (let at = start; at <= end; ) {
      const buffer = Buffer.allocUnsafeSlow(Math.min(READ_BYTES, end + 1 - at));
      const { bytesRead } = await this.#handle.read(buffer, 0, buffer.length, at);
      at += bytesRead;
      if (bytesRead === 0 || (at > end && !(await this.isUnchanged())))
        throw new FileChanged(`${this.state.name} changed while it was read`);
      yield buffer.subarray(0, bytesRead);
    }
  }

  async isUnchanged(): Promise<boolean> {
    const now = await this.#handle.stat({ bigint: true });
    // Renaming or removing a file changes its ctime, not its content.
    return contentVersion(now) === this.state.version;
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

/** No paths, no hidden files, nothing but .csv. */
function isServed(name: string): boolean {
  return /^[^./\\\0][^/\\\0]*\.csv$/i.test(name);
}

function isSettled({ modifiedAt }: FileState): boolean {
  const age = Date.now() - modifiedAt.getTime();
  // If its time is ahead of the clock, waiting does not help.
  return age > SETTLED_MS || age < -SETTLED_MS;
}

/** @returns undefined unless it is a regular file */
async function openPlainFile(path: string): Promise<FileHandle | undefined> {
  // O_NONBLOCK: opening a pipe would wait for a writer.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  return open(path, flags).catch((error: NodeJS.ErrnoException) => {
    if (NOT_A_FILE.includes(error.code ?? '')) return undefined;
    throw error;
  });
}

async function stateOf(name: string, handle: FileHandle): Promise<FileState | undefined> {
  const stats = await handle.stat({ bigint: true });
  return stats.isFile() ? describe(name, stats) : undefined;
}

type BigStats = Awaited<ReturnType<typeof lstat>> & { mtimeNs: bigint };

function describe(name: string, stats: BigStats): FileState {
  return {
    name,
    bytes: Number(stats.size),
    modifiedAt: new Date(Number(stats.mtimeMs)),
    version: contentVersion(stats),
  };
}

function contentVersion({ ino, size, mtimeNs }: BigStats): string {
  return `${ino}:${size}:${mtimeNs}`;
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
