// Bytes that concatenating files leaves at the start of a record: the UTF-8 byte order mark of a file, and the Ctrl-Z that
// DOS writes at the end of the file before.

const BOM = [0xef, 0xbb, 0xbf] as const;
export const CTRL_Z = 0x1a;

/** @param at start of a record */
export function startsWithBomOrCtrlZ(bytes: Uint8Array, at: number): boolean {
  return (
    bytes[at] === CTRL_Z || (bytes[at] === BOM[0] && bytes[at + 1] === BOM[1] && bytes[at + 2] === BOM[2])
  );
}

/** @returns the start of the record without these bytes */
export function skipBomsAndCtrlZ(bytes: Uint8Array, at: number): number {
  let start = at;
  while (startsWithBomOrCtrlZ(bytes, start)) start += bytes[start] === CTRL_Z ? 1 : BOM.length;
  return start;
}
