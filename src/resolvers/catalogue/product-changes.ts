// Pages of changes of products.

import { z } from 'zod';
import type { KeptProduct, ProductChange } from '../../db/catalogue/history/product-change-store.ts';
import type { ImportRecord } from '../../db/imports/import-record.ts';
import type { ChangeKind } from '../../db/tables.ts';
import type { Context } from '../context.ts';
import { cursorsOf, keyText } from '../cursor.ts';
import { inOrder } from '../in-order.ts';
import {
  type Connection,
  type CountedConnection,
  connectionOf,
  type PageArgs,
  pageOf,
  windowOf,
} from '../pagination.ts';

const newestFirst = cursorsOf('change', z.int().positive());
const bySku = cursorsOf('changed sku', keyText);
const byKeptSku = cursorsOf('kept sku', keyText);

export async function productHistory(
  sku: string,
  args: PageArgs,
  { services, signal }: Context,
): Promise<Connection<ProductChange>> {
  const page = await services.productChanges.history(sku, windowOf(args, newestFirst), signal);
  return connectionOf(page, ({ position }) => newestFirst.encode(position));
}

export async function importChanges(
  { number }: ImportRecord,
  args: PageArgs & { kind?: ChangeKind | null | undefined },
  { services, signal }: Context,
): Promise<Connection<ProductChange>> {
  const window = windowOf(args, bySku);
  const page = await services.productChanges.changesOf(number, window, args.kind ?? undefined, signal);
  return connectionOf(page, ({ sku }) => bySku.encode(sku));
}

export async function keptProducts(
  { id }: ImportRecord,
  args: PageArgs,
  { services }: Context,
): Promise<CountedConnection<KeptProduct>> {
  const window = windowOf(args, byKeptSku);
  const found = await services.productChanges.kept(id, window, window.limit + 1);
  return {
    ...connectionOf(pageOf(found, window), ({ sku }) => byKeptSku.encode(sku)),
    totalCount: () => services.productChanges.countKept(id),
  };
}

/** In the order of the changes; null for one whose author is not known. */
export async function changeAuthors(
  changes: readonly ProductChange[],
  context: Context,
): Promise<(string | null)[]> {
  const numbers = changes.map(({ importNumber }) => importNumber);
  const imports = numbers.some((number) => number > 0) ? await importsByNumbers(numbers, context) : [];
  return changes.map(({ author }, index) => author ?? imports[index]?.createdBy ?? null);
}

/** In the order of the SKUs; null for a product whose author is not known. */
export async function productAuthors(
  skus: readonly string[],
  { services }: Context,
): Promise<(string | null)[]> {
  const authors = await services.productChanges.authorsOf(skus);
  return skus.map((sku) => authors.get(sku) ?? null);
}

/** In the order of the numbers; null for 0, an edit. */
export async function importsByNumbers(
  numbers: readonly number[],
  { services }: Context,
): Promise<(ImportRecord | null)[]> {
  const found = await services.importStore.byNumbers(numbers);
  return inOrder(numbers, found, ({ number }) => number);
}

/** In the order of the numbers; false for 0, an edit. */
export async function areImportsDeleted(numbers: readonly number[], context: Context): Promise<boolean[]> {
  const found = await importsByNumbers(numbers, context);
  return numbers.map((number, at) => number > 0 && found[at] === null);
}
