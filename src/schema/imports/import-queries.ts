// Queries for imports.

import type { ImportRecord } from '../../db/imports/import-record.ts';
import { checkId } from '../../resolvers/bad-input.ts';
import { imports } from '../../resolvers/imports/imports.ts';
import type { CountedConnection } from '../../resolvers/pagination.ts';
import { builder } from '../builder.ts';
import { ImportRef } from './import.ts';
import { ImportStatusRef } from './import-status.ts';

const ImportFilterRef = builder.inputType('ImportFilter', {
  description: 'Filters imports. All conditions must match.',
  fields: (t) => ({
    status: t.field({ type: ImportStatusRef, description: 'The status.' }),
    sourceId: t.id({ description: 'The ID of a data source, a UUID. The source may have been removed.' }),
    isCorrection: t.boolean({
      description: 'Whether they are corrections, made with `correctRows`. False leaves those out.',
    }),
    corrects: t.id({ description: 'The ID of the import that they correct, a UUID.' }),
  }),
});

export const ImportConnectionRef = builder.connectionObject<
  typeof ImportRef,
  CountedConnection<ImportRecord>
>(
  {
    type: ImportRef,
    name: 'ImportConnection',
    description: 'A page of imports.',
    fields: (t) => ({
      totalCount: t.field({
        type: 'SafeInt',
        description: 'The exact number of imports that match the filter. Computed only if you request it.',
        resolve: (page) => page.totalCount(),
      }),
    }),
  },
  { name: 'ImportEdge' },
);

builder.queryFields((t) => ({
  import: t.field({
    type: ImportRef,
    nullable: true,
    authScopes: { reader: true },
    description: 'Returns an import by ID, or null if it does not exist.',
    args: {
      id: t.arg.id({
        required: true,
        description: 'The ID of the import. BAD_USER_INPUT if it is not a UUID.',
      }),
    },
    resolve: async (_root, { id }, { services }) =>
      (await services.importStore.get(checkId('id', id))) ?? null,
  }),
  imports: t.connection(
    {
      type: ImportRef,
      authScopes: { reader: true },
      description: 'Returns imports, newest first.',
      args: {
        filter: t.arg({ type: ImportFilterRef, description: 'Which imports to return. Default: all.' }),
      },
      resolve: (_root, args, context) => imports(args, context),
    },
    ImportConnectionRef,
  ),
}));
