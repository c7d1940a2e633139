// Which values a product may have, both in files and in updates.

/** The maximum length of a SKU, in characters (Unicode code points). */
export const MAX_SKU_LENGTH = 256;
/** The maximum length of a name, in characters (Unicode code points). */
export const MAX_NAME_LENGTH = 512;
/** The default maximum length of a description, in characters (Unicode code points). */
export const DEFAULT_MAX_DESCRIPTION_LENGTH = 1_000_000;

const SURROGATE_PAIRS = /[\ud800-\udbff][\udc00-\udfff]/g;

/** White space, format and control characters, and others that are invisible (Hangul filler, empty Braille cell). */
const BLANK = /^[\p{White_Space}\p{Cf}\p{Cc}\p{Default_Ignorable_Code_Point}\u2800]*$/u;
const BLANK_AROUND = /^[\p{White_Space}\p{Cf}\p{Cc}]+|[\p{White_Space}\p{Cf}\p{Cc}]+$/gu;

/** Whether the text is empty or invisible. */
export function isBlank(text: string): boolean {
  return BLANK.test(text);
}

/** @returns the text without invisible characters at its beginning and end */
export function trimBlank(text: string): string {
  return text.replace(BLANK_AROUND, '');
}

/** The text's length in characters (Unicode code points), which is how Postgres counts. */
export function countCharacters(text: string): number {
  const pairs = text.match(SURROGATE_PAIRS)?.length ?? 0;
  return text.length - pairs;
}
