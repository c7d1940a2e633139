// Keeps product lists and counts up to date by subscribing to count changes.

import { useSubscription } from '../api/api.tsx';
import type { ResultOf } from '../api/graphql.ts';
import { CountsChanged, CountsOfNamesChanged } from './documents.ts';
import { useThrottledRefresh } from './use-throttled-refresh.ts';

export type NameCount = ResultOf<typeof CountsOfNamesChanged>['productCountsChanged']['counts'][number];

/** Calls `refresh` when products change, throttled as in `useThrottledRefresh`. */
export function useRefreshOnChange(refresh: () => void, busy: boolean, intervalMs: number): void {
  // Also refreshes on the first event, as something may have changed between the page's query and this subscription.
  const onChange = useThrottledRefresh(refresh, busy, intervalMs);
  useSubscription(CountsChanged, {}, onChange);
}

/** Calls `onCounts` with the counts of these names at first and on each change. */
export function useNameCounts(names: readonly string[], onCounts: (counts: NameCount[]) => void): void {
  useSubscription(CountsOfNamesChanged, { names: [...names] }, ({ productCountsChanged }) =>
    onCounts(productCountsChanged.counts),
  );
}
