// What an import would do: numbers, name counts, and samples of rows.

import type { ImportPreview, NameCountMove, PreviewedProduct, PreviewSample } from '../../db/tables.ts';
import { costs } from '../../resolvers/field-cost.ts';
import { builder } from '../builder.ts';
import { ImportRowsRef } from './import-result.ts';

const PreviewSampleKindRef = builder.enumType('PreviewSampleKind', {
  description: 'What would become of a row.',
  values: {
    INSERTED: { description: 'It would create a product.' },
    UPDATED: { description: 'It would change a product.' },
    UNCHANGED: { description: 'It is identical to the product.' },
    SUPERSEDED: { description: 'Another row of the file with the same SKU would be imported in its place.' },
  },
});

const PreviewedProductRef = builder.objectRef<PreviewedProduct>('PreviewedProduct').implement({
  description: 'The values of a product in a preview.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'The name.' }),
    description: t.exposeString('description', {
      description: 'The description, or its first 10,000 characters.',
    }),
    attributes: t.expose('attributes', {
      type: 'JSONObject',
      description: 'The attributes, each with at most 1,000 characters.',
    }),
    isCut: t.exposeBoolean('isCut', {
      description: 'Whether the description or an attribute is longer than shown.',
    }),
  }),
});

const PreviewSampleRef = builder.objectRef<PreviewSample>('PreviewSample').implement({
  description: 'A row of the file, with what it would do.',
  fields: (t) => ({
    kind: t.expose('kind', { type: PreviewSampleKindRef, description: 'What would become of the row.' }),
    line: t.expose('line', { type: 'SafeInt', description: 'The line on which the row starts, from 1.' }),
    sku: t.exposeString('sku', { description: 'The SKU.' }),
    before: t.expose('before', {
      type: PreviewedProductRef,
      nullable: true,
      description: 'The product at the moment of the preview. Null for INSERTED and SUPERSEDED.',
    }),
    after: t.expose('after', {
      type: PreviewedProductRef,
      description: 'The product as the row would leave it; for SUPERSEDED, the values of the row.',
    }),
    winningLine: t.expose('winningLine', {
      type: 'SafeInt',
      nullable: true,
      description:
        'For SUPERSEDED: the line of the row with the same SKU that would be imported. Null if it was superseded in an earlier file, whose issues this file is.',
    }),
  }),
});

const NameCountMoveRef = builder.objectRef<NameCountMove>('NameCountMove').implement({
  description: 'How the number of products with a name would change.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'The name.' }),
    countNow: t.expose('countNow', {
      type: 'SafeInt',
      description: 'The number of products with the name at the moment of the preview.',
    }),
    countThen: t.expose('countThen', {
      type: 'SafeInt',
      description: 'The number that there would be after the import.',
    }),
  }),
});

export const ImportPreviewRef = builder.objectRef<ImportPreview>('ImportPreview').implement({
  description:
    'What an import would do if it were merged at the moment of its preview. All numbers are exact, and belong to that moment.',
  fields: (t) => ({
    asOf: t.field({
      type: 'DateTime',
      description: 'The moment of the preview.',
      resolve: ({ asOf }) => new Date(asOf),
    }),
    rows: t.expose('rows', {
      type: ImportRowsRef,
      description: 'What would happen to the rows of the file. `read` and `rejected` are final.',
    }),
    namesChanged: t.expose('namesChanged', {
      type: 'SafeInt',
      description: 'The number of names that would have another count.',
    }),
    names: t.expose('names', {
      type: [NameCountMoveRef],
      ...costs({ size: 50 }),
      description: 'The names whose counts would change most, the largest change first. At most 50.',
    }),
    samples: t.field({
      type: [PreviewSampleRef],
      ...costs({ size: 200 }),
      description:
        'Rows of the file in the order of lines, at most 50 of each kind, and fewer if they are very long. Rejected rows are in `Import.issues`.',
      args: {
        kind: t.arg({
          type: PreviewSampleKindRef,
          description: 'Returns only rows of this kind. Default: all.',
        }),
      },
      resolve: ({ samples }, { kind }) => (kind ? samples.filter((sample) => sample.kind === kind) : samples),
    }),
  }),
});
