// Text that Postgres can store. All text from clients is validated or sanitized here before it reaches the database.

/** Postgres rejects NUL characters, and a lone surrogate would silently become U+FFFD. */
export function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0');
}

/**
 * Sanitizes text that is only displayed, such as a file name. Replaces control characters by U+FFFD, as terminals
 * interpret them.
 *
 * @param maxLength in characters
 */
export function toStorable(text: string, maxLength: number): string {
  const characters = [...text.toWellFormed().replaceAll(/\p{Cc}/gu, '\ufffd')];
  return characters.slice(0, maxLength).join('');
}
