// Rejects operations that a page of another origin sends, or could send.

import type { IncomingHttpHeaders } from 'node:http';
import type { Plugin } from 'graphql-yoga';
import { httpError } from '../../http-error.ts';
import { crossOriginError, hasPreflight, isCrossOrigin, isFromOwnPage } from '../../origins/cross-origin.ts';
import type { HttpContext } from '../../server-context.ts';

/** @param requirePreflight whether clients must show that they are no such page */
export function useSameOrigin(requirePreflight: boolean): Plugin<object, HttpContext> {
  return {
    onRequestParse({ request, serverContext: { req } }) {
      if (request.method === 'POST' && isCrossOrigin(req.headers)) throw crossOriginError();
      if (requirePreflight && isSimple(req.headers)) throw preflightRequired();
    },
  };
}

/** Whether a browser sends such a request for any page, without asking the server first. */
function isSimple(headers: IncomingHttpHeaders): boolean {
  if (hasPreflight(headers) || isFromOwnPage(headers)) return false;
  return !/^application\/(?!x-www-form-urlencoded)/.test(headers['content-type'] ?? '');
}

function preflightRequired(): Error {
  const message =
    'Pages of any origin can make a browser send such a request. Send the operation as application/json, or add the header "graphql-preflight: 1".';
  return httpError(403, 'CROSS_ORIGIN_REQUEST', message);
}
