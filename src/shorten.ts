// Long texts, as messages show them.

/**
 * Cuts what is longer, and ends it with an ellipsis. Half a character is not shown.
 *
 * @param length in UTF-16 code units
 */
export function shorten(text: string, length: number): string {
  if (text.length <= length) return text.toWellFormed();
  const cut = text.slice(0, length).replace(/[\uD800-\uDBFF]$/, '');
  return `${cut.toWellFormed()}…`;
}
