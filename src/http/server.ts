// The HTTP server: which address answers what, and how it ends.

import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { GraphQLSchema } from 'graphql';
import type { Logger } from 'pino';
import { SettingsError } from '../errors.ts';
import type { Services } from '../resolvers/context.ts';
import { answerConsole, CONSOLE_FOLDER } from './console.ts';
import { createGraphQLServer, GRAPHQL_PATH } from './graphql.ts';
import { answerHealth, answerReadiness } from './health.ts';
import { answerIssuesDownload } from './issues-download.ts';
import type { UploadLimits } from './multipart-reader.ts';
import { sendResponse } from './send-response.ts';
import type { HttpContext } from './server-context.ts';
import { UnderWay } from './under-way.ts';
import { serveWebSocket } from './websocket.ts';

export interface HttpServerOptions {
  host: string;
  /** 0 takes a free one. */
  port: number;
  schema: GraphQLSchema;
  services: Services;
  settings: UploadLimits;
  log: Logger;
  /** The build of the console. */
  consoleFolder?: string;
  /** How often connections of subscribers are checked for life, in milliseconds. */
  keepAliveMs?: number;
  /** How long requests under way, uploads among them, may go on once the server closes, in milliseconds. */
  graceMs?: number;
}

export interface HttpServer {
  url: string;
  /** Accepts nothing more, and lets requests come to their end for the time of grace. Streams go on. */
  drain(): Promise<void>;
  /**
   * Drains, then cuts all connections. Streams are cut without having been completed: their data has not ended, and
   * clients take up again only what was cut.
   */
  close(): Promise<void>;
}

const HEADERS_WITHIN_MS = 30_000;

/** @throws SettingsError if it cannot listen at this host and port */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const { host, port, schema, services, settings, log, keepAliveMs = 12_000, graceMs = 5000 } = options;
  const { consoleFolder = CONSOLE_FOLDER } = options;
  const underWay = new UnderWay();
  let draining: Promise<void> | undefined;
  const isStopping = () => draining !== undefined;
  const graphql = createGraphQLServer({ schema, services, limits: settings, keepAliveMs, log });
  // No limit on how long a request takes: an upload takes what it takes. Its silence is limited, and so are headers.
  const server = createServer({ requestTimeout: 0, headersTimeout: HEADERS_WITHIN_MS });
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  const webSockets = serveWebSocket(server, { graphql, log, underWay, isStopping, keepAliveMs });

  server.on('request', async (request, response) => {
    const over = new AbortController();
    const onEnd = underWay.begin();
    response.once('close', () => {
      over.abort();
      onEnd();
      if (isStopping()) setImmediate(() => server.closeIdleConnections());
    });
    try {
      await answer(request, response, { over: over.signal, onStream: onEnd });
    } catch (error) {
      if (!isClientGone(error)) log.error({ err: error }, 'A request failed unexpectedly');
      response.destroy();
    }
  });

  async function answer(
    request: IncomingMessage,
    response: ServerResponse,
    lifetime: Pick<HttpContext, 'over' | 'onStream'>,
  ): Promise<void> {
    const url = URL.parse(request.url ?? '', 'http://localhost');
    const path = url?.pathname ?? '';
    if (isStopping()) return answerStopping(response);
    if (path === GRAPHQL_PATH) {
      const context = { req: request, res: response, ...lifetime };
      const result = await graphql.handleNodeRequestAndResponse(request, response, context);
      return sendResponse(request, response, result);
    }
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return answerText(response, 405, 'Use GET here.');
    if (path === '/healthz') return answerHealth(response);
    if (path === '/readyz') return answerReadiness(response, services.importStore);
    const importId = /^\/imports\/([^/]+)\/issues\.csv$/.exec(path)?.[1];
    if (url && importId) {
      return answerIssuesDownload(response, services, { importId, kind: url.searchParams.get('kind') });
    }
    return answerConsole(request, response, path, consoleFolder);
  }

  const closed = new Promise<void>((resolve) => server.once('close', () => resolve()));
  function drain(): Promise<void> {
    if (draining) return draining;
    server.close();
    // Browsers open connections ahead of need; Node does not count one that never asked anything as idle.
    for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
    draining = underWay.end(graceMs);
    return draining;
  }

  let closing: Promise<void> | undefined;
  async function close(): Promise<void> {
    await drain();
    server.closeAllConnections();
    await webSockets.close();
    await closed;
  }

  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (error) {
    await webSockets.close();
    throw cannotListen(options, error);
  }
  return {
    url: addressOf(host, server.address() as AddressInfo),
    drain,
    close: () => (closing ??= close()),
  };
}

function isClientGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE';
}

function answerStopping(response: ServerResponse): void {
  const message = 'The server is closing. Try again in a moment.';
  const body = JSON.stringify({ errors: [{ message, extensions: { code: 'SHUTTING_DOWN' } }] });
  response
    .writeHead(503, { 'content-type': 'application/json; charset=utf-8', connection: 'close' })
    .end(body);
}

function answerText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(`${text}\n`);
}

function cannotListen({ host, port }: HttpServerOptions, cause: unknown): unknown {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  const advice: Record<string, string> = {
    EADDRINUSE: `The port ${port} is in use. Stop what uses it, or set PORT to another one (0 takes a free one).`,
    EACCES: `This user may not listen on port ${port}. Set PORT to one above 1023.`,
    EADDRNOTAVAIL: `This machine has no address ${host}. Set HOST to one that it has.`,
    ENOTFOUND: `The host name ${host} is unknown. Set HOST to an address of this machine.`,
  };
  const message = advice[String(code)];
  return message ? new SettingsError(message, { cause }) : cause;
}

/** @returns an address that works in a browser on this machine, also when the server listens on all interfaces */
function addressOf(host: string, { port }: AddressInfo): string {
  const reachable = host === '0.0.0.0' || host === '::' ? 'localhost' : host;
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
}
