// Starts operations over HTTP as `FairStarts` allows. Those over WebSocket do not come by here.

import type { Plugin } from 'graphql-yoga';
import { clientKey } from '../../clients/client-key.ts';
import type { ServerContext } from '../../server-context.ts';
import type { FairStarts } from './fair-starts.ts';

export function useFairStarts(starts: FairStarts): Plugin {
  return {
    onParams({ context }) {
      return starts.next(clientKey(context as unknown as ServerContext));
    },
  };
}
