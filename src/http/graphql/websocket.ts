// Operations over WebSocket: the graphql-ws protocol, on the address of the HTTP endpoint.

import type { Server as HttpServer, IncomingMessage } from 'node:http';
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import { type ExecutionArgs, type ExecutionResult, GraphQLError } from 'graphql';
import {
  CloseCode,
  type Context as Connection,
  handleProtocols,
  makeServer,
  type SubscribePayload,
} from 'graphql-ws';
import { isAsyncIterable } from 'graphql-yoga';
import type { Logger } from 'pino';
import { type WebSocket, WebSocketServer } from 'ws';
import { crossOriginError, isCrossOrigin } from '../cross-origin.ts';
import { formatResult } from '../format-result.ts';
import { httpError, isHttpError, rejectSocket } from '../http-error.ts';
import type { InFlight } from '../in-flight.ts';
import { normalizeRequest } from '../normalize-request.ts';
import type { ServerContext } from '../server-context.ts';
import { abortable } from './abortable.ts';
import type { BodyLimits } from './body-limits.ts';
import { type ErrorMask, errorMask } from './error-mask.ts';
import { FlowControlledSocket } from './flow-controlled-socket.ts';
import { throttleLargeMessages } from './throttle-large-messages.ts';
import { GRAPHQL_PATH, type GraphQLServer } from './yoga.ts';

export interface WebSocketOptions {
  graphql: GraphQLServer;
  bodyLimits: BodyLimits;
  log: Logger;
  inFlight: InFlight;
  /** Whether the server closes. */
  isStopping: () => boolean;
  /** How often a client is asked for a sign of life; one that gives none several times is cut. */
  keepAliveMs: number;
}

const MAX_OPERATIONS = 100;
/** How long a client may take to begin once it is connected: many that come at once keep one another waiting. */
const INIT_WITHIN_MS = 30_000;
/** What may wait for a client to read it, beside the last answer, before a further request from it cuts the connection. */
const MAX_UNREAD_BYTES = 1024 * 1024;
const CLOSE_WITHIN_MS = 1000;
/** RFC 6455. */
const GOING_AWAY = 1001;
/** Messages that only a server sends. */
const NOT_OF_CLIENTS = ['connection_ack', 'next', 'error'];

/** What opens a WebSocket; a request with any other `Upgrade` is one like all others. */
export function isWebSocket({ method, headers }: IncomingMessage): boolean {
  return method === 'GET' && headers.upgrade?.toLowerCase() === 'websocket';
}

/** @returns how to close all connections, in at most a second */
export function serveWebSocket(server: HttpServer, options: WebSocketOptions): { close(): Promise<void> } {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: options.bodyLimits.maxBytes,
    handleProtocols,
  });
  const mask = errorMask(options.log);
  const protocol = makeProtocol(options, mask);
  const paced = new Set<FlowControlledSocket>();

  server.on('upgrade', (request, socket, head) => {
    try {
      admit(request);
    } catch (error) {
      return rejectSocket(socket, isHttpError(error) ? error : mask(error));
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      // Clients come back after this, and not after a refusal.
      if (options.isStopping()) return void closeSocket(webSocket);
      const client = new FlowControlledSocket(webSocket, socket);
      paced.add(client);
      webSocket.once('close', () => paced.delete(client));
      throttleLargeMessages(webSocket, request.socket, options.bodyLimits);
      speak(webSocket, client, request, protocol, options);
    });
  });

  sockets.on('wsClientError', ({ message }, socket) =>
    rejectSocket(
      socket,
      httpError(400, 'BAD_REQUEST', `This opens no WebSocket: ${message}.`, {
        'sec-websocket-version': '13',
      }),
    ),
  );

  const keepAlive = setInterval(() => {
    for (const client of paced) client.ask();
  }, options.keepAliveMs);

  return {
    async close() {
      clearInterval(keepAlive);
      await nextTurn(); // Lets what has just ended say so.
      const closed = [...sockets.clients].map((webSocket) => closeSocket(webSocket));
      await Promise.all(closed);
    },
  };
}

/** What is known of a connection; `gone` aborts when it is. */
type Extra = { request: IncomingMessage; gone: AbortSignal };
type Protocol = ReturnType<typeof makeProtocol>;

function makeProtocol({ graphql, inFlight }: WebSocketOptions, mask: ErrorMask) {
  return makeServer<Record<string, unknown>, Extra>({
    connectionInitWaitTimeout: INIT_WITHIN_MS,
    async onSubscribe(connection, _id, payload) {
      if (Object.keys(connection.subscriptions).length > MAX_OPERATIONS) {
        const message = `A connection carries at most ${MAX_OPERATIONS} operations at a time. Open another one.`;
        return [new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } })];
      }
      return prepare(graphql, mask, connection, payload);
    },
    async execute(args) {
      const onEnd = inFlight.begin();
      return (args.rootValue as Operation).execute(args).finally(onEnd);
    },
    subscribe: (args) => (args.rootValue as Operation).subscribe(args),
    onNext: (_connection, _id, _payload, _args, result) => formatResult(result as ExecutionResult),
  });
}

