// Where and on what a benchmark ran.

import { execFile } from 'node:child_process';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { promisify } from 'node:util';

export interface Machine {
  date: string;
  /** Of the working tree, with a `+` if it has changes; undefined without git. */
  commit: string | undefined;
  cpu: string;
  cores: number;
  memoryGb: number;
  platform: string;
  node: string;
  postgres: string;
}

export async function describeMachine(postgres: string): Promise<Machine> {
  return {
    date: new Date().toISOString().slice(0, 16),
    commit: await describeCommit(),
    cpu: cpus()[0]?.model.trim() ?? 'unknown CPU',
    cores: availableParallelism(),
    memoryGb: Math.round(totalmem() / 2 ** 30),
    platform: `${process.platform} ${process.arch}`,
    node: process.versions.node,
    postgres,
  };
}

async function describeCommit(): Promise<string | undefined> {
  const git = async (...args: string[]) => {
    const { stdout } = await promisify(execFile)('git', args, { cwd: import.meta.dirname });
    return stdout.trim();
  };
  try {
    const commit = await git('rev-parse', '--short', 'HEAD');
    const changes = await git('status', '--porcelain', '--untracked-files=no', '--', '..', ':!results');
    return changes === '' ? commit : `${commit}+`;
  } catch {
    return undefined;
  }
}
