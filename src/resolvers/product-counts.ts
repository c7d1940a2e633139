// How many products have each name: a page at a time, as a histogram, and live.

import { z } from 'zod';
import type { ProductCountChange } from '../db/catalogue/count-feed.ts';
import type {
  CountTotals,
  ProductCount,
  ProductCountFilter,
  ProductCountOrder,
} from '../db/catalogue/count-store.ts';
import { badInput, checkText, withoutNulls } from './bad-input.ts';
import {
  type CountedConnection,
  connectionOf,
  MAX_PAGE_SIZE,
  type PageArgs,
  windowOf,
} from './connection.ts';
import type { Context } from './context.ts';
import { type Cursors, cursorsOf, keyText } from './cursor.ts';
import { bucketsOf, type ProductCountBucket } from './product-count-buckets.ts';

const productCount = z.int().nonnegative();

const CURSORS: Record<ProductCountOrder, Cursors<ProductCount>> = {
  COUNT_DESC: cursorsOf('count', z.object({ productCount, name: keyText })),
  NAME_ASC: cursorsOf('name', z.object({ productCount, name: keyText })),
};

interface ProductCountFilterInput {
  namePrefix?: string | null | undefined;
  nameContains?: string | null | undefined;
  minProductCount?: number | null | undefined;
}

export interface ProductCountArgs extends PageArgs {
  orderBy?: ProductCountOrder | null | undefined;
  filter?: ProductCountFilterInput | null | undefined;
}

export async function productCountsByName(
  args: ProductCountArgs,
  { services, signal }: Context,
): Promise<CountedConnection<ProductCount>> {
  const order = args.orderBy ?? 'COUNT_DESC';
  const window = windowOf(args, CURSORS[order]);
  const filter: ProductCountFilter = withoutNulls(args.filter);
  checkText('filter.namePrefix', filter.namePrefix);
  checkText('filter.nameContains', filter.nameContains);
  const page = await services.productCounts.page(window, order, filter, signal);
  return {
    ...connectionOf(page, CURSORS[order].encode),
    totalCount: () => services.productCounts.count(filter, signal),
  };
}

export async function productCountHistogram({ services, signal }: Context): Promise<ProductCountBucket[]> {
  return bucketsOf(await services.productCounts.histogram(signal));
}

export function productCountTotals({ services, signal }: Context): Promise<CountTotals> {
  return services.productCounts.totals(signal);
}

/** The counts as they are, then after each change; what is returned ends with the client's `return()`. */
export function productCountsChanged(
  { names }: { names?: string[] | null | undefined },
  { services, signal }: Context,
): AsyncIterable<ProductCountChange> {
  if (names && names.length > MAX_PAGE_SIZE) {
    throw badInput(`\`names\` has ${names.length} names; it may have up to ${MAX_PAGE_SIZE}.`);
  }
  for (const name of names ?? []) checkText('names', name);
  return services.countFeed.watch(names ?? undefined, signal);
}
