// What a product's values must be, whichever way they come: in a file or by an update.

/** Of a SKU, in characters (Unicode code points). */
export const MAX_SKU_LENGTH = 256;
/** Of a name, in characters (Unicode code points). */
export const MAX_NAME_LENGTH = 512;
/** Of a description, in characters (Unicode code points), where no setting says otherwise. */
export const DEFAULT_MAX_DESCRIPTION_LENGTH = 1_000_000;

const SURROGATE_PAIRS = /[\ud800-\udbff][\udc00-\udfff]/g;

/** White space, format and control characters, and others that look like nothing (a Hangul filler, an empty Braille cell). */
const BLANK = /^[\p{White_Space}\p{Cf}\p{Cc}\p{Default_Ignorable_Code_Point}\u2800]*$/u;
const BLANK_AROUND = /^[\p{White_Space}\p{Cf}\p{Cc}]+|[\p{White_Space}\p{Cf}\p{Cc}]+$/gu;

/** Whether the text is empty or looks so. */
export function isBlank(text: string): boolean {
  return BLANK.test(text);
}

/** @returns the text without what cannot be seen at its beginning and its end */
export function trimBlank(text: string): string {
  return text.replace(BLANK_AROUND, '');
}

/** The text's length in characters (Unicode code points), which is how Postgres counts. */
export function countCharacters(text: string): number {
  const pairs = text.match(SURROGATE_PAIRS)?.length ?? 0;
  return text.length - pairs;
}
