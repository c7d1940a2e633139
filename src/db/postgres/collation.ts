// The order of keys in the database: COLLATE "C", which compares UTF-8 bytes.

const LAST_CODE_POINT = 0x10ffff;
const FIRST_SURROGATE = 0xd800;
const AFTER_SURROGATES = 0xe000;

/**
 * The texts that start with the prefix are exactly those in [prefix, upper bound).
 *
 * @returns undefined if there is no upper bound, as for the empty prefix
 */
export function prefixUpperBound(prefix: string): string | undefined {
  // UTF-8 sorts like code points, so increment the last one that is not the maximum.
  const points = Array.from(prefix, (character) => character.codePointAt(0) ?? 0);
  while (points.at(-1) === LAST_CODE_POINT) points.pop();
  const last = points.pop();
  if (last === undefined) return undefined;
  const next = last + 1 === FIRST_SURROGATE ? AFTER_SURROGATES : last + 1;
  return String.fromCodePoint(...points, next);
}
