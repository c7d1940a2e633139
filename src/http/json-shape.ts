// Looks over JSON before it is parsed: parsing millions of values takes seconds, in which a server does nothing else, and
// hundreds of megabytes. A value may still be as long as it likes.

/** More than the largest list of edits or corrected rows has. */
const MAX_VALUES = 50_000;
/** As deep as brackets in a document. What walks through values is recursive. */
const MAX_DEPTH = 200;

/** What a byte means outside of texts. */
const NOTHING = 0;
const QUOTE = 1;
const COMMA = 2;
const OPEN = 3;
const CLOSE = 4;
const MEANINGS = new Uint8Array(256);
for (const [meaning, characters] of [
  [QUOTE, '"'],
  [COMMA, ','],
  [OPEN, '[{'],
  [CLOSE, ']}'],
] as const)
  for (const byte of Buffer.from(characters)) MEANINGS[byte] = meaning;
const QUOTE_BYTE = 0x22;
const BACKSLASH_BYTE = 0x5c;

/**
 * @param json in UTF-8, valid or not
 * @returns what there is too much of, such as "has more than 50,000 values"; undefined if there is not
 */
export function excessOf(json: Buffer): string | undefined {
  let values = 1;
  let depth = 0;
  for (let at = 0; at < json.length; at++) {
    const meaning = MEANINGS[json[at] as number];
    if (meaning === NOTHING) continue;
    if (meaning === QUOTE) at = endOfText(json, at + 1);
    else if (meaning === CLOSE) depth--;
    else {
      values++;
      if (meaning === OPEN) depth++;
      if (values > MAX_VALUES) return `has more than ${MAX_VALUES.toLocaleString('en')} values`;
      if (depth > MAX_DEPTH) return `is nested deeper than ${MAX_DEPTH}`;
    }
  }
  return undefined;
}

/** @returns where its closing quote is, or the end */
function endOfText(json: Buffer, from: number): number {
  const quote = json.indexOf(QUOTE_BYTE, from);
  if (quote < 0) return json.length;
  // Most texts have no escaped quote, and need no look at each byte.
  if (json[quote - 1] !== BACKSLASH_BYTE) return quote;
  for (let at = from; at < json.length; at++) {
    const byte = json[at];
    if (byte === QUOTE_BYTE) return at;
    if (byte === BACKSLASH_BYTE) at++;
  }
  return json.length;
}
