// What a completed import amounts to, in one way for lists, pages and notifications. Green is for whole success.

import type { ImportState } from '../../../api/live/import-state.ts';
import { formatCount } from '../../../utils/format.ts';

export interface Outcome {
  color: 'teal' | 'orange' | 'gray';
  /** What there is to say besides that it is completed. */
  label?: string;
  /** Where nothing was done: why. */
  note?: string;
  /** After the name of the file. */
  sentence: string;
}

export function outcomeOf({ kind, rows }: Pick<ImportState, 'kind' | 'rows'>): Outcome {
  const { read, inserted, updated, deleted, rejected, kept } = rows;
  const hasChanged = inserted + updated + deleted > 0;
  if (kind === 'UNDO') {
    const sentence = 'was undone';
    return kept > 0
      ? { color: 'orange', label: `${formatCount(kept)} kept`, sentence }
      : { color: 'teal', sentence };
  }
  if (rejected > 0) {
    const outcome = { color: 'orange', label: `${formatCount(rejected)} rejected` } as const;
    if (hasChanged) return { ...outcome, sentence: 'was imported in part' };
    const note =
      rejected === read
        ? 'No row of the file could be imported. The catalogue is unchanged.'
        : 'Nothing was changed: no other row of the file says anything new.';
    return { ...outcome, note, sentence: rejected === read ? 'was not imported' : 'changed nothing' };
  }
  if (hasChanged) return { color: 'teal', sentence: 'was imported' };
  return read === 0
    ? {
        color: 'orange',
        label: 'no rows',
        note: 'The file has a header, but no rows. The catalogue is unchanged.',
        sentence: 'has no rows',
      }
    : {
        color: 'gray',
        label: 'no change',
        note: 'Nothing had to change: the products were already as the file says.',
        sentence: 'changed nothing',
      };
}
