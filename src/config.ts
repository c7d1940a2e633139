// The settings, read from the environment: the only file that does.

import { availableParallelism } from 'node:os';
import { z } from 'zod';
import { SettingsError } from './errors.ts';

export interface Settings {
  host: string;
  /** 0 takes a free one. */
  port: number;
  /** Undefined: the embedded Postgres. */
  databaseUrl: string | undefined;
  /** The embedded Postgres's cluster, and the files being received. */
  dataDir: string;
  /** Worker threads that an import uses, each with its own connection. */
  ingestLanes: number;
  parser: 'fast' | 'csv-parse';
  maxUploadBytes: number;
  maxRecordBytes: number;
  /** In characters. */
  maxDescriptionLength: number;
  /** How many rows an import may reject before it fails, unless its own option says otherwise. */
  maxRejectedRows: number;
  /** Imports that this process works on at once; the others wait. */
  maxActiveImports: number;
  /** What one statement of a client's query may take in the database; 0: any time. */
  queryTimeoutSeconds: number;
  /** How long an import waits for a database that is away, or for a server that has its file. */
  databaseWaitSeconds: number;
  /** How long the file of a failed import is kept for a retry, where one can help. */
  retryHours: number;
  /** An upload that is silent for so long is cut off. */
  uploadIdleSeconds: number;
  /** An upload that comes more slowly than this is cut off; 0 for no such limit. */
  uploadMinBytesPerSecond: number;
  /** Of the disk of the files being received, what they leave free. */
  spoolReserveBytes: number;
  /** Whether data sources may be at addresses of this machine and of private networks. */
  allowPrivateSources: boolean;
  /** A data source that is silent for so long is given up for this time. */
  sourceSilenceSeconds: number;
  /** How long a fetch may take from its first byte to its last, whatever it brings. */
  sourceFetchSeconds: number;
  /** A data source that sends more slowly than this is given up for this time. */
  sourceMinBytesPerSecond: number;
  /** Checks and fetches of data sources at once. */
  sourceChecks: number;
  logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent';
}

/** Where COPY, and Postgres's own limit on a value, leave room for the rest of the row. */
const LARGEST_RECORD = 2 ** 28;

/** Each variable with its default, as it would be written, and what it may be. */
const variables = z.object({
  HOST: text('127.0.0.1'),
  PORT: integer(4000, 0, 65_535),
  DATABASE_URL: z
    .string()
    .trim()
    .superRefine((value, context) => {
      const message = faultOfAddress(value);
      if (message) context.addIssue({ code: 'custom', message });
    })
    .optional(),
  DATA_DIR: text('.data'),
  INGEST_LANES: integer(availableParallelism(), 1, 64),
  INGEST_PARSER: oneOf('fast', ['fast', 'csv-parse']),
  MAX_UPLOAD_BYTES: integer(2 ** 40, 1, Number.MAX_SAFE_INTEGER),
  MAX_RECORD_BYTES: integer(4 * 2 ** 20, 1024, LARGEST_RECORD),
  MAX_DESCRIPTION_LENGTH: integer(1_000_000, 1, LARGEST_RECORD),
  MAX_REJECTED_ROWS: integer(100_000, 0, Number.MAX_SAFE_INTEGER),
  MAX_ACTIVE_IMPORTS: integer(4, 1, 1000),
  QUERY_TIMEOUT_SECONDS: integer(30, 0, 86_400),
  DATABASE_WAIT_SECONDS: integer(120, 1, 86_400),
  RETRY_HOURS: integer(24, 0, 8760),
  UPLOAD_IDLE_SECONDS: integer(60, 1, 86_400),
  UPLOAD_MIN_BYTES_PER_SECOND: integer(1024, 0, 2 ** 30),
  SPOOL_RESERVE_BYTES: integer(256 * 2 ** 20, 0, Number.MAX_SAFE_INTEGER),
  ALLOW_PRIVATE_SOURCES: oneOf('false', ['true', 'false']),
  SOURCE_SILENCE_SECONDS: integer(30, 1, 3600),
  SOURCE_FETCH_SECONDS: integer(3600, 1, 604_800),
  SOURCE_MIN_BYTES_PER_SECOND: integer(1024, 0, 2 ** 30),
  SOURCE_CHECKS: integer(100, 1, 1000),
  LOG_LEVEL: oneOf('info', ['debug', 'info', 'warn', 'error', 'silent']),
});

