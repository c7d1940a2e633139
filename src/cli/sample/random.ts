// A small, fast, seeded random number generator (sfc32), with the same results on every machine.

/** @returns a function that returns the next integer from 0 to 2^32 - 1 */
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
  // The first numbers depend too much on the seed.
  for (let round = 0; round < 15; round++) next();
  return next;
}
