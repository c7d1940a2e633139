// The order of keys in the database: COLLATE "C", which compares UTF-8 bytes.

const LAST_CODE_POINT = 0x10ffff;
/** Others take two UTF-16 code units. */
const LAST_IN_ONE_UNIT = 0xffff;
const FIRST_SURROGATE = 0xd800;
const AFTER_SURROGATES = 0xe000;

/**
 * The texts that start with the prefix are exactly those in [prefix, upper bound).
 *
 * @returns undefined if there is no upper bound, as for the empty prefix
 */
export function prefixUpperBound(prefix: string): string | undefined {
  // UTF-8 sorts like code points, so increment the last one that is not the maximum.
  let end = prefix.length;
  while (prefix.codePointAt(end - 2) === LAST_CODE_POINT) end -= 2;
  if (end === 0) return undefined;
  const isPair = (prefix.codePointAt(end - 2) ?? 0) > LAST_IN_ONE_UNIT;
  const start = end - (isPair ? 2 : 1);
  const last = prefix.codePointAt(start) as number;
  const next = last + 1 === FIRST_SURROGATE ? AFTER_SURROGATES : last + 1;
  return prefix.slice(0, start) + String.fromCodePoint(next);
}
