// How many bytes of an upload must have arrived before it is read on.

export interface ReadAhead {
  minBytes: number;
}

/** While rows are loaded: each read has a cost. */
export const READ_AHEAD_BYTES = 256 * 1024;

export function readAhead(): ReadAhead {
  return { minBytes: READ_AHEAD_BYTES };
}
