// A product.

import type { Product } from '../../db/catalogue/product.ts';
import { productAuthors } from '../../resolvers/catalogue/product-changes.ts';
import { nameCounts } from '../../resolvers/catalogue/product-counts.ts';
import { productId } from '../../resolvers/nodes.ts';
import { builder, UNCACHED } from '../builder.ts';
import { NodeRef } from '../node.ts';

export const ProductRef = builder.objectRef<Product>('Product').implement({
  description: 'A product in the catalogue.',
  interfaces: [NodeRef],
  fields: (t) => ({
    id: t.id({
      description:
        'The ID of the product, for `node` and `nodes`. An opaque string; the same for the same SKU. Other fields take the SKU.',
      resolve: ({ sku }) => productId(sku),
    }),
    sku: t.exposeString('sku', { description: 'The unique key of the product. Case-sensitive.' }),
    name: t.exposeString('name', { description: 'The name. Several products can share a name.' }),
    description: t.exposeString('description', { description: 'The description. May be empty.' }),
    attributes: t.expose('attributes', {
      type: 'JSONObject',
      description:
        'The values of other columns, as text, under their names: of imports with `keepColumns`, and of edits. A blank value is left out. `{}` if there are none.',
    }),
    updatedAt: t.expose('updatedAt', {
      type: 'DateTime',
      description:
        'When the product was inserted or last changed. Writing identical values does not change it.',
    }),
    updatedBy: t.loadable({
      type: 'String',
      nullable: true,
      description:
        'The name of who inserted or last changed the product: by an edit, or with an import (`Import.createdBy`). Null if a data source did, if access is open, and if it is not known any more: of an edit it is for `HISTORY_DAYS`, of an import until that is deleted.',
      load: productAuthors,
      resolve: ({ sku }) => sku,
      loaderOptions: UNCACHED,
    }),
    nameCount: t.loadable({
      type: 'SafeInt',
      description:
        'The exact number of products with this name, as in `ProductCount.productCount`. 0 if the product was deleted and no other has the name.',
      load: nameCounts,
      resolve: ({ name }) => name,
      loaderOptions: UNCACHED,
    }),
  }),
});
