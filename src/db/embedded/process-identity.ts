// What is known of a process by its number. Numbers are given out again, in containers even soon.

import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

export interface ProcessIdentity {
  /** When it started, in a form to compare only. */
  startedAt: string;
  /** The program with its arguments. */
  command: string;
}

const run = promisify(execFile);

/** Undefined if there is no such process, or only what is left of one that has ended. */
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
  // The name, in parentheses, may hold spaces; after it comes the state (field 3), the start is field 22.
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

/** Cheap enough to be asked often. */
export async function isRunning(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  return process.platform !== 'linux' || (await identifyProcess(pid)) !== undefined;
}
