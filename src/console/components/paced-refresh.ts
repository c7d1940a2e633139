// A question that is asked again when one hears that its answer has changed, however often that is.

import { useCallback, useEffect, useRef } from 'react';

/**
 * @returns what to call when something has changed. It leads to `refresh`, but not while that is `busy` with the last
 * time, and not twice within `pauseMs`.
 */
export function usePacedRefresh(refresh: () => void, busy: boolean, pauseMs: number): () => void {
  const state = useRef({ heard: 0, asked: 0, busy, refresh, timer: 0 });
  state.current.busy = busy;
  state.current.refresh = refresh;
  const ask = useRef(() => {
    const { current } = state;
    if (current.timer || current.busy || current.asked === current.heard) return;
    current.asked = current.heard;
    current.refresh();
    current.timer = window.setTimeout(() => {
      current.timer = 0;
      ask.current();
    }, pauseMs);
  });
  useEffect(() => {
    if (!busy) ask.current();
  }, [busy]);
  useEffect(() => {
    const { current } = state;
    return () => {
      window.clearTimeout(current.timer);
      current.timer = 0;
    };
  }, []);
  return useCallback(() => {
    state.current.heard += 1;
    ask.current();
  }, []);
}
