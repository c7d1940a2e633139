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
import type { BodyRoom } from './body-room.ts';
import { endable } from './endable.ts';
import { type ErrorMask, errorMask } from './error-masking.ts';
import { GRAPHQL_PATH, type GraphQLServer } from './graphql.ts';
import { limitLargeMessages } from './large-messages.ts';
import { normalizeRequest } from './normalize-request.ts';
import { crossOriginRefusal, isFromAnotherSite } from './origin.ts';
import { presentResult } from './present-result.ts';
import { isRefusal, refusal, refuseSocket, stoppingRefusal } from './refusal.ts';
import type { ServerContext } from './server-context.ts';

export interface WebSocketOptions {
  graphql: GraphQLServer;
  room: BodyRoom;
  log: Logger;
  /** Aborts when subscriptions are to complete because the server closes. */
  stopping: AbortSignal;
  /** How often a client is asked for a sign of life; one that gives none until the next time is cut. */
  keepAliveMs: number;
}

const MAX_OPERATIONS = 100;
/** What may wait for a client to read it, beside the last answer, before a further request from it cuts the connection. */
const MAX_UNREAD_BYTES = 1024 * 1024;
const CLOSE_WITHIN_MS = 1000;
/** Messages that only a server sends. */
const NOT_OF_CLIENTS = ['connection_ack', 'next', 'error'];

/** What opens a WebSocket; a request with any other `Upgrade` is one like all others. */
export function isWebSocket({ method, headers }: IncomingMessage): boolean {
  return method === 'GET' && headers.upgrade?.toLowerCase() === 'websocket';
}

/** @returns how to end all connections, in at most a second; `stopping` must have aborted */
export function serveWebSocket(server: HttpServer, options: WebSocketOptions): { close(): Promise<void> } {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: options.room.maxBytes, handleProtocols });
  const mask = errorMask(options.log);
  const protocol = makeProtocol(options, mask);
  const silent = new WeakSet<WebSocket>();

  server.on('upgrade', (request, socket, head) => {
    try {
      admit(request, options.stopping);
    } catch (error) {
      return refuseSocket(socket, isRefusal(error) ? error : mask(error));
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      // Not only a pong: a client that sends a large message sends nothing else meanwhile.
      socket.on('data', () => silent.delete(webSocket));
      limitLargeMessages(webSocket, request.socket, options.room);
      speak(webSocket, request, protocol, options);
    });
  });

  sockets.on('wsClientError', ({ message }, socket) =>
    refuseSocket(
      socket,
      refusal(400, 'BAD_REQUEST', `This opens no WebSocket: ${message}.`, { 'sec-websocket-version': '13' }),
    ),
  );

  const keepAlive = setInterval(() => {
    for (const webSocket of sockets.clients) {
      if (webSocket.isPaused) continue;
      if (silent.has(webSocket)) {
        webSocket.terminate();
      } else {
        silent.add(webSocket);
        webSocket.ping();
      }
    }
  }, options.keepAliveMs);

  return {
    async close() {
      clearInterval(keepAlive);
      await nextTurn(); // Lets the ended subscriptions say so.
      const closed = [...sockets.clients].map((webSocket) => closeSocket(webSocket));
      await Promise.all(closed);
    },
  };
}

/** What is known of a connection; `gone` aborts when it is. */
type Extra = { request: IncomingMessage; gone: AbortSignal };
type Protocol = ReturnType<typeof makeProtocol>;

function makeProtocol({ graphql, stopping }: WebSocketOptions, mask: ErrorMask) {
  return makeServer<Record<string, unknown>, Extra>({
    async onSubscribe(connection, _id, payload) {
      if (Object.keys(connection.subscriptions).length > MAX_OPERATIONS) {
        const message = `A connection carries at most ${MAX_OPERATIONS} operations at a time. Open another one.`;
        return [new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } })];
      }
      return prepare({ graphql, stopping, mask }, connection, payload);
    },
    execute: (args) => (args.rootValue as Operation).execute(args),
    subscribe: (args) => (args.rootValue as Operation).subscribe(args),
    onNext: (_connection, _id, _payload, _args, result) => presentResult(result as ExecutionResult),
  });
}

interface Operation {
  execute(args: ExecutionArgs): Promise<ExecutionResult>;
  subscribe(args: ExecutionArgs): Promise<AsyncIterable<ExecutionResult> | ExecutionResult>;
}

/** @returns what to execute, by way of Yoga's plugins, or the errors of the document */
async function prepare(
  { graphql, stopping, mask }: Pick<WebSocketOptions, 'graphql' | 'stopping'> & { mask: ErrorMask },
  { extra }: Connection<Record<string, unknown>, Extra>,
  params: SubscribePayload,
): Promise<ExecutionArgs | GraphQLError[]> {
  const over = new AbortController();
  const context: ServerContext = {
    req: extra.request,
    over: AbortSignal.any([over.signal, extra.gone]),
    stopping,
  };
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
        ? endable(results, { signals: [stopping], onEnd: () => over.abort() })
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

/** Connects a socket to the protocol. Each message waits until the connection took the one before. */
function speak(
  webSocket: WebSocket,
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
      send: (data) =>
        new Promise((resolve, reject) => {
          if (webSocket.readyState !== webSocket.OPEN) return resolve();
          lastBytes = Buffer.byteLength(data);
          webSocket.send(data, (error) => (error ? reject(error) : resolve()));
        }),
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
function admit(request: IncomingMessage, stopping: AbortSignal): void {
  if (stopping.aborted) throw stoppingRefusal();
  if (!isWebSocket(request)) {
    const message = 'This protocol is not spoken here. Send the request without the header Upgrade.';
    throw refusal(400, 'BAD_REQUEST', message);
  }
  const { path } = normalizeRequest(request);
  if (path !== GRAPHQL_PATH && path !== `${GRAPHQL_PATH}/`)
    throw refusal(404, 'NOT_FOUND', `No WebSocket is here. Connect to ${GRAPHQL_PATH}.`);
  if (isFromAnotherSite(request.headers)) throw crossOriginRefusal();
}

async function closeSocket(webSocket: WebSocket): Promise<void> {
  const closed = new Promise<void>((resolve) => webSocket.once('close', () => resolve()));
  webSocket.close(1001, 'The server closes');
  await Promise.race([closed, delay(CLOSE_WITHIN_MS, undefined, { ref: false })]);
  webSocket.terminate();
}
