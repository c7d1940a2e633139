// Physical lines end with LF, CRLF or a lone CR, inside quotes too.

const CR = 0x0d;
const LF = 0x0a;

/** @returns the number of line endings in bytes[from, to); a CR at the end counts unless LF follows it */
export function countLineEndings(bytes: Uint8Array, from: number, to: number): number {
  let lines = 0;
  for (let i = from; i < to; i++) {
    const byte = bytes[i] as number;
    if (byte === LF || (byte === CR && bytes[i + 1] !== LF)) lines++;
  }
  return lines;
}

/** @returns the offset of the next line ending, or of the end of the bytes */
export function endOfLine(bytes: Uint8Array, from: number): number {
  let at = from;
  while (at < bytes.length && bytes[at] !== LF && bytes[at] !== CR) at++;
  return at;
}

/** @returns the start of the line after the line ending at `at` */
export function afterLineEnding(bytes: Uint8Array, at: number): number {
  return bytes[at] === CR && bytes[at + 1] === LF ? at + 2 : at + 1;
}
