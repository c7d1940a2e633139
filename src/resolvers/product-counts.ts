// How many products have each name, a page at a time.

import { z } from 'zod';
import type { ProductCount, ProductCountFilter, ProductCountOrder } from '../db/product-count-store.ts';
import { checkText, withoutNulls } from './bad-input.ts';
import { type CountedConnection, connectionOf, type ForwardArgs, windowOf } from './connection.ts';
import type { Context } from './context.ts';
import { type Cursors, cursorsOf, keyText } from './cursor.ts';

const productCount = z.int().nonnegative();

const CURSORS: Record<ProductCountOrder, Cursors<ProductCount>> = {
  COUNT_DESC: cursorsOf('count', z.object({ productCount, name: keyText })),
  NAME_ASC: cursorsOf('name', z.object({ productCount, name: keyText })),
};

export interface ProductCountArgs extends ForwardArgs {
  orderBy?: ProductCountOrder | null | undefined;
  filter?:
    | { namePrefix?: string | null | undefined; minProductCount?: number | null | undefined }
    | null
    | undefined;
}

export async function productCountsByName(
  args: ProductCountArgs,
  { services }: Context,
): Promise<CountedConnection<ProductCount>> {
  const order = args.orderBy ?? 'COUNT_DESC';
  const { limit, after } = windowOf(args, CURSORS[order]);
  const filter: ProductCountFilter = withoutNulls(args.filter);
  checkText('filter.namePrefix', filter.namePrefix);
  const page = await services.productCounts.page({ limit, after }, order, filter);
  return {
    ...connectionOf(page, CURSORS[order].encode),
    totalCount: () => services.productCounts.count(filter),
  };
}
