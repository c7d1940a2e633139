// The apostrophe that keeps spreadsheets from running a cell of a download as a formula, and its undoing on the way
// back. A value that has such apostrophes of its own gets one more, so that one can always be taken off.

/** What spreadsheets take for the beginning of a formula, the full-width forms included. */
const GUARDABLE = /^'*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]/;
const GUARDED = new RegExp(GUARDABLE.source.replace("'*", "'+"));

const APOSTROPHE = 0x27;
/** The longest beginning in UTF-8, without apostrophes. */
const BEGINNING_BYTES = 3;

export function guardFormula(value: string): string {
  return GUARDABLE.test(value) ? `'${value}` : value;
}

export function unguardFormula(value: string): string {
  return GUARDED.test(value) ? value.slice(1) : value;
}

/** @returns where the value bytes[start, end) begins without its guard */
export function unguardedStart(bytes: Uint8Array, start: number, end: number): number {
  if (bytes[start] !== APOSTROPHE) return start;
  let at = start;
  while (at < end && bytes[at] === APOSTROPHE) at++;
  const beginning = Buffer.from(bytes.subarray(at - 1, Math.min(at + BEGINNING_BYTES, end)));
  return GUARDED.test(beginning.toString()) ? start + 1 : start;
}
