// postmaster.pid, in which a Postgres server records its pid, port and status.

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { identifyProcess } from './process-identity.ts';

export interface PidFile {
  pid: number;
  port: number;
  /** Such as "starting", "ready" or "stopping". */
  status: string;
}

/** @returns undefined if there is no such file */
export async function readPidFile(clusterDir: string): Promise<PidFile | undefined> {
  const text = await readFile(pathOf(clusterDir), 'utf8').catch(() => '');
  const lines = text.split('\n').map((line) => line.trim());
  const pid = Number(lines[0]);
  if (!pid) return undefined;
  return { pid, port: Number(lines[3]), status: lines[7] ?? '' };
}

/** @returns the server that is running on the cluster, whoever started it */
export async function findPostmaster(clusterDir: string): Promise<PidFile | undefined> {
  const found = await readPidFile(clusterDir);
  const running = found && (await identifyProcess(found.pid));
  // The pid may have been reused by another process.
  return running?.command.includes(clusterDir) ? found : undefined;
}

/**
 * Replaces the pid of a dead server by ours. Postgres would refuse to start if that pid was reused, or belongs to a
 * zombie, but it ignores the pid of its parent. The rest of the file must stay: Postgres uses it to find child processes
 * of the dead server that still access the data.
 */
export async function replacePid(clusterDir: string): Promise<void> {
  const path = pathOf(clusterDir);
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text !== undefined) await writeFile(path, text.replace(/^\d+/, String(process.pid)));
}

function pathOf(clusterDir: string): string {
  return join(clusterDir, 'postmaster.pid');
}
