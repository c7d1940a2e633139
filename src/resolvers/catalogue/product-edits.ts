// Edits of many products at once.

import { authorOf } from '../../access/identity.ts';
import type {
  ProductDeletion,
  ProductEdit,
  ProductUpdate,
} from '../../db/catalogue/products/product-batch-store.ts';
import { badInput } from '../bad-input.ts';
import type { Context } from '../context.ts';

/** How many products one mutation may edit. */
export const MAX_EDITS = 500;

export async function updateProducts(
  updates: readonly ProductUpdate[],
  { services, identity }: Context,
): Promise<ProductEdit[]> {
  checkEdits(updates);
  return services.productBatches.update(updates, authorOf(identity));
}

export async function deleteProducts(
  deletions: readonly ProductDeletion[],
  { services, identity }: Context,
): Promise<ProductEdit[]> {
  checkEdits(deletions);
  return services.productBatches.delete(deletions, authorOf(identity));
}

/** @throws LoadstoneError BAD_USER_INPUT for too many, or several of one product */
function checkEdits(edits: readonly ProductDeletion[]): void {
  if (edits.length > MAX_EDITS) {
    const message = `\`products\` has ${edits.length} products; the maximum is ${MAX_EDITS}. Send the others with another request. Nothing was written.`;
    throw badInput(message, 'products');
  }
  const skus = new Set<string>();
  for (const { sku } of edits) {
    if (skus.has(sku)) {
      const message = `\`products\` has the SKU ${JSON.stringify(sku)} more than once. Name each product once. Nothing was written.`;
      throw badInput(message, 'products');
    }
    skus.add(sku);
  }
}
