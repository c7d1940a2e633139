// A command of which nothing keeps running, however it ends: what it starts is in its process group, except for each
// embedded Postgres, which is found by its data folder.

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** How often to check whether our parent still runs: npm does not pass on a SIGTERM. */
const PARENT_POLL_MS = 500;
/** For the command to end by itself. */
const GRACE_MS = 15_000;

export class ProcessTree {
  readonly #child: ChildProcess;
  #isInterrupted = false;

  constructor(command: string, args: string[], env: NodeJS.ProcessEnv) {
    // Both first, so that nothing comes between.
    const parent = process.ppid;
    for (const signal of SIGNALS) process.on(signal, () => this.#interrupt());
    // Detached: the leader of a process group of its own, which Ctrl-C in the terminal does not reach.
    this.#child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'], env, detached: true });
    setInterval(() => {
      if (process.ppid !== parent) this.#interrupt();
    }, PARENT_POLL_MS).unref();
  }

  /**
   * Resolves to the exit code, once nothing of the command is running.
   *
   * @param folderName is in the path of each data folder of an embedded Postgres that the command starts
   */
  async exited(folderName: string): Promise<number> {
    const [code] = (await once(this.#child, 'exit')) as [number | null];
    this.#killGroup();
    for (const pid of await findPostmasters(folderName)) signal(pid, 'SIGQUIT');
    return this.#isInterrupted ? 1 : (code ?? 1);
  }

  #interrupt(): void {
    if (this.#isInterrupted) return;
    this.#isInterrupted = true;
    this.#child.kill('SIGTERM');
    pause(GRACE_MS, undefined, { ref: false }).then(() => this.#killGroup());
  }

  #killGroup(): void {
    if (this.#child.pid !== undefined) signal(-this.#child.pid, 'SIGKILL');
  }
}

async function findPostmasters(folderName: string): Promise<number[]> {
  const { stdout } = await promisify(execFile)('ps', ['-axo', 'pid=,args=']).catch(() => ({ stdout: '' }));
  const lines = stdout.split('\n').filter((line) => line.includes(folderName) && line.includes('postgres'));
  return lines.map((line) => Number.parseInt(line, 10));
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended.
  }
}
