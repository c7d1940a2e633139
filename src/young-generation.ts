// The size of the young generation, where V8 allocates objects.

import { setFlagsFromString } from 'node:v8';

/**
 * Keeps the young generation of each thread at its first size. By default it grows to 32 MB and more as modules load, and
 * the buffers of uploads stay in memory until it is full. Call this first.
 */
export function keepYoungGenerationSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
}
