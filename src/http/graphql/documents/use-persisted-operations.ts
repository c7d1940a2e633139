// Puts the document in place of its hash, for requests over HTTP. Those over WebSocket do not come by here.

import type { GraphQLParams, Plugin } from 'graphql-yoga';
import type { PersistedOperations, RequestedOperation } from './persisted-operations.ts';

export function usePersistedOperations(operations: PersistedOperations): Plugin {
  return {
    onParams({ request, params, setParams }) {
      const { documentId = idInAddress(request), ...rest } = params as GraphQLParams & RequestedOperation;
      const query = operations.documentOf({ ...rest, documentId });
      // Without the ID: Yoga refuses parameters that it does not know.
      setParams({ ...rest, query } as GraphQLParams);
    },
  };
}

/** Yoga reads only the parameters that it knows. */
function idInAddress({ method, url }: Request): string | undefined {
  return method === 'GET' ? (new URL(url).searchParams.get('documentId') ?? undefined) : undefined;
}
