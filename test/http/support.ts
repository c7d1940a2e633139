// A server on a free port with a small schema that exercises only the HTTP layer, and raw clients for it.

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import type { Readable } from 'node:stream';
import type { TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import {
  GraphQLFloat,
  GraphQLInt,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLSchema,
  GraphQLString,
} from 'graphql';
import { GraphQLUpload } from 'graphql-upload-minimal';
import { pino } from 'pino';
import { LoadstoneError } from '../../src/errors.ts';
import type { RateSettings } from '../../src/http/clients/rate-limits.ts';
import type { ApiExposure, QueryLimits } from '../../src/http/graphql/yoga.ts';
import { type HttpServerOptions, startHttpServer } from '../../src/http/server.ts';
import type { IncomingFile } from '../../src/http/upload/incoming-file.ts';
import type { UploadSlotSettings } from '../../src/http/upload/upload-slots.ts';
import type { Services } from '../../src/resolvers/context.ts';
import { costs, READ_ALL } from '../../src/resolvers/field-cost.ts';
import { releaseAfter } from '../support/release.ts';

/** The state of the resolvers, for assertions. */
interface Probe {
  /** Bytes that `digest` has read so far. */
  bytesRead: number;
  /** The errors that resolvers got from interrupted uploads. */
  uploadErrors: unknown[];
  /** `digest` reads nothing, and `scan` does not end, until it resolves. */
  gate: Promise<void> | undefined;
  /** Number of values that subscriptions have sent, and of active subscriptions. */
  ticks: number;
  watching: number;
  /** How often `touch` has run. */
  touched: number;
  /** Number of `slow` fields being resolved. */
  slow: number;
  /** The clients whose `scan` has begun, in order. */
  scans: string[];
}

export interface TestServer {
  url: string;
  port: number;
  /** Of a server over TLS: the certificate that its clients trust, in PEM. */
  ca?: string;
  probe: Probe;
  logged: string[];
  drain(): Promise<void>;
  close(): Promise<void>;
}

type Options = Partial<Omit<HttpServerOptions, 'settings' | 'services'>> & {
  maxUploadBytes?: number;
  uploadIdleSeconds?: number;
  uploadMinBytesPerSecond?: number;
  uploadRateSeconds?: number;
  maxDescriptionLength?: number;
  trustedProxies?: string[];
  allowedHosts?: string[];
  allowedOrigins?: string[];
  queryLimits?: Partial<QueryLimits>;
  rates?: Partial<RateSettings>;
  slots?: Partial<UploadSlotSettings>;
  exposure?: Partial<ApiExposure>;
  services?: object;
};

/** The defaults of the settings. */
const API_SETTINGS: QueryLimits & RateSettings & UploadSlotSettings & ApiExposure = {
  maxQueryCost: 50_000,
  maxExpensiveQueries: 2,
  queryTimeoutSeconds: 30,
  maxQueryDepth: 15,
  maxQueryAliases: 100,
  maxRootFields: 50,
  maxMutationsPerMinute: 12_000,
  maxCostPerMinute: 30_000_000,
  maxUploads: 500,
  maxUploadsPerClient: 200,
  introspection: true,
  graphiql: true,
  requirePreflight: false,
};

export async function startTestServer(t: TestContext, options: Options = {}): Promise<TestServer> {
  const { services = {}, ...rest } = options;
  const { maxUploadBytes = 2 ** 40, uploadIdleSeconds = 30, uploadMinBytesPerSecond = 0 } = options;
  const { uploadRateSeconds = 30, maxDescriptionLength = 1_000_000, trustedProxies = [] } = options;
  const { allowedHosts = ['*'], allowedOrigins = [], queryLimits = {}, rates = {}, exposure = {} } = options;
  const { slots = {} } = options;
  const trust = { trustedProxies, allowedHosts, allowedOrigins };
  const limits = { maxUploadBytes, uploadIdleSeconds, uploadMinBytesPerSecond, uploadRateSeconds };
  const probe: Probe = {
    bytesRead: 0,
    uploadErrors: [],
    gate: undefined,
    ticks: 0,
    watching: 0,
    touched: 0,
    slow: 0,
    scans: [],
  };
  const logged: string[] = [];
  const server = await startHttpServer({
    host: '127.0.0.1',
    port: 0,
    schema: testSchema(probe),
    services: services as Services,
    settings: {
      ...limits,
      maxDescriptionLength,
      downloadStallSeconds: 60,
      ...trust,
      ...API_SETTINGS,
      ...queryLimits,
      ...rates,
      ...slots,
      ...exposure,
    },
    log: pino({ level: 'warn' }, { write: (line) => logged.push(line) }),
    graceMs: 1000,
    ...rest,
  });
  releaseAfter(t, () => server.close());
  return { ...server, port: Number(new URL(server.url).port), probe, logged };
}

interface Incoming {
  file: Promise<IncomingFile>;
}

function testSchema(probe: Probe): GraphQLSchema {
  const digest = new GraphQLObjectType({
    name: 'Digest',
    fields: {
      filename: { type: GraphQLString },
      sizeHint: { type: GraphQLFloat },
      bytes: { type: GraphQLFloat },
      sha256: { type: GraphQLString },
    },
  });
  const file = { type: new GraphQLNonNull(GraphQLUpload) };
  return new GraphQLSchema({
    query: new GraphQLObjectType({
      name: 'Query',
      fields: {
        hello: {
          type: GraphQLString,
          args: { name: { type: GraphQLString } },
          resolve: (_, { name }) => name ?? 'world',
        },
        address: { type: GraphQLString, resolve: (_root, _args, context) => context.baseUrl },
        sender: { type: GraphQLString, resolve: (_root, _args, context) => context.identity.name },
        slow: {
          type: GraphQLString,
          args: { ms: { type: GraphQLInt } },
          async resolve(_, { ms }) {
            probe.slow += 1;
            return delay(ms, 'done').finally(() => {
              probe.slow -= 1;
            });
          },
        },
        // As dear as what reads all names.
        scan: {
          type: GraphQLString,
          args: { client: { type: GraphQLString } },
          ...costs({ cost: READ_ALL }),
          async resolve(_, { client }) {
            probe.scans.push(client);
            await probe.gate;
            return 'done';
          },
        },
        missing: {
          type: GraphQLString,
          resolve: () => {
            throw new LoadstoneError('NOT_FOUND', 'There is no such thing. Look elsewhere.');
          },
        },
        broken: {
          type: GraphQLString,
          resolve: () => {
            throw new Error('secret of the database');
          },
        },
      },
    }),
    mutation: new GraphQLObjectType({
      name: 'Mutation',
      fields: {
        digest: { type: digest, args: { file }, resolve: (_, args: Incoming) => digestFile(args, probe) },
        ignore: {
          type: GraphQLString,
          args: { file },
          resolve: async (_, args: Incoming) => (await args.file).filename,
        },
        touch: {
          type: GraphQLString,
          resolve: () => {
            probe.touched += 1;
            return 'touched';
          },
        },
      },
    }),
    subscription: new GraphQLObjectType({
      name: 'Subscription',
      fields: {
        count: {
          type: GraphQLInt,
          args: { to: { type: GraphQLInt } },
          subscribe: (_, { to }) => count(to),
          resolve: (value) => value,
        },
        flood: {
          type: GraphQLString,
          subscribe: (_root, _args, context) => flood(probe, context.signal),
          resolve: (value) => value,
        },
        silence: {
          type: GraphQLString,
          subscribe: (_root, _args, context) => silence(probe, context.signal),
          resolve: (value) => value,
        },
      },
    }),
  });
}

async function digestFile({ file }: Incoming, probe: Probe): Promise<object> {
  const { filename, sizeHint, createReadStream } = await file;
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    for await (const chunk of createReadStream() as Readable & AsyncIterable<Buffer>) {
      await probe.gate;
      hash.update(chunk);
      bytes += chunk.length;
      probe.bytesRead += chunk.length;
    }
  } catch (error) {
    probe.uploadErrors.push(error);
    throw error;
  }
  return { filename, sizeHint, bytes, sha256: hash.digest('hex') };
}

