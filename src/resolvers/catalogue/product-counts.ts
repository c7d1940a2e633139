// How many products have each name: pages of counts, and changes of them.

import { z } from 'zod';
import type { ProductCountChange } from '../../db/catalogue/counts/count-feed.ts';
import type { ProductCount, ProductCountOrder } from '../../db/catalogue/counts/count-pages.ts';
import { badInput, checkText } from '../bad-input.ts';
import type { Context } from '../context.ts';
import { type Cursors, cursorsOf, keyText } from '../cursor.ts';
import { connectionOf, MAX_PAGE_SIZE, type PageArgs, windowOf } from '../pagination.ts';
import { countExportUrl, type ExportedConnection } from './export-urls.ts';
import { type ProductCountFilterInput, productCountFilterOf } from './product-count-filter.ts';

const productCount = z.int().nonnegative();

const CURSORS: Record<ProductCountOrder, Cursors<ProductCount>> = {
  COUNT_DESC: cursorsOf('count', z.object({ productCount, name: keyText })),
  NAME_ASC: cursorsOf('name', z.object({ productCount, name: keyText })),
};

export interface ProductCountArgs extends PageArgs {
  orderBy?: ProductCountOrder | null | undefined;
  filter?: ProductCountFilterInput | null | undefined;
}

export async function productCountsByName(
  args: ProductCountArgs,
  { services, signal, baseUrl }: Context,
): Promise<ExportedConnection<ProductCount>> {
  const order = args.orderBy ?? 'COUNT_DESC';
  const window = windowOf(args, CURSORS[order]);
  const filter = productCountFilterOf(args.filter);
  const page = await services.productCounts.page(window, order, filter, signal);
  return {
    ...connectionOf(page, CURSORS[order].encode),
    totalCount: () => services.productCounts.count(filter, signal),
    exportUrl: (options) => countExportUrl(args.filter, order, options, baseUrl),
  };
}

/** How many products have each of these names, in their order. */
export async function nameCounts(names: readonly string[], { services }: Context): Promise<number[]> {
  const counts = await services.productCounts.of(names);
  return counts.map((each) => each.productCount);
}

/** The current counts, then the counts after each change. Ends when the client calls `return()`. */
export function productCountsChanged(
  { names }: { names?: string[] | null | undefined },
  { services, signal }: Context,
): AsyncIterable<ProductCountChange> {
  if (names && names.length > MAX_PAGE_SIZE) {
    throw badInput(
      `\`names\` has ${names.length} names; the maximum is ${MAX_PAGE_SIZE}.`,
      'names',
      'TOO_MANY',
    );
  }
  for (const name of names ?? []) checkText('names', name);
  return services.countFeed.watch(names ?? undefined, signal);
}
