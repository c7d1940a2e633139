// The HTTP server: connections, errors below the router, and graceful shutdown.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { GraphQLError, GraphQLSchema } from 'graphql';
import type { Logger } from 'pino';
import type { Access } from '../access/access.ts';
import type { SharedRateCounts } from '../db/access/shared-rate-counts.ts';
import { SettingsError } from '../errors.ts';
import type { Services } from '../resolvers/context.ts';
import { Health, type Probes } from '../telemetry/health.ts';
import { noTelemetry, type Telemetry } from '../telemetry/telemetry.ts';
import { RequestAccess } from './access/request-access.ts';
import { TrustedProxies } from './clients/client-address.ts';
import { RateLimits, type RateSettings } from './clients/rate-limits.ts';
import { cutConnection } from './connections/cut-connection.ts';
import { InFlight } from './connections/in-flight.ts';
import { Listeners } from './connections/listeners.ts';
import { PersistedOperations } from './graphql/documents/persisted-operations.ts';
import { errorMask } from './graphql/error-mask.ts';
import { BodyLimits } from './graphql/limits/body-limits.ts';
import { FairStarts } from './graphql/limits/fair-starts.ts';
import { isWebSocket, serveWebSocket } from './graphql/websocket/websocket.ts';
import { type ApiExposure, createGraphQLServer, type QueryLimits } from './graphql/yoga.ts';
import { httpError, isHttpError, rejectSocket, sendHttpError, shuttingDown } from './http-error.ts';
import type { TrustRules } from './normalize-request.ts';
import { AllowedHosts } from './origins/allowed-hosts.ts';
import { AllowedOrigins } from './origins/allowed-origins.ts';
import { RequestObserver } from './request-observer.ts';
import { createRouter } from './router.ts';
import { CONSOLE_FOLDER } from './routes/console.ts';
import { ClientStalledError } from './routes/csv-download.ts';
import { SECURITY_HEADERS } from './security-headers.ts';
import type { UploadLimits } from './upload/upload-limits.ts';
import type { UploadSlotSettings } from './upload/upload-slots.ts';

export interface HttpServerOptions {
  host: string;
  /** 0: any free port. */
  port: number;
  schema: GraphQLSchema;
  services: Services;
  settings: UploadLimits &
    UploadSlotSettings &
    QueryLimits &
    RateSettings &
    ApiExposure & {
      maxDescriptionLength: number;
      /** A download whose client takes nothing for this long is aborted. */
      downloadStallSeconds: number;
      /** Addresses and ranges in CIDR notation. */
      trustedProxies: readonly string[];
      /** Names and addresses; `*.shop.example` for the names below shop.example, `*` for all. */
      allowedHosts: readonly string[];
      /** Such as https://shop.example. */
      allowedOrigins: readonly string[];
    };
  log: Logger;
  /** Default: clients send whole documents, and any of them. */
  operations?: PersistedOperations;
  /** Default: open. */
  access?: Access;
  /** Counts what clients send together with other servers. Default: for itself. */
  sharedRates?: SharedRateCounts | undefined;
  /** Default: nothing observes it. */
  telemetry?: Telemetry;
  /** Default: always healthy. */
  probes?: Probes;
  /** Whether the metrics have a port of their own. */
  hasMetricsPort?: boolean;
  /** The folder of the built console. */
  consoleFolder?: string;
  /** Interval of heartbeats to subscribers, in milliseconds. */
  keepAliveMs?: number;
  /** How long requests in flight, uploads included, may take to finish once the server shuts down, in milliseconds. */
  graceMs?: number;
}

export interface HttpServer {
  url: string;
  /** Stops accepting requests, and waits up to `graceMs` for those in flight. Streams go on. */
  drain(): Promise<void>;
  /**
   * Drains, then closes all connections. Streams are closed without a `complete` message, so that clients reconnect and
   * resume them.
   */
  close(): Promise<void>;
}

const HEADERS_WITHIN_MS = 30_000;
/** Made once: an error for each response, with its stack, costs a noticeable part of a small request. */
const RESPONSE_IS_OVER = new DOMException('The response is over.', 'AbortError');

