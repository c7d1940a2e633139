// All settings, in one list: the type `Settings`, docs/settings.md and .env.example come from it.

import { availableParallelism } from 'node:os';
import type { z } from 'zod';
import {
  addressRanges,
  flag,
  headerPairs,
  hostNames,
  httpUrl,
  integer,
  type Kind,
  oneOf,
  optionalInteger,
  optionalOneOf,
  optionalText,
  origins,
  postgresUrl,
  secureUrl,
  share,
  text,
} from './setting-kinds.ts';

export interface Setting<Value = unknown> extends Kind<Value> {
  /** The environment variable. */
  variable: string;
  /** The section of the documentation. */
  group: string;
  description: string;
  unit?: 'bytes' | 'bytes/s' | 'characters' | 'days' | 'hours' | 'rows' | 'seconds';
  /** In place of a default that differs between machines. */
  defaultText?: string;
  /** Whether error messages must not show its value. */
  isSecret?: boolean;
}

/** COPY and Postgres's own limit on a value leave space for the rest of the row. */
const LARGEST_RECORD = 2 ** 28;
const ANY = Number.MAX_SAFE_INTEGER;

/** By the name of the field in `Settings`. */
export const SETTINGS = {
  host: {
    variable: 'HOST',
    group: 'Server',
    ...text('127.0.0.1'),
    description: 'Address to listen on.',
  },
  port: {
    variable: 'PORT',
    group: 'Server',
    ...integer(4000, 0, 65_535),
    description: 'Port to listen on. 0 selects a free port.',
  },
  allowedHosts: {
    variable: 'ALLOWED_HOSTS',
    group: 'Server',
    ...hostNames(),
    defaultText: '`localhost`, loopback addresses, and the address that a client connected to',
    description:
      'Further names under which clients reach the server, separated by commas, as in `shop.example,*.shop.example`; `*` for any. Requests with another `Host` fail with `HOST_NOT_ALLOWED`, except to `/healthz` and `/readyz`.',
  },
  allowedOrigins: {
    variable: 'ALLOWED_ORIGINS',
    group: 'Server',
    ...origins(),
    description:
      'Origins of pages elsewhere that may use the API from browsers (CORS), separated by commas, as in `https://shop.example`. They send a token of their own; cookies are ignored.',
  },
  trustedProxies: {
    variable: 'TRUSTED_PROXIES',
    group: 'Server',
    ...addressRanges(),
    description:
      'Addresses of the reverse proxies in front of the server, separated by commas, as in `127.0.0.1,10.0.0.0/8`. Only they are believed in `X-Forwarded-For`, `X-Forwarded-Proto` and `X-Forwarded-Host`.',
  },

  access: {
    variable: 'ACCESS',
    group: 'Access',
    ...optionalOneOf(['required', 'open']),
    defaultText: '`required` once a token was made or `JWT_JWKS_URL` is set; else `open` on loopback',
    description:
      'Whether requests need a token. With `open`, whoever reaches the server may do everything. On an address other than loopback, the server does not start until access is configured or this is set. See [access.md](access.md).',
  },
  jwtJwksUrl: {
    variable: 'JWT_JWKS_URL',
    group: 'Access',
    ...secureUrl(),
    description:
      'Address of the keys (JWKS) of an identity provider, whose JWTs are then accepted as tokens. Needs `JWT_ISSUER` and `JWT_AUDIENCE`.',
  },
  jwtIssuer: {
    variable: 'JWT_ISSUER',
    group: 'Access',
    ...optionalText(),
    description: 'Issuer that JWTs must have (`iss`).',
  },
  jwtAudience: {
    variable: 'JWT_AUDIENCE',
    group: 'Access',
    ...optionalText(),
    description: 'Audience that JWTs must have (`aud`).',
  },
  jwtRoleClaim: {
    variable: 'JWT_ROLE_CLAIM',
    group: 'Access',
    ...text('role'),
    description:
      'Claim of JWTs that holds the role: `reader`, `writer` or `admin`, or several, in a list or separated by spaces; the highest counts. A claim within others is written with dots, such as `realm_access.roles`.',
  },
  jwtNameClaim: {
    variable: 'JWT_NAME_CLAIM',
    group: 'Access',
    ...text('sub'),
    description:
      'Claim of JWTs that holds the name under which changes are recorded. It should be unique, and not for users to choose.',
  },

  databaseUrl: {
    variable: 'DATABASE_URL',
    group: 'Storage',
    ...postgresUrl(),
    isSecret: true,
    description: 'Address of the Postgres database. If unset, the server starts its embedded Postgres.',
  },
  migrate: {
    variable: 'MIGRATE',
    group: 'Storage',
    ...oneOf('auto', ['auto', 'never']),
    description:
      'Whether the server migrates the database at its start. With `never`, `npm run migrate` does, and the server can connect as [a role that only serves](operations.md#a-role-that-only-serves).',
  },
  dataDir: {
    variable: 'DATA_DIR',
    group: 'Storage',
    ...text('.data'),
    description:
      'Folder of the embedded Postgres and of the spool, which keeps each uploaded file until its import has finished.',
  },

  ingestLanes: {
    variable: 'INGEST_LANES',
    group: 'Imports',
    ...integer(availableParallelism(), 1, 64),
    defaultText: 'the number of CPU cores',
    description:
      'Worker threads that load files, each with its own database connection. An import takes as many as are free, and at least one.',
  },
  parser: {
    variable: 'INGEST_PARSER',
    group: 'Imports',
    ...oneOf('fast', ['fast', 'csv-parse']),
    description:
      'CSV parser. `csv-parse` reads every record with the library of that name: slower, with the same rows and rejections.',
  },
  maxUploadBytes: {
    variable: 'MAX_UPLOAD_BYTES',
    group: 'Imports',
    ...integer(2 ** 40, 1, ANY),
    unit: 'bytes',
    description: 'Largest file, as it is sent: compressed, if it is.',
  },
  maxUnpackedBytes: {
    variable: 'MAX_UNPACKED_BYTES',
    group: 'Imports',
    ...integer(2 ** 40, 1, ANY),
    unit: 'bytes',
    description: 'The most that a compressed file, or a workbook and its rows, may unpack to.',
  },
  maxCompressionRatio: {
    variable: 'MAX_COMPRESSION_RATIO',
    group: 'Imports',
    ...integer(200, 1, ANY),
    description:
      'How many times its size a compressed file may unpack to, beyond its first 256 MiB. A catalogue has a ratio of 3 to 50.',
  },
  maxRecordBytes: {
    variable: 'MAX_RECORD_BYTES',
    group: 'Imports',
    ...integer(4 * 2 ** 20, 1024, LARGEST_RECORD),
    unit: 'bytes',
    description: 'Largest record of a file, including its line break.',
  },
  maxDescriptionLength: {
    variable: 'MAX_DESCRIPTION_LENGTH',
    group: 'Imports',
    ...integer(1_000_000, 1, LARGEST_RECORD),
    unit: 'characters',
    description: 'Longest description of a product.',
  },
  maxRejectedRows: {
    variable: 'MAX_REJECTED_ROWS',
    group: 'Imports',
    ...integer(100_000, 0, ANY),
    unit: 'rows',
    description:
      'An import with more rejected rows fails, unless its option `maxRejectedRows` sets another limit.',
  },
  maxRowIssues: {
    variable: 'MAX_ROW_ISSUES',
    group: 'Imports',
    ...integer(1_000_000, 0, ANY),
    unit: 'rows',
    description:
      'Superseded rows that are kept as issues of an import; of more, all are counted and the warning `ISSUES_NOT_KEPT` says how many are missing. No option `maxRejectedRows` allows more rejected rows than this. 0: no limit.',
  },
  maxStagedRows: {
    variable: 'MAX_STAGED_ROWS',
    group: 'Imports',
    ...integer(250_000_000, 0, ANY),
    unit: 'rows',
    description:
      'Rows that all imports together may hold in staging: those that are loaded, wait to be committed, or are not merged yet. An import with more fails with `TOO_MANY_STAGED_ROWS`. 0: no limit.',
  },
  maxActiveImports: {
    variable: 'MAX_ACTIVE_IMPORTS',
    group: 'Imports',
    ...integer(4, 1, 1000),
    description:
      'Imports that a process works on at the same time. Others are received and then wait. An import that waits for its client does not count.',
  },
  previewHours: {
    variable: 'PREVIEW_HOURS',
    group: 'Imports',
    ...integer(24, 1, 8760),
    unit: 'hours',
    description:
      'How long a previewed import can be committed. Its rows and its file are kept for that; then it is cancelled.',
  },
  undoDays: {
    variable: 'UNDO_DAYS',
    group: 'Imports',
    ...integer(7, 1, 3650),
    unit: 'days',
    description: 'How long an import can be undone after it has ended.',
  },
  historyDays: {
    variable: 'HISTORY_DAYS',
    group: 'Imports',
    ...integer(30, 1, 3650),
    unit: 'days',
    description:
      'How long the former versions of products are kept, for their history and for undoing imports. At least as long as `UNDO_DAYS` and a day.',
  },
  importsKeepDays: {
    variable: 'IMPORTS_KEEP_DAYS',
    group: 'Imports',
    ...integer(0, 0, 36_500),
    unit: 'days',
    description:
      'How long imports are kept after they have ended, with their issues, previews and corrections. Then they are deleted; products stay as they are. At least as long as `UNDO_DAYS` and a day. 0: for ever.',
  },
  queryTimeoutSeconds: {
    variable: 'QUERY_TIMEOUT_SECONDS',
    group: 'Queries',
    ...integer(30, 0, 86_400),
    unit: 'seconds',
    description:
      'Time limit for each database statement of a query, which then fails with `QUERY_TIMEOUT`. 0: no limit.',
  },
  maxQueryCost: {
    variable: 'MAX_QUERY_COST',
    group: 'Queries',
    ...integer(50_000, 0, ANY),
    description:
      'The most that an operation may cost: 1 for each value of its largest possible result, and more for fields that read much (see [api.md](api.md)). Others fail with `QUERY_TOO_EXPENSIVE`. 0: no limit.',
  },
  maxExpensiveQueries: {
    variable: 'MAX_EXPENSIVE_QUERIES',
    group: 'Queries',
    ...integer(Math.max(1, Math.floor(availableParallelism() / 2)), 0, 1000),
    defaultText: 'half the number of CPU cores, at least 1',
    description:
      'Queries that cost 5,000 or more which a server process executes at the same time, so that others find a connection and processor time. Further ones wait: clients take turns, and after `QUERY_TIMEOUT_SECONDS` they fail with `TOO_MANY_QUERIES`. 0: no limit.',
  },
  maxQueryDepth: {
    variable: 'MAX_QUERY_DEPTH',
    group: 'Queries',
    ...integer(15, 1, 200),
    description: 'How deep the fields of an operation may be nested.',
  },
  maxQueryAliases: {
    variable: 'MAX_QUERY_ALIASES',
    group: 'Queries',
    ...integer(100, 0, 2000),
    description: 'Aliases in a document.',
  },
  maxRootFields: {
    variable: 'MAX_ROOT_FIELDS',
    group: 'Queries',
    ...integer(50, 1, 2000),
    description:
      'Fields of an operation itself, counting those that are repeated. Documents with more, with more aliases or nested deeper fail with `QUERY_TOO_COMPLEX`.',
  },
  maxCostPerMinute: {
    variable: 'MAX_COST_PER_MINUTE',
    group: 'Queries',
    ...integer(30_000_000, 0, ANY),
    description:
      'What the operations of a client may cost within a minute, in each server process unless `SHARED_RATES` is set. A client is a token, or else an address. Further ones fail with `RATE_LIMITED`. 0: no limit.',
  },
  maxMutationsPerMinute: {
    variable: 'MAX_MUTATIONS_PER_MINUTE',
    group: 'Queries',
    ...integer(12_000, 0, ANY),
    description:
      'Mutations that a client may send within a minute, uploads included, in each server process unless `SHARED_RATES` is set. Further ones fail with `RATE_LIMITED`. 0: no limit.',
  },
  sharedRates: {
    variable: 'SHARED_RATES',
    group: 'Queries',
    ...flag(false),
    description:
      'Whether all servers on a database that set it count together what a client sends within a minute. The counts are in the database, which costs a statement for each operation and two for each mutation. While the database does not answer within a second, each server counts for itself.',
  },
  introspection: {
    variable: 'INTROSPECTION',
    group: 'Queries',
    ...flag(true),
    description:
      'Whether clients may read the schema. If not, error messages suggest no names either. In production: `false`. Clients without a token never may, unless access is open.',
  },
  graphiql: {
    variable: 'GRAPHIQL',
    group: 'Queries',
    ...flag(true),
    description: 'Whether GraphiQL is served to browsers. In production: `false`.',
  },
  requirePreflight: {
    variable: 'REQUIRE_PREFLIGHT',
    group: 'Queries',
    ...flag(false),
    description:
      'Whether an operation that any page could make a browser send (GET, forms, uploads) must come from a page of this server or have the header `graphql-preflight`. In production: `true`.',
  },
  persistedOperations: {
    variable: 'PERSISTED_OPERATIONS',
    group: 'Queries',
    ...optionalText(),
    description:
      'File with the operations that clients may send: a JSON object from the SHA-256 of each document to the document, read at the start. See [operations](operations.md#persisted-operations). If unset, clients may send any.',
  },
  persistedOperationsOnly: {
    variable: 'PERSISTED_OPERATIONS_ONLY',
    group: 'Queries',
    ...flag(true),
    description:
      'Whether other documents than those of `PERSISTED_OPERATIONS` fail with `PERSISTED_QUERY_ONLY`. If not, the list only saves clients from sending whole documents.',
  },
  downloadStallSeconds: {
    variable: 'DOWNLOAD_STALL_SECONDS',
    group: 'Queries',
    ...integer(60, 1, 86_400),
    unit: 'seconds',
    description:
      'A download whose client takes nothing for this long is aborted. An export holds a snapshot of the database meanwhile.',
  },
  databaseWaitSeconds: {
    variable: 'DATABASE_WAIT_SECONDS',
    group: 'Recovery',
    ...integer(120, 1, 86_400),
    unit: 'seconds',
    description:
      'How long an import waits for a database that is unavailable, or for a server that has its file, before it fails.',
  },
  retryHours: {
    variable: 'RETRY_HOURS',
    group: 'Recovery',
    ...integer(24, 0, 8760),
    unit: 'hours',
    description:
      'How long the file of a failed import is kept for `retryImport`, if a retry can succeed. 0: not at all.',
  },

  maxUploads: {
    variable: 'MAX_UPLOADS',
    group: 'Uploads',
    ...integer(500, 0, ANY),
    description:
      'Files that clients may send to a server process at once, for imports and inspections. One more fails with `TOO_MANY_UPLOADS` before it is read. 0: no limit.',
  },
  maxUploadsPerClient: {
    variable: 'MAX_UPLOADS_PER_CLIENT',
    group: 'Uploads',
    ...integer(200, 0, ANY),
    description:
      'How many of them one client may send. A client is a token, or else an address. 0: no limit.',
  },
  uploadIdleSeconds: {
    variable: 'UPLOAD_IDLE_SECONDS',
    group: 'Uploads',
    ...integer(60, 1, 86_400),
    unit: 'seconds',
    description: 'An upload that sends nothing for this long is aborted.',
  },
  uploadMinBytesPerSecond: {
    variable: 'UPLOAD_MIN_BYTES_PER_SECOND',
    group: 'Uploads',
    ...integer(1024, 0, 2 ** 30),
    unit: 'bytes/s',
    description: 'An upload that is slower than this for 30 seconds is aborted. 0: no limit.',
  },
  spoolReserveBytes: {
    variable: 'SPOOL_RESERVE_BYTES',
    group: 'Uploads',
    ...integer(256 * 2 ** 20, 0, ANY),
    unit: 'bytes',
    description:
      'Space that uploads, inspections and data sources leave free on the disk of `DATA_DIR`. An upload is rejected if it, together with those in progress, would need more.',
  },

  allowPrivateSources: {
    variable: 'ALLOW_PRIVATE_SOURCES',
    group: 'Data sources',
    ...flag(false),
    description: 'Whether data sources may be at addresses of this machine and of private networks.',
  },
  sourceSilenceSeconds: {
    variable: 'SOURCE_SILENCE_SECONDS',
    group: 'Data sources',
    ...integer(30, 1, 3600),
    unit: 'seconds',
    description: 'A check or download that receives nothing for this long fails.',
  },
  sourceFetchSeconds: {
    variable: 'SOURCE_FETCH_SECONDS',
    group: 'Data sources',
    ...integer(3600, 1, 604_800),
    unit: 'seconds',
    description: 'A download that takes longer than this fails.',
  },
  sourceMinBytesPerSecond: {
    variable: 'SOURCE_MIN_BYTES_PER_SECOND',
    group: 'Data sources',
    ...integer(1024, 0, 2 ** 30),
    unit: 'bytes/s',
    description: 'A download that is slower than this fails. 0: no limit.',
  },
  sourceChecks: {
    variable: 'SOURCE_CHECKS',
    group: 'Data sources',
    ...integer(100, 1, 1000),
    description: 'Data sources that are checked at the same time.',
  },

  logLevel: {
    variable: 'LOG_LEVEL',
    group: 'Logging',
    ...oneOf('info', ['debug', 'info', 'warn', 'error', 'silent']),
    description: 'Least severe messages to log. The log is written to standard error.',
  },
  logFormat: {
    variable: 'LOG_FORMAT',
    group: 'Logging',
    ...oneOf('json', ['json', 'pretty']),
    description: 'JSON lines, for machines, or lines for people.',
  },

  metricsPort: {
    variable: 'METRICS_PORT',
    group: 'Metrics and traces',
    ...optionalInteger(0, 65_535),
    description:
      'Port of its own for `/metrics`, `/healthz` and `/readyz`, without a token. If unset, `/metrics` is on the main port, where it needs the role `reader`. 0 selects a free port.',
  },
  metricsHost: {
    variable: 'METRICS_HOST',
    group: 'Metrics and traces',
    ...text('127.0.0.1'),
    description: 'Address for `METRICS_PORT` to listen on.',
  },
  otlpEndpoint: {
    variable: 'OTEL_EXPORTER_OTLP_ENDPOINT',
    group: 'Metrics and traces',
    ...httpUrl(),
    description:
      'Address of an OpenTelemetry collector, as in `http://127.0.0.1:4318`: traces are sent to its `/v1/traces`. If unset, there are none.',
  },
  otlpHeaders: {
    variable: 'OTEL_EXPORTER_OTLP_HEADERS',
    group: 'Metrics and traces',
    ...headerPairs(),
    isSecret: true,
    description: 'Headers for the collector, as in `authorization=Bearer%20…,x-tenant=shop`.',
  },
  otelServiceName: {
    variable: 'OTEL_SERVICE_NAME',
    group: 'Metrics and traces',
    ...text('loadstone'),
    description: 'Name of the service in traces.',
  },
  traceShare: {
    variable: 'OTEL_TRACES_SAMPLER_ARG',
    group: 'Metrics and traces',
    ...share(1),
    description: 'Share of traces to record, unless the `traceparent` of a client says whether to: 0 to 1.',
  },
} as const satisfies Record<string, Setting>;

export type Settings = {
  [Field in keyof typeof SETTINGS]: z.output<(typeof SETTINGS)[Field]['schema']>;
};
