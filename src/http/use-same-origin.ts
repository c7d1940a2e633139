// Refuses operations that another site's page posts from its visitor's browser.

import type { Plugin } from 'graphql-yoga';
import { LoadstoneError } from '../errors.ts';
import { isFromAnotherSite } from './origin.ts';
import type { HttpContext } from './server-context.ts';

export function useSameOrigin(): Plugin<object, HttpContext> {
  return {
    onRequestParse({ request, serverContext }) {
      if (request.method !== 'POST' || !isFromAnotherSite(serverContext.req.headers)) return;
      throw new LoadstoneError(
        'CROSS_ORIGIN_REQUEST',
        'This request comes from a page of another origin. Send it from this server’s own pages, without an Origin header, or with the header "graphql-preflight: 1".',
      );
    },
  };
}
