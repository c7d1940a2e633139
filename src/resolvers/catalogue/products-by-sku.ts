// Products with given SKUs, in the order in which they are asked for.

import type { Product } from '../../db/catalogue/product.ts';
import { badInput } from '../bad-input.ts';
import type { Context } from '../context.ts';
import { cursorsOf, keyText } from '../cursor.ts';
import { inOrder } from '../in-order.ts';
import {
  type CountedConnection,
  connectionOf,
  MAX_PAGE_SIZE,
  type PageArgs,
  windowOf,
} from '../pagination.ts';
import type { ProductExportOptions } from './export-urls.ts';

/** Products, and those of the SKUs that were asked for that no product has. */
export interface ProductPage extends CountedConnection<Product> {
  missingSkus?: string[];
  /** The address of a download of the whole list. */
  exportUrl?(options: ProductExportOptions): string;
}

const ofSkus = cursorsOf('asked sku', keyText);

/** In the order of the SKUs; null for one that no product has. */
export async function productsBySkus(
  skus: readonly string[],
  { services }: Context,
): Promise<(Product | null)[]> {
  return inOrder(skus, await services.products.getMany(skus), ({ sku }) => sku);
}

/**
 * A page of the products with these SKUs, each once. Without a size, it has all of them.
 *
 * @throws LoadstoneError BAD_USER_INPUT for too many SKUs, or wrong arguments of the page
 */
export async function productsInOrder(
  skus: readonly string[],
  args: PageArgs,
  context: Context,
): Promise<ProductPage> {
  if (skus.length > MAX_PAGE_SIZE) {
    throw badInput(`\`skus\` has ${skus.length} SKUs; the maximum is ${MAX_PAGE_SIZE}.`, 'skus', 'TOO_MANY');
  }
  const asked = [...new Set(skus)];
  const { limit, backwards, after, before } = windowOf({ ...args, first: sizeOf(args) }, ofSkus);
  const start = after === undefined ? 0 : placeOf('after', after, asked) + 1;
  const end = before === undefined ? asked.length : placeOf('before', before, asked);

  const found = await productsBySkus(asked, context);
  const isFound = (product: Product | null) => product !== null;
  const between = found.slice(start, Math.max(start, end)).filter(isFound);
  const cut = Math.max(0, between.length - limit);
  const rows = backwards ? between.slice(cut) : between.slice(0, limit);
  const page = {
    rows,
    hasPreviousPage: found.slice(0, start).some(isFound) || (backwards === true && cut > 0),
    hasNextPage: found.slice(Math.max(start, end)).some(isFound) || (!backwards && cut > 0),
  };
  return {
    ...connectionOf(page, ({ sku }) => ofSkus.encode(sku)),
    totalCount: async () => found.filter(isFound).length,
    missingSkus: asked.filter((_, index) => found[index] === null),
  };
}

function sizeOf({ first, last }: PageArgs): number | null | undefined {
  return first ?? (last === null || last === undefined ? MAX_PAGE_SIZE : first);
}

function placeOf(argument: string, sku: string, asked: readonly string[]): number {
  const place = asked.indexOf(sku);
  if (place >= 0) return place;
  throw badInput(
    `\`${argument}\` is not a cursor of this list. Use a cursor from a page with the same \`skus\`.`,
    argument,
  );
}
