// When a data source is asked again, or what comes before that.

import { RelativeTime } from '../../components/display/relative-time.tsx';
import type { Source } from './documents.ts';

export function NextCheck({ source: { state, nextCheckAt } }: { source: Source }) {
  if (state === 'CHECKING') return 'now';
  if (state === 'FETCHING' || state === 'IMPORTING') return 'after its import';
  return nextCheckAt ? <RelativeTime iso={nextCheckAt} is="future" /> : 'when it is resumed';
}

/** Only of a paused one it is not known when. Its state may be another: it can be checked once all the same. */
export function isPaused({ nextCheckAt }: Source): boolean {
  return nextCheckAt === null;
}
