// A small disk in memory (tmpfs) that a round can fill.

import { execFile } from 'node:child_process';
import { rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export class SmallDisk implements AsyncDisposable {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** @returns undefined if this user may not mount file systems */
  static async mount(folder: string, bytes: number): Promise<SmallDisk | undefined> {
    try {
      await run('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'loadstone-torture', folder]);
      return new SmallDisk(folder);
    } catch {
      return undefined;
    }
  }

  /** @param left how many bytes stay free */
  async fill(left: number): Promise<void> {
    const { bavail, bsize } = await statfs(this.#folder);
    const filling = writeFile(this.#filler, Buffer.alloc(Math.max(0, bavail * bsize - left)));
    // Servers may write at the same time; then the disk is full anyway.
    await filling.catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOSPC') throw error;
    });
  }

  async empty(): Promise<void> {
    await rm(this.#filler, { force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await run('umount', ['-l', this.#folder]);
  }

  get #filler(): string {
    return join(this.#folder, 'filler');
  }
}
