// The subscription `productCountsChanged`.

import type { ProductCountChange } from '../../db/catalogue/counts/count-feed.ts';
import { productCountsChanged } from '../../resolvers/catalogue/product-counts.ts';
import { costs, READ_ALL } from '../../resolvers/field-cost.ts';
import { MAX_PAGE_SIZE } from '../../resolvers/pagination.ts';
import { SHARED_RESULTS } from '../../resolvers/shared-results.ts';
import { builder } from '../builder.ts';
import { ProductCountRef, ProductCountTotalsRef } from './product-count.ts';

const ProductCountChangeRef = builder.objectRef<ProductCountChange>('ProductCountChange').implement({
  description: 'The counts after a change.',
  fields: (t) => ({
    at: t.expose('at', { type: 'DateTime', description: 'When the counts were read.' }),
    counts: t.expose('counts', {
      type: [ProductCountRef],
      ...costs({ size: MAX_PAGE_SIZE }),
      description:
        'The counts of the requested names, in the same order. 0 for a name that no product has. Empty if no names were requested.',
    }),
    totals: t.field({
      type: ProductCountTotalsRef,
      ...costs({ cost: READ_ALL }),
      description:
        'The current number of names and products. Reads all names for each event, so request it only if you show it.',
      resolve: (_change, _args, { services, signal }) => services.productCounts.totals(signal),
    }),
  }),
});

builder.subscriptionField('productCountsChanged', (t) =>
  t.field({
    type: ProductCountChangeRef,
    extensions: SHARED_RESULTS,
    authScopes: { reader: true },
    description:
      'Sends the current counts immediately and again after each change, whichever server process makes it. At most one event every 300 ms; a slow client skips intermediate states. To keep a list up to date, query it again after each event.',
    args: {
      names: t.arg.stringList({
        description:
          'Sends only changes to the counts of these names, and returns them in `counts`. At most 500 names. Default: changes to any name.',
      }),
    },
    subscribe: (_root, args, context) => productCountsChanged(args, context),
    resolve: (change) => change,
  }),
);
