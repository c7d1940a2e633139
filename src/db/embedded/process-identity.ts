// Identifies processes beyond their pid, which may be reused, in containers even soon.

import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

export interface ProcessIdentity {
  /** Start time, only for comparison. */
  startedAt: string;
  /** The program with its arguments. */
  command: string;
}

const run = promisify(execFile);

/** @returns undefined if there is no such process, or it is a zombie */
export async function identifyProcess(pid: number): Promise<ProcessIdentity | undefined> {
  try {
    return process.platform === 'linux' ? await fromProc(pid) : await fromPs(pid);
  } catch {
    return undefined;
  }
}

async function fromProc(pid: number): Promise<ProcessIdentity | undefined> {
  const [stat, commandLine, boot] = await Promise.all([
    readFile(`/proc/${pid}/stat`, 'utf8'),
    readFile(`/proc/${pid}/cmdline`, 'utf8'),
    readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
  ]);
  // The name in parentheses may contain spaces. After it come the state (field 3) and the start time (field 22).
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
  return {
    startedAt: `${boot.trim()} ${fields[19]}`,
    command: commandLine.replaceAll('\0', ' ').trim(),
  };
}

async function fromPs(pid: number): Promise<ProcessIdentity | undefined> {
  const [started, command] = await Promise.all([
    run('ps', ['-o', 'lstart=', '-p', String(pid)]),
    run('ps', ['-ww', '-o', 'command=', '-p', String(pid)]),
  ]);
  return { startedAt: started.stdout.trim(), command: command.stdout.trim() };
}

/** Cheap enough for polling. */
export async function isRunning(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  return process.platform !== 'linux' || (await identifyProcess(pid)) !== undefined;
}
