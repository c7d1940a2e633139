// What can only be set as a process starts: how the C library allocates what is outside of V8's heap, buffers and long
// strings; and the least size of V8's young generation.
//
// The allocator of glibc keeps what is freed for later, in arenas of each thread, where a small piece that is still in use
// keeps the large ones around it. A server that was attacked kept 250 MB which nobody used; see
// docs/decisions/061-allocator.md. The allocator takes its settings from the environment.

import { isMainThread } from 'node:worker_threads';

const SETTINGS = {
  // The threads of a process share two arenas instead of having up to eight for each core.
  MALLOC_ARENA_MAX: '2',
  // Larger pieces are returned to the system when they are freed. By default, this bound grows with what is freed. What a socket
  // reads at once has up to 64 KiB: an import took a fifth longer where each of these came from the system and went back slowly.
  MALLOC_MMAP_THRESHOLD_: String(65 * 1024),
  // So is the end of an arena, once it has this size: a few such pieces.
  MALLOC_TRIM_THRESHOLD_: String(256 * 1024),
};

/**
 * In MB, of each half. While V8 saves memory (`heap-growth.ts`), the young generation shrinks to its least size, which is 1 MB by
 * default: then it would be collected four times as often.
 */
const OPTIONS = ['--min-semi-space-size=4'];

/**
 * Lets freed memory go back to the system: starts the program anew with these settings, in the same process. Call this first.
 *
 * Changes nothing if one of them is set already, on other systems than Linux, and below a process that talks with this one,
 * such as `node --watch`, as that would lose the connection.
 *
 * @param env of the process
 */
export function returnFreedMemory(env: NodeJS.ProcessEnv): void {
  const isGiven = Object.keys(SETTINGS).some((name) => env[name] !== undefined);
  if (isGiven || process.platform !== 'linux' || process.connected || !isMainThread) return;
  const args = [process.argv0, ...OPTIONS, ...process.execArgv, ...process.argv.slice(1)];
  process.execve?.(process.execPath, args, { ...env, ...SETTINGS });
}
