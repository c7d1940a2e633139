// Lets only one server process at a time use a data folder with an embedded Postgres.

import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { SettingsError } from '../../errors.ts';
import { identifyProcess } from './process-identity.ts';

const ownerRecord = z.object({ pid: z.number().int(), startedAt: z.string() });
type Owner = z.infer<typeof ownerRecord>;

export interface DataDirLock {
  release(): Promise<void>;
}

/**
 * Locks the folder for this process. Replaces the lock of a process that was killed.
 *
 * @throws SettingsError if a running process, this one included, holds the lock
 */
export async function lockDataDir(dataDir: string): Promise<DataDirLock> {
  const path = ownerFile(dataDir);
  // Written to another file and linked, so that nobody ever reads a partial record.
  const mine = join(dataDir, `owner.${process.pid}.json`);
  try {
    const startedAt = (await identifyProcess(process.pid))?.startedAt ?? 'unknown';
    await writeFile(mine, JSON.stringify({ pid: process.pid, startedAt } satisfies Owner), { mode: 0o600 });
    if (!(await linked(mine, path))) {
      const owner = await readOwner(path);
      if (owner && (await isAlive(owner))) throw inUse(owner.pid);
      await removeStale(path, owner);
      if (!(await linked(mine, path))) throw inUse((await readOwner(path))?.pid);
    }
  } finally {
    await rm(mine, { force: true });
  }
  return { release: () => rm(path, { force: true }) };
}

/** @returns the pid of the running process that holds the lock */
export async function findOwner(dataDir: string): Promise<number | undefined> {
  const owner = await readOwner(ownerFile(dataDir));
  return owner && (await isAlive(owner)) ? owner.pid : undefined;
}

function ownerFile(dataDir: string): string {
  return join(dataDir, 'owner.json');
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

/** Removes the record of a dead owner, unless another process has replaced it by its own meanwhile. */
async function removeStale(path: string, dead: Owner | undefined): Promise<void> {
  const aside = `${path}.${process.pid}`;
  await rename(path, aside).catch(() => {});
  const found = await readOwner(aside);
  if (found && found.pid !== dead?.pid) await linked(aside, path);
  await rm(aside, { force: true });
}

async function readOwner(path: string): Promise<Owner | undefined> {
  try {
    return ownerRecord.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    return undefined;
  }
}

async function isAlive(owner: Owner): Promise<boolean> {
  return (await identifyProcess(owner.pid))?.startedAt === owner.startedAt;
}

function inUse(pid: number | undefined): SettingsError {
  return new SettingsError(
    `Another Loadstone${pid ? ` (process ${pid})` : ''} is using this DATA_DIR with its embedded Postgres. Stop it, set another DATA_DIR, or set DATABASE_URL so that several can share one database.`,
  );
}
