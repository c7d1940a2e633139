// Tests four bytes at once for quotes and line endings, which most bytes are not.

/** Constants to test for a value below 0x0e, as line endings are, or equal to 0x22, a quote. */
const ABOVE_LINE_ENDS = 0x0e0e0e0e;
const QUOTES = 0x22222222;
const ONES = 0x01010101;
const HIGH_BITS = 0x80808080;

/** @returns a view of the bytes as 32-bit words; empty if they are not aligned */
export function wordsOf(bytes: Uint8Array): Int32Array {
  if (bytes.byteOffset % 4 !== 0) return new Int32Array(0);
  return new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 2);
}

/**
 * @param at a multiple of 4
 * @param lastWord the index after the last word to look at
 * @returns the offset, from `at` on, of the first word that may have a quote or a line ending
 */
export function endOfPlain(words: Int32Array, at: number, lastWord: number): number {
  let word = at >> 2;
  while (word < lastWord && isPlain(words[word] as number)) word++;
  return word << 2;
}

/** False if one of the four bytes is a quote or a line ending; other control characters may give false negatives. */
function isPlain(word: number): boolean {
  const quotes = word ^ QUOTES;
  return ((((word - ABOVE_LINE_ENDS) & ~word) | ((quotes - ONES) & ~quotes)) & HIGH_BITS) === 0;
}
