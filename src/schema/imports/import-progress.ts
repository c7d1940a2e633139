// The subscription `importProgress`.

import { checkId } from '../../resolvers/bad-input.ts';
import { SHARED_RESULTS } from '../../resolvers/shared-results.ts';
import { builder } from '../builder.ts';
import { ImportRef } from './import.ts';

builder.subscriptionField('importProgress', (t) =>
  t.field({
    type: ImportRef,
    extensions: SHARED_RESULTS,
    authScopes: { reader: true },
    description:
      'Sends the current state of an import immediately and again after each change, at intervals of at most 250 ms while the import makes progress. Completes after the final state; a previewed import that is READY is not at its end, so the stream stays open, and goes on once the import is committed. You can subscribe before the import exists. A slow client skips intermediate states but always gets the newest one.',
    args: {
      id: t.arg.id({
        description: 'The ID of the import, a UUID. Default: all imports, in a stream that never completes.',
      }),
    },
    subscribe: (_root, { id }, { services, signal }) =>
      services.progress.subscribe(id ? checkId('id', id) : undefined, signal),
    resolve: (record) => record,
  }),
);
