// The folder whose CSV files are served: which there are, and each of them held open while it is read.

import { constants } from 'node:fs';
import { type FileHandle, lstat, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** A file as it stands at one moment. */
export interface FileState {
  name: string;
  bytes: number;
  modifiedAt: Date;
  /** Differs for any two contents that the file ever has. */
  version: string;
}

/** A file changed while it was read: what was read of it is of no one moment. */
export class FileChanged extends Error {}

/** What opening says of a name that no file has, a link, and a socket. */
const NOT_A_FILE = ['ENOENT', 'ENAMETOOLONG', 'ELOOP', 'ENXIO'];
const READ_BYTES = 256 * 1024;
/**
 * Two writes within a tick of the file system's clock leave the same time. A file is read when its last write is
 * older than that, so that the next one shows.
 */
const SETTLED_MS = 50;
const SETTLE_TRIES = 40;

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
   * Opens a file. It stays this file, whatever takes its name meanwhile.
   *
   * @param name as a client has it, which may be anything
   * @returns undefined if there is no such file to be served
   * @throws FileChanged if it does not stop changing
   */
  async open(name: string): Promise<OpenFile | undefined> {
    if (!isServed(name)) return undefined;
    for (let tries = 0; tries < SETTLE_TRIES; tries++) {
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
   * Reads from `start` up to and with `end`. The last bytes come only if the file is unchanged by then, so that
   * nobody takes a mixture for a whole.
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
    // Being renamed or removed changes a file's other times, not its content.
    return contentVersion(now) === this.state.version;
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

/** No path, nothing hidden, no end but .csv. */
function isServed(name: string): boolean {
  return /^[^./\\\0][^/\\\0]*\.csv$/i.test(name);
}

function isSettled({ modifiedAt }: FileState): boolean {
  const age = Date.now() - modifiedAt.getTime();
  // A time ahead of the clock says nothing, and waiting does not help.
  return age > SETTLED_MS || age < -SETTLED_MS;
}

/** @returns undefined unless it is a file that may be opened: no link, no folder */
async function openPlainFile(path: string): Promise<FileHandle | undefined> {
  // A pipe would keep whoever opens it waiting for a writer.
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
