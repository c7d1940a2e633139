// Throttles the refetching of a query whose result changes often.

import { useCallback, useEffect, useRef } from 'react';

/**
 * Returns a function to call on each change. It calls `refresh` at most once every `intervalMs`, never while the previous
 * refresh is `busy`, and always after the last change.
 */
export function useThrottledRefresh(refresh: () => void, busy: boolean, intervalMs: number): () => void {
  const state = useRef({ changes: 0, refreshedChanges: 0, busy, refresh, timer: 0 });
  state.current.busy = busy;
  state.current.refresh = refresh;
  const refreshIfDue = useRef(() => {
    const { current } = state;
    if (current.timer || current.busy || current.refreshedChanges === current.changes) return;
    current.refreshedChanges = current.changes;
    current.refresh();
    current.timer = window.setTimeout(() => {
      current.timer = 0;
      refreshIfDue.current();
    }, intervalMs);
  });
  useEffect(() => {
    if (!busy) refreshIfDue.current();
  }, [busy]);
  useEffect(() => {
    const { current } = state;
    return () => {
      window.clearTimeout(current.timer);
      current.timer = 0;
    };
  }, []);
  return useCallback(() => {
    state.current.changes += 1;
    refreshIfDue.current();
  }, []);
}
