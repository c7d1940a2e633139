// The data folder is for its owner alone: it holds the catalogue and files of clients.

import { chmod, readdir, stat } from 'node:fs/promises';
import type { Logger } from 'pino';

const PRIVATE = 0o700;
/** All but entering it, which the group of the embedded Postgres may. */
const OF_OTHERS = 0o067;

/** What Loadstone keeps in its data folder, and what a disk of its own has. */
const OURS = /^(postgres(\..+)?|owner\..+|spool|fetch|inspect|sample|demo-sources|lost\+found)$/;

/**
 * Takes away what others may do in the folder, also if it exists already. A folder that others use as well, such as /tmp, is
 * left as it is, which is logged.
 */
export async function makePrivate(folder: string, log: Logger): Promise<void> {
  const found = await stat(folder).catch(() => undefined);
  if (!found || (found.mode & OF_OTHERS) === 0) return;
  const foreign = (await readdir(folder)).find((name) => !OURS.test(name));
  const refused = foreign ? `it has ${JSON.stringify(foreign)}` : await restrict(folder);
  if (refused)
    log.warn({ folder, reason: refused }, 'DATA_DIR is not private: set it to a folder for Loadstone alone');
}

/** @returns why it is not possible */
async function restrict(folder: string): Promise<string | undefined> {
  try {
    await chmod(folder, PRIVATE);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
