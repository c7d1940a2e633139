// The order of keys in the database: COLLATE "C", which compares UTF-8 bytes.

const LAST_CODE_POINT = 0x10ffff;
const FIRST_SURROGATE = 0xd800;
const AFTER_SURROGATES = 0xe000;

/** Compares two keys as Postgres does. JavaScript's `<` compares UTF-16 units, which differs above U+FFFF. */
export function compareKeys(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

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
