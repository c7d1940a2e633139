// Keys inside of the grid: Enter goes to the same column of the next row, as in a spreadsheet.

import type { KeyboardEvent } from 'react';

/** The attribute of a field that names its column. */
export const CELL = 'data-cell';

/** @returns whether the key was used */
export function moveBetweenRows({
  currentTarget,
  key,
  shiftKey,
  ctrlKey,
  metaKey,
}: KeyboardEvent<HTMLElement>): boolean {
  if (key !== 'Enter' || shiftKey || ctrlKey || metaKey) return false;
  const column = currentTarget.getAttribute(CELL) ?? '';
  const cells = [
    ...(currentTarget.closest('table')?.querySelectorAll<HTMLElement>(`[${CELL}="${CSS.escape(column)}"]`) ??
      []),
  ];
  const next = cells[cells.indexOf(currentTarget) + 1];
  next?.focus();
  if (next instanceof HTMLTextAreaElement) next.select();
  return true;
}
