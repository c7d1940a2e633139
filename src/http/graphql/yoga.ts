// The GraphQL endpoint: Yoga, and the plugins that make it ours, in the order in which they act.

import { renderGraphiQL } from '@graphql-yoga/render-graphiql';
import type { GraphQLSchema } from 'graphql';
import { createYoga, type Plugin } from 'graphql-yoga';
import type { Logger } from 'pino';
import type { Context, Services } from '../../resolvers/context.ts';
import { baseUrl, type HttpContext, type ServerContext } from '../server-context.ts';
import type { UploadLimits } from '../upload/multipart-reader.ts';
import { useUpload } from '../upload/use-upload.ts';
import type { BodyLimits } from './body-limits.ts';
import { shortDocumentCache } from './document-cache.ts';
import { errorMask } from './error-mask.ts';
import { GRAPHQL_TYPE, JSON_TYPE, preferredType } from './preferred-type.ts';
import { useDocumentCheck } from './use-document-check.ts';
import { useNegotiation } from './use-negotiation.ts';
import { useRequestBody } from './use-request-body.ts';
import { useSameOrigin } from './use-same-origin.ts';
import { useSubscriptionsSse } from './use-subscriptions-sse.ts';

export const GRAPHQL_PATH = '/graphql';

/** What GraphiQL shows who opens it for the first time. */
const FIRST_QUERY = `# The names that most products have, and the newest imports.
{
  productCountsByName(first: 10) { totalCount nodes { name productCount } }
  imports(first: 5) {
    nodes { fileName status percent rows { read inserted updated unchanged superseded rejected } issuesUrl }
  }
}
`;

const GRAPHIQL = { title: 'Loadstone', subscriptionsProtocol: 'SSE', defaultQuery: FIRST_QUERY } as const;

export interface GraphQLOptions {
  schema: GraphQLSchema;
  services: Services;
  limits: UploadLimits;
  bodyLimits: BodyLimits;
  /** How often a silent event stream shows that it is alive, in milliseconds. */
  keepAliveMs: number;
  log: Logger;
}

export type GraphQLServer = ReturnType<typeof createGraphQLServer>;

export function createGraphQLServer({
  schema,
  services,
  limits,
  bodyLimits,
  keepAliveMs,
  log,
}: GraphQLOptions) {
  return createYoga<HttpContext, Context>({
    schema,
    context: ({ req, over }: ServerContext): Context => ({ services, baseUrl: baseUrl(req), signal: over }),
    maskedErrors: { maskError: errorMask(log) },
    plugins: [
      useSameOrigin(),
      useRequestBody(bodyLimits),
      useUpload(limits),
      useDocumentCheck(),
      useNegotiation(),
      useSubscriptionsSse(keepAliveMs),
      useHtmlCharset(),
    ],
    graphqlEndpoint: GRAPHQL_PATH,
    // Its page carries its scripts with it: no other host is asked for anything.
    renderGraphiQL,
    graphiql: (request) => wantsGraphiQL(request.headers.get('accept')) && GRAPHIQL,
    landingPage: false,
    cors: false,
    logging: false,
    parserAndValidationCache: { documentCache: shortDocumentCache(), errorCache: shortDocumentCache() },
    // Ours instead: both would hold a whole upload in memory, or refuse it.
    multipart: false,
    maxRequestBodySize: false,
  });
}

/** Whether a client with this Accept header would rather have a page than a result. */
export function wantsGraphiQL(accept: string | null | undefined): boolean {
  return preferredType(accept, [JSON_TYPE, GRAPHQL_TYPE, 'text/html']) === 'text/html';
}

function useHtmlCharset(): Plugin {
  return {
    onResponse({ response }) {
      if (response.headers.get('content-type') !== 'text/html') return;
      response.headers.delete('content-type');
      response.headers.set('content-type', 'text/html; charset=utf-8');
    },
  };
}
