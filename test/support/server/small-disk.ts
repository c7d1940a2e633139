// A disk of a few megabytes for one test, which the test can fill without affecting anything else.

import { execFile } from 'node:child_process';
import { statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import { releaseAfter } from '../release.ts';
import { createTemporaryFolder } from '../temporary-folder.ts';

const run = promisify(execFile);

/** For `skip`: why a test that needs such a disk cannot run here; false when it can. */
export const NO_SMALL_DISK =
  process.platform !== 'linux' || process.getuid?.() !== 0 ? 'only root, on Linux, may mount a tmpfs' : false;

/**
 * Returns the folder on which it is mounted. Returns undefined and skips the test if even root may not mount, as in
 * most containers.
 */
export async function mountSmallDisk(t: TestContext, mebibytes: number): Promise<string | undefined> {
  const folder = await createTemporaryFolder(t);
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m,mode=0755`, 'tmpfs', folder]);
  } catch (error) {
    t.skip(`no tmpfs can be mounted here: ${(error as Error).message}`);
    return undefined;
  }
  releaseAfter(t, () => run('umount', [folder]));
  return folder;
}

/** Sets the free space, as another process that writes or deletes files would. */
export async function resizeSmallDisk(folder: string, mebibytes: number): Promise<void> {
  await run('mount', ['-o', `remount,size=${mebibytes}m`, folder]);
}

/** Fills the disk completely. */
export async function fillSmallDisk(folder: string): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  await writeFile(join(folder, 'filling'), Buffer.alloc(bavail * bsize));
}