async function* count(to: number): AsyncGenerator<number> {
  for (let value = 1; value <= to; value += 1) yield value;
}

/** An endless series of large values. */
async function* flood(probe: Probe, signal: AbortSignal): AsyncGenerator<string> {
  const value = 'x'.repeat(10_000);
  probe.watching += 1;
  try {
    for (; !signal.aborted; probe.ticks += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      yield value;
    }
  } finally {
    probe.watching -= 1;
  }
}

/** One value, then none until it is stopped. */
async function* silence(probe: Probe, signal: AbortSignal): AsyncGenerator<string> {
  probe.watching += 1;
  try {
    yield 'now silent';
    if (!signal.aborted) await once(signal, 'abort');
  } finally {
    probe.watching -= 1;
  }
}

export const DIGEST = 'mutation ($file: Upload!) { digest(file: $file) { filename sizeHint bytes sha256 } }';
const BOUNDARY = 'the-boundary';

/** A part of a multipart body. */
export function part(disposition: string, content: string, contentType?: string): string {
  const type = contentType ? `Content-Type: ${contentType}\r\n` : '';
  return `--${BOUNDARY}\r\nContent-Disposition: ${disposition}\r\n${type}\r\n${content}\r\n`;
}

export function field(name: string, value: unknown): string {
  return part(`form-data; name="${name}"`, typeof value === 'string' ? value : JSON.stringify(value));
}

