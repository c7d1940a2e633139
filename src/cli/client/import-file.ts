// Uploads a file and follows its import until it has finished, or is READY.

import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { CommandError } from '../run-command.ts';
import type { ImportOptions, ImportState, LoadstoneClient } from './loadstone-client.ts';
import type { OutgoingFile } from './post-file.ts';

export interface FinishedImport {
  /** The final state, or READY. */
  state: ImportState;
  /** From sending the first byte to receiving that state. */
  seconds: number;
}

/** @throws CommandError if the file does not exist or cannot be read */
export async function openFile(path: string): Promise<OutgoingFile> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') throw new CommandError(`There is no file ${path}.`);
    throw new CommandError(`${path} cannot be read (${error.code}).`);
  });
  if (found.isDirectory()) throw new CommandError(`${path} is a folder. Name a file in it.`);
  // A pipe has no known size.
  if (!found.isFile()) return { name: basename(path), size: undefined, stream: createReadStream(path) };
  // Do not send what is appended to the file while it is being sent.
  const range = found.size > 0 ? { end: found.size - 1 } : {};
  return { name: basename(path), size: found.size, stream: createReadStream(path, range) };
}

/**
 * Resolves with the final state, even if the import failed; or when it is READY.
 *
 * @param onState called with each state, including the final one
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
  const done = new AbortController();
  const until = AbortSignal.any(signal ? [signal, done.signal] : [done.signal]);

  const watched = followImport(client, options.id, onState, until);
  const sent = client.upload(file, options, until);
  // A failed import needs no more of its file. Another one was sent completely, or is a repetition of an earlier one.
  const ended = watched.then(async (state) => {
    if (state.status === 'COMPLETED' || state.status === 'READY') await sent;
    return state;
  });
  try {
    const state = await Promise.race([ended, sent.then(() => ended)]);
    return { state, seconds: (performance.now() - start) / 1000 };
  } finally {
    done.abort();
    await Promise.allSettled([sent, ended]);
  }
}

/**
 * Resolves with the final state of an import, or when it is READY.
 *
 * @param onState called with each state, including the last one
 * @throws RequestRefused, ServerUnreachable, the signal's reason
 */
export async function followImport(
  client: LoadstoneClient,
  id: string,
  onState: (state: ImportState) => void,
  signal: AbortSignal,
): Promise<ImportState> {
  let last: ImportState | undefined;
  for await (const state of client.watch(id, signal)) {
    last = state;
    onState(state);
    if (state.status === 'READY') break;
  }
  if (!last) throw new CommandError('The server sent no state of the import.');
  return last;
}
