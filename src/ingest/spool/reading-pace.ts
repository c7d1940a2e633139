// How much of an upload must have arrived before it is read on.

export interface ReadingPace {
  worthReadingBytes: number;
}

/** While rows are loaded: each read has its cost. */
export const FAST = 256 * 1024;

export function readingPace(): ReadingPace {
  return { worthReadingBytes: FAST };
}
