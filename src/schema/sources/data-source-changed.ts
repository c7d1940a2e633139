// The subscription `dataSourceChanged`.

import { checkId } from '../../resolvers/bad-input.ts';
import { builder } from '../builder.ts';
import { DataSourceRef } from './data-source.ts';

builder.subscriptionField('dataSourceChanged', (t) =>
  t.field({
    type: DataSourceRef,
    authScopes: { reader: true },
    description:
      'Sends the current state of a data source immediately and again after each change. Completes when the data source is removed. A slow client skips intermediate states but always gets the newest one.',
    args: {
      id: t.arg.id({
        description:
          'The ID of the data source, a UUID. Default: all data sources, in a stream that never completes.',
      }),
    },
    subscribe: (_root, { id }, { services, signal }) =>
      services.sourceFeed.subscribe(id ? checkId('id', id) : undefined, signal),
    resolve: (record) => record,
  }),
);
