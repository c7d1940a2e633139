// What several products are to be called: all the same, or each as it is with a part replaced.

import type { Product } from '../../documents.ts';

export type Renaming = { kind: 'SAME'; name: string } | { kind: 'REPLACE'; part: string; by: string };

export function newNameOf(product: Product, renaming: Renaming): string {
  return renaming.kind === 'SAME' ? renaming.name : product.name.replaceAll(renaming.part, () => renaming.by);
}

/** The products that get another name. */
export function renamedBy(products: readonly Product[], renaming: Renaming): Product[] {
  if (renaming.kind === 'REPLACE' && renaming.part === '') return [];
  return products.filter((product) => newNameOf(product, renaming) !== product.name);
}