/**
 * A variable that is unset or empty has its default.
 *
 * @throws SettingsError that names every wrong variable and what it may be
 */
export function readSettings(env: Record<string, string | undefined>): Settings {
  const given = Object.entries(env).filter(([, value]) => value !== undefined && value.trim() !== '');
  const result = variables.safeParse(Object.fromEntries(given));
  if (!result.success) throw new SettingsError(describe(result.error, env));
  const read = result.data;
  return {
    host: read.HOST,
    port: read.PORT,
    databaseUrl: read.DATABASE_URL,
    dataDir: read.DATA_DIR,
    ingestLanes: read.INGEST_LANES,
    parser: read.INGEST_PARSER,
    maxUploadBytes: read.MAX_UPLOAD_BYTES,
    maxRecordBytes: read.MAX_RECORD_BYTES,
    maxDescriptionLength: read.MAX_DESCRIPTION_LENGTH,
    maxRejectedRows: read.MAX_REJECTED_ROWS,
    maxActiveImports: read.MAX_ACTIVE_IMPORTS,
    queryTimeoutSeconds: read.QUERY_TIMEOUT_SECONDS,
    databaseWaitSeconds: read.DATABASE_WAIT_SECONDS,
    retryHours: read.RETRY_HOURS,
    uploadIdleSeconds: read.UPLOAD_IDLE_SECONDS,
    uploadMinBytesPerSecond: read.UPLOAD_MIN_BYTES_PER_SECOND,
    spoolReserveBytes: read.SPOOL_RESERVE_BYTES,
    allowPrivateSources: read.ALLOW_PRIVATE_SOURCES === 'true',
    sourceSilenceSeconds: read.SOURCE_SILENCE_SECONDS,
    sourceFetchSeconds: read.SOURCE_FETCH_SECONDS,
    sourceMinBytesPerSecond: read.SOURCE_MIN_BYTES_PER_SECOND,
    sourceChecks: read.SOURCE_CHECKS,
    logLevel: read.LOG_LEVEL,
  };
}

function text(fallback: string) {
  return z.string().trim().default(fallback);
}

function integer(fallback: number, least: number, most: number) {
  const isAllowed = (value: string) => /^\d+$/.test(value) && Number(value) >= least && Number(value) <= most;
  return z
    .string()
    .trim()
    .default(String(fallback))
    .refine(isAllowed, `must be a whole number from ${least} to ${most}`)
    .transform(Number);
}

function oneOf<const Choice extends string>(fallback: NoInfer<Choice>, choices: readonly Choice[]) {
  return z.enum(choices, `must be one of ${choices.join(', ')}`).default(() => fallback);
}

const EXAMPLE = 'postgres://user:password@host:5432/database';
const ESCAPES = 'in the password, % is written %25, and / ? # @ : are %2F %3F %23 %40 %3A';

/** @returns what is wrong with the address of a database */
function faultOfAddress(value: string): string | undefined {
  const url = URL.parse(value);
  if (!url || !['postgres:', 'postgresql:'].includes(url.protocol))
    return `must be the address of a Postgres, as in ${EXAMPLE} (${ESCAPES})`;
  if (![url.username, url.password, url.host, url.pathname].every(isDecodable))
    return `has a % that stands for no character (${ESCAPES})`;
  if (url.host.includes(',')) return `names several hosts; it must name one, as in ${EXAMPLE}`;
  return undefined;
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

function describe(error: z.ZodError, env: Record<string, string | undefined>): string {
  const faults = error.issues.map(({ path, message }) => {
    const name = String(path[0]);
    // An address may hold a password.
    const value = name === 'DATABASE_URL' ? '' : ` is "${env[name]}"; it`;
    return `${name}${value} ${message}`;
  });
  const [only, ...others] = faults;
  if (others.length === 0) return `Wrong setting in the environment: ${only}`;
  return ['Wrong settings in the environment:', ...faults.map((fault) => `  ${fault}`)].join('\n');
}