/** @throws SettingsError if it cannot listen on this host and port */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const { host, port, schema, services, settings, log, keepAliveMs = 12_000, graceMs = 5000 } = options;
  const { consoleFolder = CONSOLE_FOLDER, telemetry = noTelemetry(), hasMetricsPort = false } = options;
  const { sharedRates } = options;
  const { probes = { alive: new Health({}), ready: new Health({}) } } = options;
  const { operations = new PersistedOperations(undefined, true) } = options;
  const { metrics } = telemetry;
  const access = new RequestAccess(options.access);
  const inFlight = new InFlight();
  let draining: Promise<void> | undefined;
  const isStopping = () => draining !== undefined;
  const bodyLimits = new BodyLimits(settings.maxDescriptionLength);
  const starts = new FairStarts();
  const graphql = createGraphQLServer({
    schema,
    services,
    limits: settings,
    bodyLimits,
    queryLimits: settings,
    rates: new RateLimits(settings, sharedRates),
    exposure: settings,
    starts,
    operations,
    keepAliveMs,
    metrics,
    log,
  });
  // A request has no overall timeout, as uploads may take hours. Idle uploads and slow headers do time out.
  const server = createServer({
    requestTimeout: 0,
    headersTimeout: HEADERS_WITHIN_MS,
    // The router rejects requests without Host, with a message.
    requireHostHeader: false,
    // Other upgrades, such as h2c, are ignored: the request is served over HTTP/1.1.
    shouldUpgradeCallback: isWebSocket,
  });
  const stallMs = settings.downloadStallSeconds * 1000;
  const rules: TrustRules = {
    proxies: new TrustedProxies(settings.trustedProxies, (address) =>
      log.warn(
        { address },
        'X-Forwarded-For of this address is ignored, and that of others. If it is your reverse proxy, add it to TRUSTED_PROXIES.',
      ),
    ),
    hosts: new AllowedHosts(settings.allowedHosts),
    origins: new AllowedOrigins(settings.allowedOrigins),
  };
  const answer = createRouter({
    schema,
    graphql,
    services,
    access,
    rules,
    probes,
    metrics: hasMetricsPort ? undefined : metrics,
    consoleFolder,
    stallMs,
  });
  const observer = new RequestObserver(telemetry, log);
  const mask = errorMask(log);
  const answers = new WeakMap<Socket, ServerResponse>();
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  metrics.beforeScrape(() => metrics.of.connections.set(sockets.size));
  const serving = {
    graphql,
    starts,
    operations,
    access,
    rules,
    bodyLimits,
    metrics,
    log,
    inFlight,
    isStopping,
    keepAliveMs,
  };
  const webSockets = serveWebSocket(server, serving);

  server.on('request', async (request, response) => {
    answers.set(request.socket, response);
    response.setHeaders(new Map(Object.entries(SECURITY_HEADERS)));
    const over = new AbortController();
    const onEnd = inFlight.begin();
    response.once('close', () => {
      over.abort(RESPONSE_IS_OVER);
      onEnd();
      if (isStopping()) setImmediate(() => server.closeIdleConnections());
    });
    await observer.observe(request, response, async (noteRoute) => {
      try {
        if (isStopping() && !isProbe(request)) throw shuttingDown();
        await answer(request, response, { over: over.signal, onEndless: onEnd, noteRoute });
      } catch (error) {
        if (isClientGone(error)) return void cutConnection(response);
        const clientFacing = isHttpError(error) ? error : mask(error);
        if (response.headersSent) cutConnection(response);
        else await sendHttpError(response, clientFacing);
      }
    });
  });
  server.on('checkExpectation', (_request, response) =>
    sendHttpError(
      response,
      httpError(417, 'BAD_REQUEST', 'The only supported value of Expect is 100-continue.'),
    ),
  );
  server.on('connect', (_request, socket) =>
    rejectSocket(
      socket,
      httpError(400, 'BAD_REQUEST', 'This server is not a proxy. Send the request without CONNECT.'),
    ),
  );
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    const answer = answers.get(socket);
    // An error about a pipelined request must not be written into a response that is still being sent.
    const isSending = answer?.headersSent && !answer.writableFinished;
    if (isSending || !socket.writable || error.code === 'ECONNRESET') socket.destroy();
    else rejectSocket(socket, clientError(error));
  });

  const listeners = new Listeners(server);
  function drain(): Promise<void> {
    if (draining) return draining;
    listeners.stop();
    // Browsers preconnect; Node does not count a connection without a request as idle.
    for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
    draining = inFlight.drain(graceMs);
    return draining;
  }

  let closing: Promise<void> | undefined;
  async function close(): Promise<void> {
    await drain();
    server.closeAllConnections();
    await webSockets.close();
    await listeners.closed();
  }

  try {
    await listeners.listen(port, host);
  } catch (error) {
    listeners.stop();
    await webSockets.close();
    throw cannotListen(options, error);
  }
  return {
    url: addressOf(host, listeners.address),
    drain,
    close: () => (closing ??= close()),
  };
}

/** Probes are answered until the end: they say that it comes. */
function isProbe({ url = '' }: IncomingMessage): boolean {
  return /^\/(healthz|readyz)\/?$/.test(url);
}

function isClientGone(error: unknown): boolean {
  if (error instanceof ClientStalledError) return true;
  return error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE';
}

/** The response to bytes that are not a valid HTTP request. */
function clientError({ code, message }: NodeJS.ErrnoException): GraphQLError {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return httpError(431, 'BAD_REQUEST', 'The headers exceed 16 KiB. Send fewer or shorter ones.');
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return httpError(413, 'BAD_REQUEST', 'The chunk extensions exceed 16 KiB. Send none.');
    case 'ERR_HTTP_REQUEST_TIMEOUT': {
      const seconds = HEADERS_WITHIN_MS / 1000;
      return httpError(
        408,
        'BAD_REQUEST',
        `The headers took longer than ${seconds} s to arrive. Send them at once.`,
      );
    }
    default:
      return httpError(400, 'BAD_REQUEST', `This is not a valid HTTP/1.1 request (${message}).`);
  }
}

function cannotListen({ host, port }: HttpServerOptions, cause: unknown): unknown {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  const advice: Record<string, string> = {
    EADDRINUSE: `The port ${port} is in use. Stop what uses it, or set PORT to another one (0: any free port).`,
    EACCES: `This user may not listen on port ${port}. Set PORT to one above 1023.`,
    EADDRNOTAVAIL: `This machine has no address ${host}. Set HOST to one that it has.`,
    ENOTFOUND: `The host name ${host} is unknown. Set HOST to an address of this machine.`,
  };
  const message = advice[String(code)];
  return message ? new SettingsError(message, { cause }) : cause;
}

/** @returns a URL that works in a browser on this machine, even if the server listens on all interfaces */
function addressOf(host: string, { port }: AddressInfo): string {
  const reachable = host === '0.0.0.0' || host === '::' ? 'localhost' : host;
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
}
