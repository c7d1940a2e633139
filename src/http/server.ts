// The HTTP server: what reaches it, and how it ends.

import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { GraphQLError, GraphQLSchema } from 'graphql';
import type { Logger } from 'pino';
import { SettingsError } from '../errors.ts';
import type { Services } from '../resolvers/context.ts';
import { BodyLimits } from './graphql/body-limits.ts';
import { errorMask } from './graphql/error-mask.ts';
import { isWebSocket, serveWebSocket } from './graphql/websocket.ts';
import { createGraphQLServer } from './graphql/yoga.ts';
import { httpError, isHttpError, rejectSocket, sendHttpError, shuttingDown } from './http-error.ts';
import { InFlight } from './in-flight.ts';
import { createRouter } from './router.ts';
import { CONSOLE_FOLDER } from './routes/console.ts';
import type { UploadLimits } from './upload/multipart-reader.ts';

export interface HttpServerOptions {
  host: string;
  /** 0 takes a free one. */
  port: number;
  schema: GraphQLSchema;
  services: Services;
  settings: UploadLimits & { maxDescriptionLength: number };
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
  const inFlight = new InFlight();
  let draining: Promise<void> | undefined;
  const isStopping = () => draining !== undefined;
  const bodyLimits = new BodyLimits(settings.maxDescriptionLength);
  const graphql = createGraphQLServer({ schema, services, limits: settings, bodyLimits, keepAliveMs, log });
  // No limit on how long a request takes: an upload takes what it takes. Its silence is limited, and so are headers.
  const server = createServer({
    requestTimeout: 0,
    headersTimeout: HEADERS_WITHIN_MS,
    // Refused by the router, with a message.
    requireHostHeader: false,
    // A request that would rather go on in another protocol, such as h2c, is answered as it stands.
    shouldUpgradeCallback: isWebSocket,
  });
  const answer = createRouter({ graphql, services, consoleFolder });
  const mask = errorMask(log);
  const answers = new WeakMap<Socket, ServerResponse>();
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  const webSockets = serveWebSocket(server, { graphql, bodyLimits, log, inFlight, isStopping, keepAliveMs });

  server.on('request', async (request, response) => {
    answers.set(request.socket, response);
    const over = new AbortController();
    const onEnd = inFlight.begin();
    response.once('close', () => {
      over.abort();
      onEnd();
      if (isStopping()) setImmediate(() => server.closeIdleConnections());
    });
    try {
      if (isStopping()) throw shuttingDown();
      await answer(request, response, { over: over.signal, onStream: onEnd });
    } catch (error) {
      if (isClientGone(error)) return void response.destroy();
      const told = isHttpError(error) ? error : mask(error);
      if (response.headersSent) response.destroy();
      else sendHttpError(response, told);
    }
  });
  server.on('checkExpectation', (_request, response) =>
    sendHttpError(response, httpError(417, 'BAD_REQUEST', 'The only Expect that is met is 100-continue.')),
  );
  server.on('connect', (_request, socket) =>
    rejectSocket(
      socket,
      httpError(400, 'BAD_REQUEST', 'This server is no proxy. Send the request without CONNECT.'),
    ),
  );
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    const answer = answers.get(socket);
    // What is being sent must not be mixed with the refusal of what came behind its request.
    const isSending = answer?.headersSent && !answer.writableFinished;
    if (isSending || !socket.writable || error.code === 'ECONNRESET') socket.destroy();
    else rejectSocket(socket, clientError(error));
  });

  const closed = new Promise<void>((resolve) => server.once('close', () => resolve()));
  function drain(): Promise<void> {
    if (draining) return draining;
    server.close();
    // Browsers open connections ahead of need; Node does not count one that never asked anything as idle.
    for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
    draining = inFlight.drain(graceMs);
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

/** What is told who sends something that is no HTTP request. */
function clientError({ code, message }: NodeJS.ErrnoException): GraphQLError {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return httpError(431, 'BAD_REQUEST', 'The headers are larger than 16 KiB. Send fewer or shorter ones.');
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return httpError(413, 'BAD_REQUEST', 'The chunk extensions are larger than 16 KiB. Send none.');
    case 'ERR_HTTP_REQUEST_TIMEOUT': {
      const seconds = HEADERS_WITHIN_MS / 1000;
      return httpError(
        408,
        'BAD_REQUEST',
        `The headers took longer than ${seconds} s to arrive. Send them at once.`,
      );
    }
    default:
      return httpError(400, 'BAD_REQUEST', `This is no HTTP/1.1 request (${message}). Send one.`);
  }
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
