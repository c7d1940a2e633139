// Queries for data sources.

import { checkId } from '../../resolvers/bad-input.ts';
import { dataSources } from '../../resolvers/sources/data-sources.ts';
import { builder } from '../builder.ts';
import { DataSourceRef } from './data-source.ts';

builder.queryFields((t) => ({
  dataSource: t.field({
    type: DataSourceRef,
    nullable: true,
    authScopes: { reader: true },
    description: 'Returns a data source by ID, or null if it does not exist.',
    args: {
      id: t.arg.id({
        required: true,
        description: 'The ID of the data source. BAD_USER_INPUT if it is not a UUID.',
      }),
    },
    resolve: async (_root, { id }, { services }) =>
      (await services.dataSources.get(checkId('id', id))) ?? null,
  }),
  dataSources: t.connection(
    {
      type: DataSourceRef,
      authScopes: { reader: true },
      description: 'Returns all data sources, ordered by name.',
      resolve: (_root, args, context) => dataSources(args, context),
    },
    {
      name: 'DataSourceConnection',
      description: 'A page of data sources.',
      fields: (connection) => ({
        totalCount: connection.field({
          type: 'SafeInt',
          description: 'The exact number of data sources. Computed only if you request it.',
          resolve: (page) => page.totalCount(),
        }),
      }),
    },
    { name: 'DataSourceEdge' },
  ),
}));
