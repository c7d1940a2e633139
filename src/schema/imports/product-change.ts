// A change of a product, and where it is found: the history of a product, what an import changed, what an undo kept.

import type {
  KeptProduct,
  ProductChange,
  ProductVersion,
} from '../../db/catalogue/history/product-change-store.ts';
import { changesUrl } from '../../resolvers/catalogue/export-urls.ts';
import {
  areImportsDeleted,
  changeAuthors,
  importChanges,
  importsByNumbers,
  keptProducts,
  productHistory,
} from '../../resolvers/catalogue/product-changes.ts';
import { costs, STATEMENT } from '../../resolvers/field-cost.ts';
import { builder, UNCACHED } from '../builder.ts';
import { exportArgs } from '../catalogue/export-args.ts';
import { ProductRef } from '../catalogue/product.ts';
import { ImportRef } from './import.ts';

const ChangeKindRef = builder.enumType('ChangeKind', {
  description: 'What happened to a product.',
  values: {
    INSERTED: {
      description:
        'It was inserted. In a history also: the oldest version that is known, if what was before is not kept any more.',
    },
    UPDATED: { description: 'It was changed.' },
    DELETED: { description: 'It was deleted.' },
  },
});

const ProductVersionRef = builder.objectRef<ProductVersion>('ProductVersion').implement({
  description: 'The values that a product had at some time.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'The name.' }),
    description: t.exposeString('description', { description: 'The description.' }),
    attributes: t.field({
      type: 'JSONObject',
      description: 'The values of other columns, as in `Product.attributes`.',
      resolve: ({ attributes }) => attributes ?? {},
    }),
    updatedAt: t.field({
      type: 'DateTime',
      description: 'When the product got these values, as in `Product.updatedAt`.',
      resolve: ({ updatedAt }) => new Date(updatedAt),
    }),
  }),
});

const ProductChangeRef = builder.objectRef<ProductChange>('ProductChange').implement({
  description: 'A change of a product by an import or an edit.',
  fields: (t) => ({
    sku: t.exposeString('sku', { description: 'The SKU of the product.' }),
    kind: t.expose('kind', { type: ChangeKindRef, description: 'What happened to the product.' }),
    at: t.expose('at', { type: 'DateTime', description: 'When it was changed.' }),
    import: t.loadable({
      type: ImportRef,
      nullable: true,
      description:
        'The import that made the change. Null for an edit, for a change from before that was recorded, and if the import was deleted.',
      load: importsByNumbers,
      resolve: ({ importNumber }) => importNumber,
      loaderOptions: UNCACHED,
    }),
    isImportDeleted: t.loadable({
      type: 'Boolean',
      description: 'Whether an import made the change that has been deleted since.',
      load: areImportsDeleted,
      resolve: ({ importNumber }) => importNumber,
      loaderOptions: UNCACHED,
    }),
    author: t.loadable({
      type: 'String',
      nullable: true,
      description:
        'The name of who made the change: of an import, its `createdBy`. Null for a data source, and if that is unknown.',
      load: changeAuthors,
      resolve: (change) => change,
      loaderOptions: UNCACHED,
    }),
    before: t.expose('before', {
      type: ProductVersionRef,
      nullable: true,
      description: 'The values before the change. Null if the product was inserted.',
    }),
    after: t.expose('after', {
      type: ProductVersionRef,
      nullable: true,
      description: 'The values after the change. Null if the product was deleted.',
    }),
  }),
});

const KeptProductRef = builder.objectRef<KeptProduct>('KeptProduct').implement({
  description:
    'A product that an undo left alone, because it was changed again after the import that is undone.',
  fields: (t) => ({
    sku: t.exposeString('sku', { description: 'The SKU of the product.' }),
    kind: t.expose('kind', {
      type: ChangeKindRef,
      description: 'What happened to the product last, before the undo.',
    }),
    changedAt: t.expose('changedAt', { type: 'DateTime', description: 'When that was.' }),
    changedBy: t.loadable({
      type: ImportRef,
      nullable: true,
      description: 'The import that did it. Null for an edit.',
      load: importsByNumbers,
      resolve: ({ changedBy }) => changedBy,
      loaderOptions: UNCACHED,
    }),
  }),
});

const CHANGES = {
  name: 'ProductChangeConnection',
  description:
    'A page of changes of products. Without `totalCount`, as counting them would read all changes of an import, which can be millions: `Import.rows` says how many products it changed.',
};

const ProductChangeConnectionRef = builder.connectionObject(
  { type: ProductChangeRef, ...CHANGES },
  { name: 'ProductChangeEdge' },
);

const HISTORY =
  'newest first: each value it had, when, and by which import or edit. Former values are kept for `HISTORY_DAYS`, 30 unless configured.';

builder.objectField(ProductRef, 'history', (t) =>
  t.connection(
    {
      type: ProductChangeRef,
      ...costs({ cost: STATEMENT }),
      description: `The changes of the product, ${HISTORY}`,
      resolve: ({ sku }, args, context) => productHistory(sku, args, context),
    },
    ProductChangeConnectionRef,
  ),
);

builder.queryField('productHistory', (t) =>
  t.connection(
    {
      type: ProductChangeRef,
      authScopes: { reader: true },
      description: `Returns the changes of the product with a SKU, ${HISTORY} For a product that does not exist any more, too. Empty if none is known.`,
      args: { sku: t.arg.string({ required: true, description: 'The exact SKU.' }) },
      resolve: (_root, { sku, ...args }, context) => productHistory(sku, args, context),
    },
    ProductChangeConnectionRef,
  ),
);

builder.objectFields(ImportRef, (t) => ({
  changes: t.connection(
    {
      type: ProductChangeRef,
      ...costs({ cost: STATEMENT }),
      description:
        'What the import has changed, with the values before and after, ordered by SKU (byte order). Products that it left as they were are not included. Known for `HISTORY_DAYS`, 30 unless configured.',
      args: {
        kind: t.arg({
          type: ChangeKindRef,
          description: 'Returns only changes of this kind. Default: all.',
        }),
      },
      resolve: (record, args, context) => importChanges(record, args, context),
    },
    ProductChangeConnectionRef,
  ),
  changesUrl: t.string({
    description:
      'The address of a CSV download of these changes, in the same order: of each product the kind of the change, when it was, and the name, the description and the attributes (as JSON) before and after.',
    args: {
      ...exportArgs(t),
      kind: t.arg({ type: ChangeKindRef, description: 'Only changes of this kind. Default: all.' }),
    },
    resolve: (record, args, { baseUrl }) => changesUrl(record, args, baseUrl),
  }),
  keptProducts: t.connection(
    {
      type: KeptProductRef,
      ...costs({ cost: STATEMENT }),
      description:
        'Of an undo, the products that it left alone, ordered by SKU (byte order), with who changed them. Otherwise empty.',
      resolve: (record, args, context) => keptProducts(record, args, context),
    },
    {
      name: 'KeptProductConnection',
      description: 'A page of products that an undo left alone.',
      fields: (connection) => ({
        totalCount: connection.field({
          type: 'SafeInt',
          description: 'The exact number of these products. While the undo is running, the number so far.',
          resolve: (page) => page.totalCount(),
        }),
      }),
    },
    { name: 'KeptProductEdge' },
  ),
}));
