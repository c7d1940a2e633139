// The size of the young generation, where V8 allocates objects.
//
// By default it grows to 64 MB as modules load, and the buffers of uploads stay in memory until it is full. With 1 MB, as it
// starts, many subscribers cost twice the CPU time. The option --max-semi-space-size has no effect once Node runs.

import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/** Of both halves together. */
const BYTES = 8 * 1024 * 1024;
/** More than enough: it grows whenever as much as it holds has survived. */
const MAX_OBJECTS = 1_000_000;

/** Lets the young generation of this thread grow to 8 MB, and that of later threads not at all. Call this first. */
export function limitYoungGeneration(): void {
  const survivors: object[] = [];
  while (size() < BYTES && survivors.length < MAX_OBJECTS) {
    for (let i = 0; i < 1000; i++) survivors.push({ i });
  }
  setFlagsFromString('--semi-space-growth-factor=1');
}

function size(): number {
  return getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')?.space_size ?? BYTES;
}
