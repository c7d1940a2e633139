// GraphQL over WebSocket (the graphql-transport-ws protocol), at the path of the HTTP endpoint.

import type { Server as HttpServer, IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import { type ExecutionArgs, type ExecutionResult, GraphQLError } from 'graphql';
import {
  CloseCode,
  type Context as Connection,
  handleProtocols,
  makeServer,
  type SubscribePayload,
} from 'graphql-ws';
import type { Logger } from 'pino';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Grant } from '../../../access/grant.ts';
import { STRANGER } from '../../../access/identity.ts';
import { JsonExcessError, parseJson } from '../../../json/json-reader.ts';
import { freeChunk } from '../../../memory/free-chunk.ts';
import type { Metrics } from '../../../telemetry/metrics.ts';
import { REQUEST_ID_HEADER, requestIdOf } from '../../../telemetry/request-id.ts';
import { inScope } from '../../../telemetry/scope.ts';
import { bearerToken } from '../../access/credentials.ts';
import type { RequestAccess } from '../../access/request-access.ts';
import { clientKey } from '../../clients/client-key.ts';
import type { InFlight } from '../../connections/in-flight.ts';
import { formatResult } from '../../format-result.ts';
import { httpError, isHttpError, rejectSocket } from '../../http-error.ts';
import { normalizeRequest, type TrustRules } from '../../normalize-request.ts';
import { crossOriginError, isCrossOrigin } from '../../origins/cross-origin.ts';
import type { ServerContext } from '../../server-context.ts';
import type { PersistedOperations } from '../documents/persisted-operations.ts';
import { type ErrorMask, errorMask } from '../error-mask.ts';
import type { BodyLimits } from '../limits/body-limits.ts';
import type { FairStarts } from '../limits/fair-starts.ts';
import { streamOf } from '../results/result-stream.ts';
import { abortable } from '../subscriptions/abortable.ts';
import { GRAPHQL_PATH, type GraphQLServer } from '../yoga.ts';
import { FlowControlledSocket } from './flow-controlled-socket.ts';
import { throttleLargeMessages } from './throttle-large-messages.ts';

export interface WebSocketOptions {
  graphql: GraphQLServer;
  starts: FairStarts;
  operations: PersistedOperations;
  access: RequestAccess;
  rules: TrustRules;
  bodyLimits: BodyLimits;
  metrics: Metrics;
  log: Logger;
  inFlight: InFlight;
  /** Whether the server is shutting down. */
  isStopping: () => boolean;
  /** Interval of heartbeats, in milliseconds; a client that misses several is disconnected. */
  keepAliveMs: number;
}

const MAX_OPERATIONS = 100;
/** Long enough for many clients that connect at once. */
const INIT_TIMEOUT_MS = 30_000;
/** Unread bytes, besides the last response, with which a client may send another message; beyond, it is disconnected. */
const MAX_UNREAD_BYTES = 1024 * 1024;
const CLOSE_TIMEOUT_MS = 1000;
/** RFC 6455, and its registry. */
const GOING_AWAY = 1001;
const TRY_AGAIN_LATER = 1013;
const MAX_REASON_BYTES = 123;
/** Message types that only a server may send. */
const SERVER_MESSAGES = ['connection_ack', 'next', 'error'];

/** Whether the request opens a WebSocket. Any other `Upgrade` is ignored. */
export function isWebSocket({ method, headers }: IncomingMessage): boolean {
  return method === 'GET' && headers.upgrade?.toLowerCase() === 'websocket';
}

/** @returns a function that closes all connections within a second */
export function serveWebSocket(server: HttpServer, options: WebSocketOptions): { close(): Promise<void> } {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: options.bodyLimits.maxBytes,
    handleProtocols,
  });
  const mask = errorMask(options.log);
  const protocol = makeProtocol(options, mask);
  /** Of handshakes. All that a connection does has the id of its handshake. */
  const ids = new WeakMap<IncomingMessage, string>();
  sockets.on('headers', (headers, request) => headers.push(`${REQUEST_ID_HEADER}: ${ids.get(request)}`));

  server.on('upgrade', (request, socket, head) => {
    const id = requestIdOf(request.headers);
    ids.set(request, id);
    inScope({ request: id }, () => upgrade(request, socket, head));
  });

  function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    try {
      checkHandshake(request, options.rules);
    } catch (error) {
      rejectSocket(socket, isHttpError(error) ? error : mask(error));
      return;
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      // Clients reconnect after this close code, but not after a rejected handshake.
      if (options.isStopping()) return void closeSocket(webSocket);
      const client = new FlowControlledSocket(webSocket, socket);
      // One for each: to ping a thousand clients at once would keep others waiting.
      const keepAlive = setInterval(() => client.heartbeat(), options.keepAliveMs);
      webSocket.once('close', () => clearInterval(keepAlive));
      throttleLargeMessages(webSocket, request.socket, options.bodyLimits);
      runProtocol(webSocket, client, request, protocol, options);
    });
  }

  sockets.on('wsClientError', ({ message }, socket) =>
    rejectSocket(
      socket,
      httpError(400, 'BAD_REQUEST', `The WebSocket handshake is not valid: ${message}.`, {
        'sec-websocket-version': '13',
      }),
    ),
  );

  return {
    async close() {
      await nextTurn(); // Lets streams that have just ended send `complete`.
      const closed = [...sockets.clients].map((webSocket) => closeSocket(webSocket));
      await Promise.all(closed);
    },
  };
}

