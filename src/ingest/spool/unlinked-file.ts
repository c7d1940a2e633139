// A file without a name: nothing is left behind, however the process ends.

import { randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { openWithRetry } from '../../file-descriptors.ts';

const PRIVATE_FOLDER = 0o700;
const PRIVATE_FILE = 0o600;
/** How long to wait for a free file descriptor. */
const WAIT_MS = 10_000;

/** @param folder created if it does not exist */
export async function openUnlinked(folder: string): Promise<FileHandle> {
  await mkdir(folder, { recursive: true, mode: PRIVATE_FOLDER });
  const path = join(folder, randomUUID());
  const file = await openWithRetry(() => open(path, 'wx+', PRIVATE_FILE), { withinMs: WAIT_MS });
  await rm(path);
  return file;
}
