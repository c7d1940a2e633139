// The order of keys: by UTF-8 bytes, which is what COLLATE "C" means.

const LAST_CODE_POINT = 0x10ffff;
const FIRST_SURROGATE = 0xd800;
const AFTER_SURROGATES = 0xe000;

/**
 * The smallest text above all texts that begin with the prefix: they are exactly those in [prefix, end).
 *
 * @returns undefined when there is none, as for the empty prefix
 */
export function prefixUpperBound(prefix: string): string | undefined {
  // UTF-8 keeps the order of code points, so it is the last of them that has room which moves up by one.
  const points = Array.from(prefix, (character) => character.codePointAt(0) ?? 0);
  while (points.at(-1) === LAST_CODE_POINT) points.pop();
  const last = points.pop();
  if (last === undefined) return undefined;
  const next = last + 1 === FIRST_SURROGATE ? AFTER_SURROGATES : last + 1;
  return String.fromCodePoint(...points, next);
}
