// Guards downloads against formula injection: an apostrophe before a value prevents spreadsheets from executing it. It is
// removed when the file is sent back. A value that has such apostrophes itself gets one more, so that removing one is always
// right.

/** Characters that start a formula in spreadsheets, including their full-width forms. */
const GUARDABLE = /^'*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]/;
const GUARDED = new RegExp(GUARDABLE.source.replace("'*", "'+"));

const APOSTROPHE = 0x27;
/** The longest of these characters in UTF-8. */
const MAX_START_BYTES = 3;

export function guardFormula(value: string): string {
  return GUARDABLE.test(value) ? `'${value}` : value;
}

export function unguardFormula(value: string): string {
  return GUARDED.test(value) ? value.slice(1) : value;
}

/** @returns the start of the value bytes[start, end) without its guard */
export function unguardedStart(bytes: Uint8Array, start: number, end: number): number {
  if (bytes[start] !== APOSTROPHE) return start;
  let at = start;
  while (at < end && bytes[at] === APOSTROPHE) at++;
  const prefix = Buffer.from(bytes.subarray(at - 1, Math.min(at + MAX_START_BYTES, end)));
  return GUARDED.test(prefix.toString()) ? start + 1 : start;
}
