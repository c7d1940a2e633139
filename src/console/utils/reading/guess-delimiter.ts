// Guesses what separates the columns of a file that was read as one column. Only a suggestion: it is never applied unasked.

/** What occurs inside of names and values all the time. */
const UNLIKELY = /[\p{L}\p{N}\s"'_\-.()]/u;

/** @returns the ASCII character that every line has as often as the header; undefined if there is none */
export function guessDelimiter(header: string, lines: readonly string[]): string | undefined {
  const candidates = [...new Set(header)].filter(
    (character) => character === '\t' || (character >= ' ' && character <= '~' && !UNLIKELY.test(character)),
  );
  return candidates
    .map((character) => ({ character, count: countOf(character, header) }))
    .filter(({ character, count }) => lines.every((line) => countOf(character, line) === count))
    .sort((a, b) => b.count - a.count)[0]?.character;
}

function countOf(character: string, text: string): number {
  return text.split(character).length - 1;
}
