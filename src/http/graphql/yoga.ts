// The GraphQL endpoint: Yoga and its plugins, in the order in which they run.

import { randomBytes } from 'node:crypto';
import type { renderGraphiQL } from '@graphql-yoga/render-graphiql';
import type { GraphQLSchema } from 'graphql';
import { createYoga, type Plugin } from 'graphql-yoga';
import type { Logger } from 'pino';
import type { Context, Services } from '../../resolvers/context.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import type { RateLimits } from '../clients/rate-limits.ts';
import { baseUrl, type HttpContext, type ServerContext } from '../server-context.ts';
import type { UploadLimits } from '../upload/upload-limits.ts';
import type { UploadSlotSettings } from '../upload/upload-slots.ts';
import { useUpload } from '../upload/use-upload.ts';
import { shortDocumentCache } from './documents/document-cache.ts';
import type { ShapeLimits } from './documents/document-shape.ts';
import type { PersistedOperations } from './documents/persisted-operations.ts';
import { useDocumentCheck } from './documents/use-document-check.ts';
import { usePersistedOperations } from './documents/use-persisted-operations.ts';
import { useSchemaPrivacy } from './documents/use-schema-privacy.ts';
import { errorMask } from './error-mask.ts';
import { graphiqlOptions, graphiqlPage, graphiqlPolicy } from './graphiql/graphiql.ts';
import { GRAPHIQL_OFF_PAGE, GRAPHIQL_OFF_POLICY } from './graphiql/graphiql-off.ts';
import type { BodyLimits } from './limits/body-limits.ts';
import type { FairStarts } from './limits/fair-starts.ts';
import { type ExpensiveQueryLimits, useExpensiveQueries } from './limits/use-expensive-queries.ts';
import { useFairStarts } from './limits/use-fair-starts.ts';
import { useOperationLimits } from './limits/use-operation-limits.ts';
import { useMutationLog } from './observing/use-mutation-log.ts';
import { useOperationMetrics } from './observing/use-operation-metrics.ts';
import { GRAPHQL_TYPE, JSON_TYPE, preferredType } from './requests/preferred-type.ts';
import { useNegotiation } from './requests/use-negotiation.ts';
import { useRequestBody } from './requests/use-request-body.ts';
import { useSameOrigin } from './requests/use-same-origin.ts';
import { useSharedResults } from './results/use-shared-results.ts';
import { useSubscriptionsSse } from './subscriptions/use-subscriptions-sse.ts';

export const GRAPHQL_PATH = '/graphql';

/** Of an operation, checked before it is executed. */
export interface QueryLimits extends ShapeLimits, ExpensiveQueryLimits {
  /** 0: no limit. */
  maxQueryCost: number;
}

/** What the API shows, and to whom. */
export interface ApiExposure {
  introspection: boolean;
  graphiql: boolean;
  /** Whether operations that any page could send need a header that no page of another origin can send. */
  requirePreflight: boolean;
}

export interface GraphQLOptions {
  schema: GraphQLSchema;
  services: Services;
  limits: UploadLimits & UploadSlotSettings;
  bodyLimits: BodyLimits;
  queryLimits: QueryLimits;
  rates: RateLimits;
  exposure: ApiExposure;
  starts: FairStarts;
  operations: PersistedOperations;
  /** Interval of keep-alive comments in idle event streams, in milliseconds. */
  keepAliveMs: number;
  metrics: Metrics;
  log: Logger;
}

export type GraphQLServer = ReturnType<typeof createGraphQLServer>;

export function createGraphQLServer({
  schema,
  services,
  limits,
  bodyLimits,
  queryLimits,
  rates,
  exposure,
  starts,
  operations,
  keepAliveMs,
  metrics,
  log,
}: GraphQLOptions) {
  const mask = errorMask(log);
  let renderPage: typeof renderGraphiQL = () => '';
  /** Loads GraphiQL, 9 MB, when it is first opened. Its scripts are in the page, which loads nothing from other hosts. */
  async function prepareGraphiQL(accept: string | null, { req, res }: HttpContext) {
    if (!exposure.graphiql || !wantsGraphiQL(accept)) return false;
    if (!operations.areOthersAllowed) {
      res.setHeader('content-security-policy', GRAPHIQL_OFF_POLICY);
      return true;
    }
    const nonce = randomBytes(16).toString('base64');
    res.setHeader('content-security-policy', graphiqlPolicy(nonce));
    ({ renderGraphiQL: renderPage } = await import('@graphql-yoga/render-graphiql'));
    return graphiqlOptions(baseUrl(req), nonce);
  }
  return createYoga<HttpContext, Context>({
    schema,
    context: ({ req, over, identity }: ServerContext): Context => ({
      services,
      baseUrl: baseUrl(req),
      identity,
      signal: over,
    }),
    maskedErrors: { maskError: mask },
    plugins: [
      useOperationMetrics(metrics),
      useSameOrigin(exposure.requirePreflight),
      useRequestBody(bodyLimits),
      useUpload(limits),
      useFairStarts(starts),
      usePersistedOperations(operations),
      useDocumentCheck(queryLimits),
      useSchemaPrivacy(exposure.introspection),
      useOperationLimits(queryLimits.maxQueryCost, rates),
      useExpensiveQueries(queryLimits, metrics),
      useNegotiation(),
      useMutationLog(log),
      useSharedResults(mask),
      useSubscriptionsSse(keepAliveMs, metrics.of.subscribers),
      useHtmlCharset(),
    ],
    graphqlEndpoint: GRAPHQL_PATH,
    graphiql: (request, context) => prepareGraphiQL(request.headers.get('accept'), context),
    renderGraphiQL: (options) =>
      operations.areOthersAllowed ? graphiqlPage(renderPage, options) : GRAPHIQL_OFF_PAGE,
    landingPage: false,
    cors: false,
    logging: false,
    parserAndValidationCache: { documentCache: shortDocumentCache(), errorCache: shortDocumentCache() },
    // `useUpload` and `useRequestBody` do this: Yoga would buffer a whole upload, or reject it.
    multipart: false,
    maxRequestBodySize: false,
  });
}

/** Whether a client with this Accept header prefers HTML to JSON. */
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
