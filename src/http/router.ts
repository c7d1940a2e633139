// The routes: paths, their methods and their parameters.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { GraphQLSchema } from 'graphql';
import type { Grant } from '../access/grant.ts';
import { type Role, STRANGER } from '../access/identity.ts';
import type { Services } from '../resolvers/context.ts';
import type { Probes } from '../telemetry/health.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { RequestAccess } from './access/request-access.ts';
import { answerSession, SESSION_PATH } from './access/session.ts';
import { cutConnection } from './connections/cut-connection.ts';
import { sendResponse } from './graphql/send-response.ts';
import { GRAPHQL_PATH, type GraphQLServer, wantsGraphiQL } from './graphql/yoga.ts';
import { methodNotAllowed } from './http-error.ts';
import { checkParameters, normalizeRequest, type TrustRules } from './normalize-request.ts';
import { preflightHeaders } from './origins/allowed-origins.ts';
import type { NoteRoute } from './request-observer.ts';
import { isConsolePage, sendNotFound, serveConsole } from './routes/console.ts';
import {
  answerChangeExport,
  answerCountExport,
  answerProductExport,
  CHANGE_EXPORT_PARAMETERS,
  COUNT_EXPORT_PARAMETERS,
  PRODUCT_EXPORT_PARAMETERS,
} from './routes/export-downloads.ts';
import { answerHealth, answerMetrics } from './routes/health.ts';
import { answerIssuesDownload, DOWNLOAD_PARAMETERS } from './routes/issues-download.ts';
import { answerTemplate, TEMPLATE_PATH } from './routes/template.ts';
import { HTTPS_HEADERS } from './security-headers.ts';
import { type HttpContext, isHttps, type ResponseStream } from './server-context.ts';

export interface RouterOptions {
  schema: GraphQLSchema;
  graphql: GraphQLServer;
  services: Services;
  access: RequestAccess;
  rules: TrustRules;
  probes: Probes;
  /** Undefined: they have a port of their own. */
  metrics: Metrics | undefined;
  consoleFolder: string;
  /** A download whose client takes nothing for this long is aborted. */
  stallMs: number;
}

type Lifetime = Pick<HttpContext, 'over' | 'onEndless'> & { noteRoute: NoteRoute };

/** @throws an HTTP error if the request cannot be served */
export type Router = (
  request: IncomingMessage,
  response: ServerResponse,
  lifetime: Lifetime,
) => Promise<void>;

interface Route {
  /** For metrics. */
  name: string;
  methods: readonly string[];
  /** Undefined: any are accepted. */
  parameters?: readonly string[];
  /** Undefined: it is open to all. */
  role: Role | undefined;
  answer(grant: Grant): Promise<void> | void;
}

const OPERATION_PARAMETERS = ['query', 'documentId', 'variables', 'operationName', 'extensions'];
/** Of a route that is open to all. */
const NO_GRANT: Grant = { identity: STRANGER };
/** The names of routes whose answers are cut when the token is revoked. */
const DOWNLOADS = ['issues', 'export'];
const READ = ['GET', 'HEAD', 'OPTIONS'];
const READ_AND_POST = ['GET', 'HEAD', 'POST', 'OPTIONS'];
const ISSUES_PATH = /^\/imports\/([^/]+)\/issues\.csv$/;
const EXPORT_PATH = /^\/(products|names|imports\/([^/]+)\/changes)\.csv(\.gz)?$/;

