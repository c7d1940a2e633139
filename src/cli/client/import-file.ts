// Sends a file to a server and follows its import to the end.

import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { CommandError } from '../run-command.ts';
import type { ImportOptions, ImportState, LoadstoneClient } from './loadstone-client.ts';
import type { OutgoingFile } from './post-file.ts';

export interface FinishedImport {
  state: ImportState;
  /** From the first byte sent to the last state seen. */
  seconds: number;
}

/** @throws CommandError when there is no such file */
export async function openFile(path: string): Promise<OutgoingFile> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') throw new CommandError(`There is no file ${path}.`);
    throw new CommandError(`${path} cannot be read (${error.code}).`);
  });
  if (found.isDirectory()) throw new CommandError(`${path} is a folder. Give the name of a file in it.`);
  // A pipe tells no size.
  if (!found.isFile()) return { name: basename(path), size: undefined, stream: createReadStream(path) };
  // What is written behind the end that the server was told is not sent.
  const range = found.size > 0 ? { end: found.size - 1 } : {};
  return { name: basename(path), size: found.size, stream: createReadStream(path, range) };
}

/**
 * Resolves with the final state, whichever it is.
 *
 * @param onState called with each state on the way, the last included
 * @throws RequestRefused, ServerUnreachable, an error of the file's stream, the signal's reason
 */
export async function importFile(
  client: LoadstoneClient,
  file: OutgoingFile,
  options: ImportOptions & { id: string },
  onState: (state: ImportState) => void,
  signal?: AbortSignal,
): Promise<FinishedImport> {
  const start = performance.now();
  const over = new AbortController();
  const until = AbortSignal.any(signal ? [signal, over.signal] : [over.signal]);

  const watched = follow(client, options.id, onState, until);
  const sent = client.upload(file, options, until);
  // An import that has failed needs no more of its file; one that is complete was sent whole, or is an earlier one.
  const ended = watched.then(async (state) => {
    if (state.status === 'COMPLETED') await sent;
    return state;
  });
  try {
    const state = await Promise.race([ended, sent.then(() => ended)]);
    return { state, seconds: (performance.now() - start) / 1000 };
  } finally {
    over.abort();
    await Promise.allSettled([sent, ended]);
  }
}

async function follow(
  client: LoadstoneClient,
  id: string,
  onState: (state: ImportState) => void,
  signal: AbortSignal,
): Promise<ImportState> {
  let last: ImportState | undefined;
  for await (const state of client.watch(id, signal)) {
    last = state;
    onState(state);
  }
  if (!last) throw new CommandError('The server gave no state of the import.');
  return last;
}
