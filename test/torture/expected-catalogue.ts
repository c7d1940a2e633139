// The catalogue and row counts that imports must lead to, computed from the files alone.

import { isDeepStrictEqual } from 'node:util';
import type { Ledger } from '../../src/cli/client/loadstone-client.ts';
import { CatalogueModel } from '../support/imports/catalogue-model.ts';
import type { Submission } from './clients/submission.ts';
import type { Products, Updates } from './clients/updates.ts';

export interface Expected {
  products: Products;
  ledgers: Map<string, Ledger>;
}

/** After these imports, run in this order. */
export function expectedAfter(before: CatalogueModel, inOrder: readonly Submission[]): Expected {
  const model = new CatalogueModel();
  for (const [sku, product] of before.products) model.products.set(sku, product);
  const ledgers = new Map<string, Ledger>();
  for (const { id, file } of inOrder) {
    const { read, ...rest } = model.import(file.products);
    ledgers.set(id, { ...rest, read: read + file.rejected, rejected: file.rejected });
  }
  return { products: model.products, ledgers };
}

/** All permutations of the items, the given order first. */
export function* ordersOf<T>(items: readonly T[]): Generator<T[]> {
  if (items.length === 0) yield [];
  for (const [at, item] of items.entries()) {
    for (const rest of ordersOf(items.toSpliced(at, 1))) yield [item, ...rest];
  }
}

/** @returns a message for each product that is not as expected */
export function productDifferences(found: Products, { products }: Expected, updates: Updates): string[] {
  const differences: string[] = [];
  const note = (sku: string, is: unknown, shouldBe: unknown) =>
    differences.push(`product ${sku} is ${JSON.stringify(is)} and should be ${JSON.stringify(shouldBe)}`);
  for (const [sku, wanted] of products) {
    const product = found.get(sku);
    const names = updates.namesOf(sku, wanted.name);
    const isRight = names.some((name) => isDeepStrictEqual(product, { ...wanted, name }));
    if (!isRight) note(sku, product, { ...wanted, name: names.join(' or ') });
  }
  for (const [sku, product] of found) if (!products.has(sku)) note(sku, product, undefined);
  return differences;
}

/** @param undone the least and greatest number of rows that may count as updated because they undid an update */
export function isLedger(found: Ledger, wanted: Ledger, [from, to]: readonly [number, number]): boolean {
  const shift = found.updated - wanted.updated;
  const moved = { ...wanted, updated: wanted.updated + shift, unchanged: wanted.unchanged - shift };
  return shift >= from && shift <= to && sameLedger(found, moved);
}

function sameLedger(a: Ledger, b: Ledger): boolean {
  return (Object.keys(b) as (keyof Ledger)[]).every((key) => a[key] === b[key]);
}