interface Operation {
  execute(args: ExecutionArgs): Promise<ExecutionResult>;
  subscribe(args: ExecutionArgs): Promise<AsyncIterable<ExecutionResult> | ExecutionResult>;
}

/** @returns what to execute, by way of Yoga's plugins, or the errors of the document */
async function prepare(
  graphql: GraphQLServer,
  mask: ErrorMask,
  { extra }: Connection<Record<string, unknown>, Extra>,
  params: SubscribePayload,
): Promise<ExecutionArgs | GraphQLError[]> {
  const over = new AbortController();
  const context: ServerContext = { req: extra.request, over: AbortSignal.any([over.signal, extra.gone]) };
  const yoga = graphql.getEnveloped({ ...context, params });
  let document: ExecutionArgs['document'];
  try {
    document = yoga.parse(params.query);
  } catch (error) {
    return [withoutHttp(mask(error))];
  }
  const errors: readonly GraphQLError[] = yoga.validate(yoga.schema, document);
  if (errors.length > 0) return errors.map(withoutHttp);

  const operation: Operation = {
    execute: async (args) => yoga.execute(args),
    async subscribe(args) {
      const results = await yoga.subscribe(args);
      return isAsyncIterable<ExecutionResult>(results)
        ? abortable(results, { onEnd: () => over.abort() })
        : results;
    },
  };
  return {
    schema: yoga.schema,
    document,
    operationName: params.operationName,
    variableValues: params.variables,
    contextValue: await yoga.contextFactory(),
    rootValue: operation,
  };
}

function withoutHttp(error: GraphQLError): GraphQLError {
  const { http: _http, ...extensions } = error.extensions;
  return new GraphQLError(error.message, { nodes: error.nodes ?? null, extensions });
}

/** Connects a socket to the protocol. Each message waits until the client took those before. */
function speak(
  webSocket: WebSocket,
  client: FlowControlledSocket,
  request: IncomingMessage,
  protocol: Protocol,
  { log }: WebSocketOptions,
): void {
  const gone = new AbortController();
  webSocket.on('error', (error) => log.debug({ err: error }, 'A WebSocket failed'));
  let lastBytes = 0;
  const closed = protocol.opened(
    {
      protocol: webSocket.protocol,
      close: (code, reason) => webSocket.close(code, reason),
      send(data) {
        lastBytes = Buffer.byteLength(data);
        return client.send(data);
      },
      onMessage: (handle) =>
        webSocket.on('message', async (data) => {
          // A client that asks for more, and does not read what it asked for before; it may still read the last of that.
          if (webSocket.bufferedAmount > MAX_UNREAD_BYTES + lastBytes) return webSocket.terminate();
          try {
            await handle(String(data));
          } catch (error) {
            if (webSocket.readyState !== webSocket.OPEN) return;
            const { type } = JSON.parse(String(data));
            if (NOT_OF_CLIENTS.includes(type))
              return webSocket.close(CloseCode.BadRequest, `Only a server sends "${type}"`);
            log.error({ err: error }, 'A WebSocket message failed unexpectedly');
            webSocket.close(CloseCode.InternalServerError, 'Internal error');
          }
        }),
    },
    { request, gone: gone.signal },
  );
  webSocket.once('close', (code, reason) => {
    gone.abort();
    closed(code, String(reason));
  });
}

/** @throws a refusal */
function admit(request: IncomingMessage): void {
  if (!isWebSocket(request)) {
    const message = 'This protocol is not spoken here. Send the request without the header Upgrade.';
    throw httpError(400, 'BAD_REQUEST', message);
  }
  const { path } = normalizeRequest(request);
  if (path !== GRAPHQL_PATH && path !== `${GRAPHQL_PATH}/`)
    throw httpError(404, 'NOT_FOUND', `No WebSocket is here. Connect to ${GRAPHQL_PATH}.`);
  if (isCrossOrigin(request.headers)) throw crossOriginError();
}

/** `complete` is the end of a subscription; a connection that goes away is not, and clients come back after this code. */
async function closeSocket(webSocket: WebSocket): Promise<void> {
  const closed = new Promise<void>((resolve) => webSocket.once('close', () => resolve()));
  webSocket.close(GOING_AWAY, 'The server closes');
  await Promise.race([closed, delay(CLOSE_WITHIN_MS, undefined, { ref: false })]);
  webSocket.terminate();
}
