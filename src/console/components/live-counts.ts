// Keeps a page true while products change, by whoever: it hears that counts moved, and asks again at its own pace.

import { useSubscription } from '../api/api.tsx';
import { graphql, type ResultOf } from '../api/graphql.ts';
import { usePacedRefresh } from './paced-refresh.ts';

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

/** Calls `refresh` when products have changed, at the pace of `usePacedRefresh`. */
export function useRefreshOnChange(refresh: () => void, busy: boolean, pauseMs: number): void {
  // The first time, too: something may have changed between the page's own question and this.
  const hear = usePacedRefresh(refresh, busy, pauseMs);
  useSubscription(CountsChanged, {}, hear);
}

/** Hears the counts of these names at once and whenever they move. */
export function useCountsOf(names: readonly string[], onCounts: (counts: NameCount[]) => void): void {
  useSubscription(CountsOfNamesChanged, { names: [...names] }, ({ productCountsChanged }) =>
    onCounts(productCountsChanged.counts),
  );
}
