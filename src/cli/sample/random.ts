// A small, fast, seeded random number generator (sfc32) that gives the same numbers on every machine.

/** Returns a function that gives the next of a sequence of integers from 0 to 2^32 - 1. */
export function seededRandom(seed: number): () => number {
  let a = 0x9e3779b9;
  let b = seed | 0;
  let c = Math.floor(seed / 2 ** 32) | 0;
  let counter = 1;
  const next = () => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return sum >>> 0;
  };
  // The first rounds still show the seed.
  for (let round = 0; round < 15; round++) next();
  return next;
}
