// How far V8's heap grows beyond what is in use, which by default follows the memory of the machine, and when it shrinks again.
//
// The young generation, where objects are allocated, grows to 64 MB as modules load, and the buffers of uploads stay in memory
// until it is full. With 1 MB, as it starts, many subscribers cost twice the CPU time. The old generation is collected once
// it has up to four times what was in use; docs/decisions/060-heap-growth.md has what that takes.
//
// Pages that are empty after a collection stay in memory, to be used again, until a collection that is meant to save memory.
// By default, V8 makes one once a process has little to do: a busy server kept 60 MB of such pages.
//
// The options of the command line that limit both generations have no effect once Node runs.

import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/** Of both halves of the young generation together. */
const YOUNG_BYTES = 8 * 1024 * 1024;
/** More than enough: it grows whenever as much as it holds has survived. */
const MAX_OBJECTS = 1_000_000;
/** By how much the old generation grows between collections, in percent of what is in use. */
const OLD_GROWTH_PERCENT = 15;
/** From a collection to the next one that saves memory. */
const SAVE_AFTER_MS = 3000;

/**
 * Lets the young generation of this thread grow to 8 MB, and that of later threads not at all; and the old generation of all
 * threads by 15 percent of what is in use. Memory that the heap needs no more returns to the system, also while there is much
 * to do. Call this first.
 */
export function limitHeapGrowth(): void {
  const survivors: object[] = [];
  while (youngBytes() < YOUNG_BYTES && survivors.length < MAX_OBJECTS) {
    for (let i = 0; i < 1000; i++) survivors.push({ i });
  }
  setFlagsFromString('--semi-space-growth-factor=1');
  // Of later threads.
  setFlagsFromString('--min-semi-space-size=0');
  setFlagsFromString(`--heap-growing-percent=${OLD_GROWTH_PERCENT}`);
  setFlagsFromString('--memory-saver-mode');
  setFlagsFromString(`--gc-memory-reducer-start-delay-ms=${SAVE_AFTER_MS}`);
}

function youngBytes(): number {
  return (
    getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')?.space_size ?? YOUNG_BYTES
  );
}
