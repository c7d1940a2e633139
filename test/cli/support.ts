// Runs a command of src/cli as a process and observes its output and exit status.

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { sha256 } from '../../src/http/graphql/documents/persisted-operations.ts';
import { releaseAfter } from '../support/release.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';

export interface Finished {
  status: number | null;
  stdout: string;
  stderr: string;
}

export interface Command {
  process: ChildProcessWithoutNullStreams;
  finished: Promise<Finished>;
  /** Waits until standard output contains this text, and returns all output so far. */
  printed(text: string): Promise<string>;
}

/** Starts the command, which is stopped after the test. */
export function startCommand(
  t: TestContext,
  name:
    | 'config'
    | 'demo'
    | 'demo-sources'
    | 'export'
    | 'import'
    | 'sample'
    | 'source'
    | 'token'
    | 'undo'
    | 'verify',
  args: readonly string[],
  env: Record<string, string> = {},
): Command {
  const script = join(import.meta.dirname, `../../src/cli/commands/${name}.ts`);
  const child = spawn(process.execPath, [script, ...args], { env: { ...process.env, ...env } });
  const exited = once(child, 'close');
  releaseAfter(t, async () => {
    if (child.exitCode === null) child.kill('SIGKILL');
    await exited;
  });
  // The command may exit before it has read all of its input.
  child.stdin.on('error', () => {});
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    output.stdout += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    output.stderr += chunk;
  });
  return {
    process: child,
    finished: exited.then(() => ({ status: child.exitCode, ...output })),
    printed: async (text) => {
      while (!output.stdout.includes(text)) {
        const more = await Promise.race([once(child.stdout, 'data'), exited.then(() => false)]);
        if (!more && !output.stdout.includes(text))
          throw new Error(`It ended with: ${JSON.stringify(output)}`);
      }
      return output.stdout;
    },
  };
}

export async function runCommand(...command: Parameters<typeof startCommand>): Promise<Finished> {
  const { process: child, finished } = startCommand(...command);
  child.stdin.end();
  return finished;
}

/** The setting PERSISTED_OPERATIONS of a server that executes only the documents of Loadstone's own clients. */
export async function ownOperationsOnly(t: TestContext): Promise<{ PERSISTED_OPERATIONS: string }> {
  const path = join(await createTemporaryFolder(t), 'operations.json');
  await writeFile(path, JSON.stringify({ [sha256(OTHER_DOCUMENT)]: OTHER_DOCUMENT }));
  return { PERSISTED_OPERATIONS: path };
}

/** A list has at least one. */
const OTHER_DOCUMENT = '{ __typename }';
