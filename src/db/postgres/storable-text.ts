// Which text Postgres keeps as it is. All that a client sends is checked by this or made so, before it gets to the
// database.

/**
 * Whether Postgres stores the text as it is: it refuses a NUL character, and half of a surrogate pair would
 * silently become U+FFFD.
 */
export function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0');
}

/**
 * For text that is only shown, such as the name of a file. Control characters become U+FFFD, all of them: on a terminal
 * they do more than show.
 *
 * @param maxLength in characters; the rest is cut off
 */
export function toStorable(text: string, maxLength: number): string {
  const characters = [...text.toWellFormed().replaceAll(/\p{Cc}/gu, '\ufffd')];
  return characters.slice(0, maxLength).join('');
}
