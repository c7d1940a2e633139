// Rejects operations posted by pages of other origins.

import type { Plugin } from 'graphql-yoga';
import { crossOriginError, isCrossOrigin } from '../cross-origin.ts';
import type { HttpContext } from '../server-context.ts';

export function useSameOrigin(): Plugin<object, HttpContext> {
  return {
    onRequestParse({ request, serverContext }) {
      if (request.method === 'POST' && isCrossOrigin(serverContext.req.headers)) throw crossOriginError();
    },
  };
}