export function filePart(content: string, name = '0', filename = 'products.csv'): string {
  return part(`form-data; name="${name}"; filename="${filename}"`, content, 'text/csv');
}

export const OPERATIONS = field('operations', { query: DIGEST, variables: { file: null } });
export const MAP = field('map', { 0: ['variables.file'] });
export const END = `--${BOUNDARY}--\r\n`;
/** The part of a valid request before the file's content. */
export const HEAD = `${OPERATIONS}${MAP}${filePart('').slice(0, -2)}`;
export const TAIL = `\r\n${END}`;

interface Data {
  digest: { filename: string; sizeHint: number | null; bytes: number; sha256: string };
  address: string;
  hello: string;
}

export interface Answer {
  status: number;
  headers: http.IncomingHttpHeaders;
  text: string;
  /** The body parsed as a GraphQL result, loosely typed: tests assert what they expect. */
  json: {
    data?: Data | null;
    errors?: { message: string; extensions: { code: string } }[];
  };
}

export async function postMultipart(
  server: TestServer,
  body: string | Buffer,
  headers: http.OutgoingHttpHeaders = {},
): Promise<Answer> {
  const request = openUpload(server, { 'content-length': Buffer.byteLength(body), ...headers });
  request.end(body);
  return answerTo(request);
}

/** A request whose body is written by the test. */
export function openUpload(server: TestServer, headers: http.OutgoingHttpHeaders = {}): http.ClientRequest {
  return openRequest(server, '/graphql', {
    method: 'POST',
    headers: { 'content-type': `multipart/form-data; boundary=${BOUNDARY}`, ...headers },
  });
}

/** A request over a connection of its own. */
export function openRequest(
  { url, ca }: Pick<TestServer, 'url' | 'ca'>,
  path: string,
  options: Pick<http.RequestOptions, 'method' | 'headers'> = {},
): http.ClientRequest {
  const settings = { agent: false, ...options };
  return ca ? https.request(url + path, { ca, ...settings }) : http.request(url + path, settings);
}

export async function answerTo(request: http.ClientRequest): Promise<Answer> {
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += chunk;
  const isJson = /json/.test(response.headers['content-type'] ?? '');
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    text,
    json: isJson ? JSON.parse(text) : {},
  };
}

export async function query(
  server: TestServer,
  body: object,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, headers: {}, text, json: text ? JSON.parse(text) : {} };
}

export async function connectRaw(server: TestServer): Promise<net.Socket> {
  const socket = net.connect(server.port, '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}

/** Sends these bytes over a new connection, and reads the response until it is closed. */
export async function sendRaw(server: TestServer, bytes: string): Promise<Answer> {
  const socket = await connectRaw(server);
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk)).write(bytes);
  await once(socket, 'close');
  const [head = '', ...rest] = String(Buffer.concat(chunks)).split('\r\n\r\n');
  const [line = '', ...lines] = head.split('\r\n');
  const headers: Record<string, string> = {};
  for (const each of lines) {
    const colon = each.indexOf(':');
    const name = each.slice(0, colon).toLowerCase();
    const value = each.slice(colon + 1).trim();
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`;
  }
  const text = rest.join('\r\n\r\n');
  const isJson = /json/.test(headers['content-type'] ?? '') && headers['content-length'] !== undefined;
  return { status: Number(line.split(' ')[1]), headers, text, json: isJson && text ? JSON.parse(text) : {} };
}

export async function until(what: string, condition: () => boolean, withinMs = 10_000): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`Waited in vain until ${what}`);
    await delay(10);
  }
}
