/** As the server judges names: white space, format and control characters, and others that look like nothing. */
const BLANK = /^[\p{White_Space}\p{Cf}\p{Cc}\p{Default_Ignorable_Code_Point}\u2800]*$/u;

/** Whether the text is empty or looks so. */
export function isBlank(text: string): boolean {
  return BLANK.test(text);
}
