// What joining files leaves where one of them begins: the byte order mark of its UTF-8, and the Ctrl-Z with which DOS
// ended the file before.

const BOM = [0xef, 0xbb, 0xbf] as const;
export const CTRL_Z = 0x1a;

/** @param at where a record begins */
export function startsWithBomOrCtrlZ(bytes: Uint8Array, at: number): boolean {
  return (
    bytes[at] === CTRL_Z || (bytes[at] === BOM[0] && bytes[at + 1] === BOM[1] && bytes[at + 2] === BOM[2])
  );
}

/** @returns where the record that begins at `at` begins without its marks */
export function skipBomsAndCtrlZ(bytes: Uint8Array, at: number): number {
  let start = at;
  while (startsWithBomOrCtrlZ(bytes, start)) start += bytes[start] === CTRL_Z ? 1 : BOM.length;
  return start;
}
