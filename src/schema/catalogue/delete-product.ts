// The mutation `deleteProduct`.

import { authorOf } from '../../access/identity.ts';
import { builder } from '../builder.ts';
import { ProductRef } from './product.ts';

builder.mutationField('deleteProduct', (t) =>
  t.field({
    type: ProductRef,
    nullable: true,
    authScopes: { writer: true },
    description:
      'Deletes a product and returns it as it was. The count of its name changes in the same transaction. A file or data source that still has the SKU brings the product back with its next import. Errors: NOT_FOUND if no product has this SKU, CONFLICT if the product has changed since `updatedAt`.',
    args: {
      sku: t.arg.string({ required: true, description: 'The exact SKU of the product.' }),
      updatedAt: t.arg({
        type: 'DateTime',
        description:
          'Pass the `updatedAt` that you have read to avoid deleting a newer change. If the product has changed since then, nothing is deleted and the error CONFLICT returns the current product in `extensions.product`. Omit it to skip this check.',
      }),
    },
    resolve: (_root, { sku, updatedAt }, { services, identity }) =>
      services.productEdits.delete(sku, updatedAt ?? undefined, authorOf(identity)),
  }),
);