interface Extra {
  request: IncomingMessage;
  /** Who the client is, once the connection is initialized. */
  grant: Grant;
  /** Aborts when the connection has closed. */
  closed: AbortSignal;
  close(code: number, reason: string): void;
}
type Protocol = ReturnType<typeof makeProtocol>;

function makeProtocol(
  { graphql, starts, operations, access, inFlight, metrics }: WebSocketOptions,
  mask: ErrorMask,
) {
  return makeServer<Record<string, unknown>, Extra>({
    connectionInitWaitTimeout: INIT_TIMEOUT_MS,
    async onConnect({ connectionParams, extra }) {
      try {
        extra.grant = await grantOf(access, extra.request, connectionParams);
        const end = (reason: string) => extra.close(CloseCode.Forbidden, reason);
        const unwatch = access.watch(extra.grant, end);
        if (extra.closed.aborted) unwatch();
        else extra.closed.addEventListener('abort', unwatch);
        return true;
      } catch (error) {
        const { message, extensions } = isHttpError(error) ? error : mask(error);
        // Clients try again after both codes; after this one with another token, if they have one.
        const isRefused = REFUSALS.includes(extensions['code']);
        extra.close(isRefused ? CloseCode.Forbidden : TRY_AGAIN_LATER, message);
        return false;
      }
    },
    async onSubscribe(connection, _id, payload) {
      if (Object.keys(connection.subscriptions).length > MAX_OPERATIONS) {
        const message = `A connection can have at most ${MAX_OPERATIONS} operations at a time. Open another one.`;
        return [new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } })];
      }
      const { request, grant } = connection.extra;
      await starts.next(clientKey({ req: request, identity: grant.identity }));
      return prepare({ graphql, operations, metrics }, mask, connection, payload);
    },
    async execute(args) {
      const onEnd = inFlight.begin();
      return (args.rootValue as Operation).execute(args).finally(onEnd);
    },
    subscribe: (args) => (args.rootValue as Operation).subscribe(args),
    onNext: (_connection, _id, _payload, _args, result) => formatResult(result as ExecutionResult),
  });
}

const REFUSALS: unknown[] = ['UNAUTHENTICATED', 'FORBIDDEN', 'TOO_MANY_ATTEMPTS'];

/**
 * By `authorization` of the connection's parameters, or by the headers of the handshake: pages cannot set those.
 *
 * @throws an HTTP error; errors of the database
 */
async function grantOf(
  access: RequestAccess,
  request: IncomingMessage,
  parameters: Record<string, unknown> | undefined,
): Promise<Grant> {
  const given = parameters?.['authorization'] ?? parameters?.['Authorization'];
  const grant = await (typeof given === 'string' && !access.isOpen
    ? access.grant(bearerToken(given), request)
    : access.identify(request));
  access.require(grant.identity, 'reader', 'A WebSocket');
  return grant;
}

/** As long as a closing handshake allows. */
function shortened(reason: string): string {
  const { read } = new TextEncoder().encodeInto(reason, new Uint8Array(MAX_REASON_BYTES));
  return reason.slice(0, read);
}

interface Operation {
  execute(args: ExecutionArgs): Promise<ExecutionResult>;
  subscribe(args: ExecutionArgs): Promise<AsyncIterable<ExecutionResult> | ExecutionResult>;
}