export function createRouter(options: RouterOptions): Router {
  const { schema, graphql, services, access, rules, probes, metrics, consoleFolder, stallMs } = options;

  async function answerGraphQL(
    request: IncomingMessage,
    response: ServerResponse,
    grant: Grant,
    lifetime: Lifetime,
  ) {
    const hasBody = request.method !== 'HEAD';
    if (!hasBody) request.method = 'GET';
    let stream: ResponseStream | undefined;
    const onStream = (body: ResponseStream) => {
      stream = body;
    };
    const { identity } = grant;
    const context: HttpContext = {
      req: request,
      res: response,
      identity,
      ...lifetime,
      onStream,
      watchAccess: (end) => access.watch(grant, end),
      watchRevocation: (end) => access.watchRevocation(grant, end),
    };
    const answer = await graphql.handleNodeRequestAndResponse(request, response, context);
    return sendResponse(request, response, answer, { hasBody, stream });
  }

  return async (request, response, lifetime) => {
    const { path, parameters, corsHeaders } = normalizeRequest(request, rules);
    response.setHeaders(new Map(Object.entries(corsHeaders)));
    if (isHttps(request)) response.setHeaders(new Map(Object.entries(HTTPS_HEADERS)));
    if (path === '*') return answerOptions(response, READ_AND_POST);
    const route = routeTo(path);
    if (!route) return sendNotFound(response);
    lifetime.noteRoute(route.name);
    if (request.method === 'OPTIONS') {
      const isPreflight = corsHeaders['access-control-allow-origin'] !== undefined;
      return answerOptions(
        response,
        route.methods,
        isPreflight ? preflightHeaders(request, route.methods) : {},
      );
    }
    if (!route.methods.includes(request.method ?? '')) throw methodNotAllowed(request.method, route.methods);
    if (route.parameters) checkParameters(parameters, route.parameters);
    const grant = route.role ? await access.identify(request) : NO_GRANT;
    if (route.role) access.require(grant.identity, route.role, `A request of ${path}`);
    if (DOWNLOADS.includes(route.name)) {
      const unwatch = access.watchRevocation(grant, () => cutConnection(response));
      response.once('close', unwatch);
    }
    await route.answer(grant);

    function routeTo(path: string): Route | undefined {
      // Paths with an empty segment are not found: proxies and libraries disagree on what they mean.
      if (path.includes('//')) return undefined;
      const address = path.replace(/(?<=.)\/$/, '');
      if (address === GRAPHQL_PATH) {
        const isOperation = request.method !== 'POST' && !wantsGraphiQL(request.headers.accept);
        return {
          name: 'graphql',
          methods: READ_AND_POST,
          ...(isOperation && { parameters: OPERATION_PARAMETERS }),
          // GraphiQL is a page. What it asks for needs a role.
          role: request.method === 'POST' || isOperation ? 'reader' : undefined,
          answer: (grant) => answerGraphQL(request, response, grant, lifetime),
        };
      }
      if (address === SESSION_PATH) {
        const answer = () => answerSession(request, response, access);
        return {
          name: 'session',
          methods: ['POST', 'DELETE', 'OPTIONS'],
          parameters: [],
          role: undefined,
          answer,
        };
      }
      if (address === '/healthz') {
        const answer = () => answerHealth(response, probes.alive, 'alive');
        return { name: 'healthz', methods: READ, parameters: [], role: undefined, answer };
      }
      if (address === '/readyz') {
        const answer = () => answerHealth(response, probes.ready, 'ready');
        return { name: 'readyz', methods: READ, parameters: [], role: undefined, answer };
      }
      if (address === '/metrics' && metrics) {
        const answer = () => answerMetrics(response, metrics);
        return { name: 'metrics', methods: READ, parameters: [], role: 'reader', answer };
      }
      const importId = ISSUES_PATH.exec(address)?.[1];
      if (importId) {
        const answer = () =>
          answerIssuesDownload(request, response, services, { importId, parameters, stallMs });
        return { name: 'issues', methods: READ, parameters: DOWNLOAD_PARAMETERS, role: 'reader', answer };
      }
      if (address === TEMPLATE_PATH) {
        const answer = () => answerTemplate(request, response, stallMs);
        return { name: 'template', methods: READ, parameters: [], role: 'reader', answer };
      }
      const [, what, changedBy, suffix = ''] = EXPORT_PATH.exec(address) ?? [];
      if (what) return exportRoute(what, changedBy, suffix);
      if (!READ.includes(request.method ?? '') && !isConsolePage(path)) return undefined;
      const answer = () => serveConsole(request, response, path, consoleFolder);
      return { name: 'console', methods: READ, role: undefined, answer };
    }

    function exportRoute(what: string, changedBy: string | undefined, suffix: string): Route {
      const wanted = { schema, parameters, suffix, stallMs, signal: lifetime.over };
      if (changedBy) {
        const answer = () => answerChangeExport(request, response, services, changedBy, wanted);
        return {
          name: 'export',
          methods: READ,
          parameters: CHANGE_EXPORT_PARAMETERS,
          role: 'reader',
          answer,
        };
      }
      return what === 'products'
        ? {
            name: 'export',
            methods: READ,
            parameters: PRODUCT_EXPORT_PARAMETERS,
            role: 'reader',
            answer: () => answerProductExport(request, response, services, wanted),
          }
        : {
            name: 'export',
            methods: READ,
            parameters: COUNT_EXPORT_PARAMETERS,
            role: 'reader',
            answer: () => answerCountExport(request, response, services, wanted),
          };
    }
  };
}

function answerOptions(
  response: ServerResponse,
  methods: readonly string[],
  headers: Record<string, string> = {},
): void {
  response.writeHead(204, { allow: methods.join(', '), ...headers }).end();
}
