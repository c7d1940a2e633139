// When a data source is checked next.

import { RelativeTime } from '../../components/display/time.tsx';
import type { Source } from './documents.ts';

export function NextCheck({ source: { state, nextCheckAt } }: { source: Source }) {
  if (state === 'CHECKING') return 'now';
  if (state === 'FETCHING' || state === 'IMPORTING') return 'after the import';
  return nextCheckAt ? <RelativeTime iso={nextCheckAt} is="future" /> : 'when resumed';
}

/** Only a paused source has no next check. Its state may not be PAUSED, as it can still be checked manually. */
export function isPaused({ nextCheckAt }: Source): boolean {
  return nextCheckAt === null;
}
