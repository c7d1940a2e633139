/** The server's rule for blank names: white space, format and control characters, and other invisible characters. */
const BLANK = /^[\p{White_Space}\p{Cf}\p{Cc}\p{Default_Ignorable_Code_Point}\u2800]*$/u;

/** Whether the text is empty or has only invisible characters. */
export function isBlank(text: string): boolean {
  return BLANK.test(text);
}
