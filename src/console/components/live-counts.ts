// Keeps a page true while products change, by whoever: it hears that counts moved, and asks again at its own pace.

import { useEffect, useRef } from 'react';
import { useSubscription } from '../api/api.tsx';
import { graphql, type ResultOf } from '../api/graphql.ts';

const CountsChanged = graphql(`
  subscription CountsChanged {
    productCountsChanged {
      at
    }
  }
`);

const CountsOfNamesChanged = graphql(`
  subscription CountsOfNamesChanged($names: [String!]) {
    productCountsChanged(names: $names) {
      counts {
        name
        productCount
      }
    }
  }
`);

export type NameCount = ResultOf<typeof CountsOfNamesChanged>['productCountsChanged']['counts'][number];

/**
 * Calls `refresh` when products have changed: not while it is `busy` with the last time, and not twice within
 * `pauseMs`.
 */
export function useRefreshOnChange(refresh: () => void, busy: boolean, pauseMs: number): void {
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
  useSubscription(CountsChanged, {}, () => {
    // The first one, too: something may have changed between the page's own question and this.
    state.current.heard += 1;
    ask.current();
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
}

/** Hears the counts of these names at once and whenever they move. */
export function useCountsOf(names: readonly string[], onCounts: (counts: NameCount[]) => void): void {
  useSubscription(CountsOfNamesChanged, { names: [...names] }, ({ productCountsChanged }) =>
    onCounts(productCountsChanged.counts),
  );
}
