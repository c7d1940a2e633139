// Browsers turn every line ending in a text field into LF. These functions keep the original endings of the lines that
// were not edited.

const LINE_END = /\r\n|\r|\n/g;

/** The text as a text field has it. */
export function toTextFieldValue(text: string): string {
  return text.replace(LINE_END, '\n');
}

/**
 * The text after an edit of what is shown: outside of the part that changed each line end is as it was, and inside of it
 * as the first of the text.
 *
 * @param text before the edit
 * @param field the text field after it: its caret tells which of two equal line ends is the new one
 */
export function applyEdit(text: string, field: { value: string; selectionEnd: number | null }): string {
  const { value: edited, selectionEnd } = field;
  if (!text.includes('\r')) return edited;
  const units = text.match(/\r\n|./gs) ?? [];
  const shown = toTextFieldValue(text);
  const most = Math.min(shown.length, edited.length);
  const behindCaret = Math.min(most, edited.length - (selectionEnd ?? edited.length));
  let end = 0;
  while (end < behindCaret && shown.at(-1 - end) === edited.at(-1 - end)) end += 1;
  let start = 0;
  while (start < most - end && shown[start] === edited[start]) start += 1;
  // Whatever undoes an edit may leave the caret elsewhere.
  while (end < most - start && shown.at(-1 - end) === edited.at(-1 - end)) end += 1;
  const lineEnd = text.match(LINE_END)?.[0] ?? '\n';
  const changed = edited.slice(start, edited.length - end).replaceAll('\n', lineEnd);
  return joined(joined(units.slice(0, start).join(''), changed), units.slice(units.length - end).join(''));
}

/** Two line ends stay two, also where a CR comes to stand before an LF. */
function joined(before: string, behind: string): string {
  return before.endsWith('\r') && behind.startsWith('\n') ? `${before}\n${behind}` : before + behind;
}
