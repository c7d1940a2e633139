// What a product's values must be, whichever way they come: in a file or by an update.

/** Of a SKU, in characters (Unicode code points). */
export const MAX_SKU_LENGTH = 256;
/** Of a name, in characters (Unicode code points). */
export const MAX_NAME_LENGTH = 512;
/** Of a description, in characters (Unicode code points), where no setting says otherwise. */
export const DEFAULT_MAX_DESCRIPTION_LENGTH = 1_000_000;

const SURROGATE_PAIRS = /[\ud800-\udbff][\udc00-\udfff]/g;

/** Whether the text is empty or whitespace only. */
export function isBlank(text: string): boolean {
  return text.trim() === '';
}

/** The text's length in characters (Unicode code points), which is how Postgres counts. */
export function countCharacters(text: string): number {
  const pairs = text.match(SURROGATE_PAIRS)?.length ?? 0;
  return text.length - pairs;
}
