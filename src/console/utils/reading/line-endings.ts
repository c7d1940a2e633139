// Browsers turn every line ending in a text field into LF. These functions keep the original endings of the lines that
// were not edited.

const LINE_ENDING = /\r\n|\r|\n/g;

/** The text as a text field normalizes it: every line ending is LF. */
export function toTextFieldValue(text: string): string {
  return text.replace(LINE_ENDING, '\n');
}

/**
 * Applies the user's edit to the original text. Lines outside the edited part keep their line endings; new lines get the
 * ending of the first line.
 *
 * @param text the original text, before the edit
 * @param field the text field after the edit; the caret shows which of two adjacent line endings is new
 */
export function applyEdit(text: string, field: { value: string; selectionEnd: number | null }): string {
  const { value: edited, selectionEnd } = field;
  if (!text.includes('\r')) return edited;
  const units = text.match(/\r\n|./gs) ?? [];
  const shown = toTextFieldValue(text);
  const maxLength = Math.min(shown.length, edited.length);
  const afterCaret = Math.min(maxLength, edited.length - (selectionEnd ?? edited.length));
  let end = 0;
  while (end < afterCaret && shown.at(-1 - end) === edited.at(-1 - end)) end += 1;
  let start = 0;
  while (start < maxLength - end && shown[start] === edited[start]) start += 1;
  // After an undo, the caret may be anywhere.
  while (end < maxLength - start && shown.at(-1 - end) === edited.at(-1 - end)) end += 1;
  const lineEnding = text.match(LINE_ENDING)?.[0] ?? '\n';
  const changed = edited.slice(start, edited.length - end).replaceAll('\n', lineEnding);
  return concat(concat(units.slice(0, start).join(''), changed), units.slice(units.length - end).join(''));
}

/** Concatenates without merging a trailing CR and a leading LF into one line ending. */
function concat(before: string, after: string): string {
  return before.endsWith('\r') && after.startsWith('\n') ? `${before}\n${after}` : before + after;
}