/** Parses and validates through Yoga's plugins. @returns the arguments for execution, or the document's errors */
async function prepare(
  { graphql, operations, metrics }: Pick<WebSocketOptions, 'graphql' | 'operations' | 'metrics'>,
  mask: ErrorMask,
  { extra }: Connection<Record<string, unknown>, Extra>,
  params: SubscribePayload,
): Promise<ExecutionArgs | GraphQLError[]> {
  const { subscribers } = metrics.of;
  const over = new AbortController();
  const signal = AbortSignal.any([over.signal, extra.closed]);
  const context: ServerContext = { req: extra.request, over: signal, identity: extra.grant.identity };
  const yoga = graphql.getEnveloped({ ...context, params });
  let document: ExecutionArgs['document'];
  try {
    document = yoga.parse(operations.documentOf(params));
  } catch (error) {
    return [withoutHttp(mask(error))];
  }
  const errors: readonly GraphQLError[] = yoga.validate(yoga.schema, document);
  if (errors.length > 0) return errors.map(withoutHttp);

  let contextValue: unknown;
  try {
    contextValue = await yoga.contextFactory();
  } catch (error) {
    return [withoutHttp(mask(error))];
  }
  const operation: Operation = {
    execute: async (args) => yoga.execute(args),
    async subscribe(args) {
      const outcome = await yoga.subscribe(args);
      const results = streamOf(outcome);
      if (!results) return outcome;
      subscribers.inc({ transport: 'websocket' });
      const onEnd = () => {
        subscribers.dec({ transport: 'websocket' });
        over.abort();
      };
      return abortable(results, { onEnd });
    },
  };
  return {
    schema: yoga.schema,
    document,
    operationName: params.operationName,
    variableValues: params.variables,
    contextValue,
    rootValue: operation,
  };
}

function withoutHttp(error: GraphQLError): GraphQLError {
  const { http: _http, ...extensions } = error.extensions;
  return new GraphQLError(error.message, { nodes: error.nodes ?? null, extensions });
}

/** Connects a socket to the protocol. Each message waits until the client has read those before. */
function runProtocol(
  webSocket: WebSocket,
  client: FlowControlledSocket,
  request: IncomingMessage,
  protocol: Protocol,
  { log }: WebSocketOptions,
): void {
  const closed = new AbortController();
  webSocket.on('error', (error) => log.debug({ err: error }, 'A WebSocket failed'));
  let lastBytes = 0;
  const onClosed = protocol.opened(
    {
      protocol: webSocket.protocol,
      close: (code, reason) => webSocket.close(code, reason),
      send(data) {
        lastBytes = Buffer.byteLength(data);
        return client.send(data);
      },
      onMessage: (handle) =>
        webSocket.on('message', async (data) => {
          // The client keeps sending without reading its responses; only the last of them may be unread.
          if (webSocket.bufferedAmount > MAX_UNREAD_BYTES + lastBytes) return webSocket.terminate();
          const { message, fault } = readMessage(data as Buffer);
          if (fault) return webSocket.close(CloseCode.BadRequest, fault);
          try {
            // What is read already is taken as it is.
            await handle(message as string);
          } catch (error) {
            if (webSocket.readyState !== webSocket.OPEN) return;
            const { type } = message as { type: string };
            if (SERVER_MESSAGES.includes(type))
              return webSocket.close(CloseCode.BadRequest, `Only a server may send "${type}"`);
            log.error({ err: error }, 'A WebSocket message failed unexpectedly');
            webSocket.close(CloseCode.InternalServerError, 'Internal error');
          }
        }),
    },
    {
      request,
      grant: { identity: STRANGER },
      closed: closed.signal,
      close: (code, reason) => webSocket.close(code, shortened(reason)),
    },
  );
  webSocket.once('close', (code, reason) => {
    closed.abort();
    onClosed(code, String(reason));
  });
}

/** As graphql-ws says. */
const INVALID = { fault: 'Invalid message received' };

/** @param data nobody else uses it */
function readMessage(data: Buffer): { message?: unknown; fault?: string } {
  try {
    const message = parseJson(data);
    freeChunk(data);
    // A string would be taken for JSON.
    return typeof message === 'object' ? { message } : INVALID;
  } catch (error) {
    return error instanceof JsonExcessError ? { fault: `The message ${error.message}` } : INVALID;
  }
}

/** @throws an HTTP error */
function checkHandshake(request: IncomingMessage, rules: TrustRules): void {
  if (!isWebSocket(request)) {
    const message = 'This protocol is not supported. Send the request without the Upgrade header.';
    throw httpError(400, 'BAD_REQUEST', message);
  }
  const { path } = normalizeRequest(request, rules);
  if (path !== GRAPHQL_PATH && path !== `${GRAPHQL_PATH}/`)
    throw httpError(404, 'NOT_FOUND', `There is no WebSocket at this path. Connect to ${GRAPHQL_PATH}.`);
  if (isCrossOrigin(request.headers)) throw crossOriginError();
}

/** Closes without `complete`, with a code after which clients reconnect. */
async function closeSocket(webSocket: WebSocket): Promise<void> {
  const closed = new Promise<void>((resolve) => webSocket.once('close', () => resolve()));
  webSocket.close(GOING_AWAY, 'The server is shutting down');
  await Promise.race([closed, delay(CLOSE_TIMEOUT_MS, undefined, { ref: false })]);
  webSocket.terminate();
}
