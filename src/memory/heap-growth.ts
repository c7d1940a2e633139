// How far V8's heap grows beyond what is in use, which by default follows the memory of the machine.
//
// The young generation, where objects are allocated, grows to 64 MB as modules load, and the buffers of uploads stay in memory
// until it is full. With 1 MB, as it starts, many subscribers cost twice the CPU time. The old generation is collected once
// it has up to four times what was in use; docs/decisions/060-heap-growth.md has what that takes.
//
// The options of the command line that limit both have no effect once Node runs.

import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/** Of both halves of the young generation together. */
const YOUNG_BYTES = 8 * 1024 * 1024;
/** More than enough: it grows whenever as much as it holds has survived. */
const MAX_OBJECTS = 1_000_000;
/** By how much the old generation grows between collections, in percent of what is in use. */
const OLD_GROWTH_PERCENT = 50;

/**
 * Lets the young generation of this thread grow to 8 MB, and that of later threads not at all; and the old generation of
 * all threads by half of what is in use. Call this first.
 */
export function limitHeapGrowth(): void {
  const survivors: object[] = [];
  while (youngBytes() < YOUNG_BYTES && survivors.length < MAX_OBJECTS) {
    for (let i = 0; i < 1000; i++) survivors.push({ i });
  }
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString(`--heap-growing-percent=${OLD_GROWTH_PERCENT}`);
}

function youngBytes(): number {
  return (
    getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')?.space_size ?? YOUNG_BYTES
  );
}
