import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { test } from 'node:test';
import { readSettings } from '../src/config.ts';
import { SettingsError } from '../src/errors.ts';

test('by default, the server listens on loopback and uses its embedded Postgres', () => {
  assert.deepEqual(readSettings({}), {
    host: '127.0.0.1',
    port: 4000,
    allowedHosts: [],
    allowedOrigins: [],
    trustedProxies: [],
    access: undefined,
    jwtJwksUrl: undefined,
    jwtIssuer: undefined,
    jwtAudience: undefined,
    jwtRoleClaim: 'role',
    jwtNameClaim: 'sub',
    databaseUrl: undefined,
    migrate: 'auto',
    dataDir: '.data',
    ingestLanes: availableParallelism(),
    parser: 'fast',
    maxUploadBytes: 2 ** 40,
    maxRecordBytes: 4 * 2 ** 20,
    maxDescriptionLength: 1_000_000,
    maxRejectedRows: 100_000,
    maxActiveImports: 4,
    queryTimeoutSeconds: 30,
    maxQueryCost: 50_000,
    maxQueryDepth: 15,
    maxQueryAliases: 100,
    maxRootFields: 50,
    maxCostPerMinute: 30_000_000,
    maxMutationsPerMinute: 12_000,
    introspection: true,
    graphiql: true,
    requirePreflight: false,
    downloadStallSeconds: 60,
    databaseWaitSeconds: 120,
    retryHours: 24,
    previewHours: 24,
    historyDays: 30,
    importsKeepDays: 0,
    undoDays: 7,
    uploadIdleSeconds: 60,
    uploadMinBytesPerSecond: 1024,
    spoolReserveBytes: 256 * 2 ** 20,
    allowPrivateSources: false,
    sourceSilenceSeconds: 30,
    sourceFetchSeconds: 3600,
    sourceMinBytesPerSecond: 1024,
    sourceChecks: 100,
    logLevel: 'info',
    logFormat: 'json',
    metricsPort: undefined,
    metricsHost: '127.0.0.1',
    otlpEndpoint: undefined,
    otlpHeaders: {},
    otelServiceName: 'loadstone',
    traceShare: 1,
  });
});

test('an empty variable counts as unset', () => {
  assert.deepEqual(readSettings({ PORT: '', DATABASE_URL: ' ', INGEST_LANES: undefined }), readSettings({}));
});

test('every setting can be set', () => {
  const settings = readSettings({
    HOST: '::1',
    PORT: '0',
    ALLOWED_HOSTS: 'shop.example,*.shop.example 192.0.2.1, ::1',
    ALLOWED_ORIGINS: 'https://shop.example,http://localhost:3000',
    TRUSTED_PROXIES: '127.0.0.1, 10.0.0.0/8 fd00::/8',
    ACCESS: 'required',
    JWT_JWKS_URL: 'https://login.example/keys',
    JWT_ISSUER: 'https://login.example',
    JWT_AUDIENCE: 'loadstone',
    JWT_ROLE_CLAIM: 'realm_access.roles',
    JWT_NAME_CLAIM: 'email',
    DATABASE_URL: 'postgresql://shop:secret@db.example:5433/catalogue?sslmode=require',
    MIGRATE: 'never',
    DATA_DIR: '/var/lib/loadstone',
    INGEST_LANES: ' 3 ',
    INGEST_PARSER: 'csv-parse',
    MAX_UPLOAD_BYTES: '1000000',
    MAX_RECORD_BYTES: '65536',
    MAX_DESCRIPTION_LENGTH: '5000',
    MAX_REJECTED_ROWS: '0',
    MAX_ACTIVE_IMPORTS: '1',
    QUERY_TIMEOUT_SECONDS: '0',
    MAX_QUERY_COST: '0',
    MAX_QUERY_DEPTH: '9',
    MAX_QUERY_ALIASES: '0',
    MAX_ROOT_FIELDS: '8',
    MAX_COST_PER_MINUTE: '0',
    MAX_MUTATIONS_PER_MINUTE: '7',
    INTROSPECTION: 'false',
    GRAPHIQL: 'false',
    REQUIRE_PREFLIGHT: 'true',
    DOWNLOAD_STALL_SECONDS: '20',
    DATABASE_WAIT_SECONDS: '600',
    RETRY_HOURS: '0',
    PREVIEW_HOURS: '48',
    UNDO_DAYS: '14',
    HISTORY_DAYS: '60',
    IMPORTS_KEEP_DAYS: '90',
    UPLOAD_IDLE_SECONDS: '5',
    UPLOAD_MIN_BYTES_PER_SECOND: '9',
    SPOOL_RESERVE_BYTES: '0',
    ALLOW_PRIVATE_SOURCES: 'true',
    SOURCE_SILENCE_SECONDS: '6',
    SOURCE_FETCH_SECONDS: '7',
    SOURCE_MIN_BYTES_PER_SECOND: '0',
    SOURCE_CHECKS: '8',
    LOG_LEVEL: 'silent',
    LOG_FORMAT: 'pretty',
    METRICS_PORT: '9464',
    METRICS_HOST: '::',
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318',
    OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20abc%3D, x-tenant = shop',
    OTEL_SERVICE_NAME: 'shop',
    OTEL_TRACES_SAMPLER_ARG: '0.25',
  });
  assert.deepEqual(settings, {
    host: '::1',
    port: 0,
    allowedHosts: ['shop.example', '*.shop.example', '192.0.2.1', '::1'],
    allowedOrigins: ['https://shop.example', 'http://localhost:3000'],
    trustedProxies: ['127.0.0.1', '10.0.0.0/8', 'fd00::/8'],
    access: 'required',
    jwtJwksUrl: 'https://login.example/keys',
    jwtIssuer: 'https://login.example',
    jwtAudience: 'loadstone',
    jwtRoleClaim: 'realm_access.roles',
    jwtNameClaim: 'email',
    databaseUrl: 'postgresql://shop:secret@db.example:5433/catalogue?sslmode=require',
    migrate: 'never',
    dataDir: '/var/lib/loadstone',
    ingestLanes: 3,
    parser: 'csv-parse',
    maxUploadBytes: 1_000_000,
    maxRecordBytes: 65_536,
    maxDescriptionLength: 5_000,
    maxRejectedRows: 0,
    maxActiveImports: 1,
    queryTimeoutSeconds: 0,
    maxQueryCost: 0,
    maxQueryDepth: 9,
    maxQueryAliases: 0,
    maxRootFields: 8,
    maxCostPerMinute: 0,
    maxMutationsPerMinute: 7,
    introspection: false,
    graphiql: false,
    requirePreflight: true,
    downloadStallSeconds: 20,
    databaseWaitSeconds: 600,
    retryHours: 0,
    previewHours: 48,
    undoDays: 14,
    historyDays: 60,
    importsKeepDays: 90,
    uploadIdleSeconds: 5,
    uploadMinBytesPerSecond: 9,
    spoolReserveBytes: 0,
    allowPrivateSources: true,
    sourceSilenceSeconds: 6,
    sourceFetchSeconds: 7,
    sourceMinBytesPerSecond: 0,
    sourceChecks: 8,
    logLevel: 'silent',
    logFormat: 'pretty',
    metricsPort: 9464,
    metricsHost: '::',
    otlpEndpoint: 'http://127.0.0.1:4318',
    otlpHeaders: { authorization: 'Bearer abc=', 'x-tenant': 'shop' },
    otelServiceName: 'shop',
    traceShare: 0.25,
  });
});

test('one message names every invalid setting and what is allowed', () => {
  const env = { PORT: '70000', INGEST_LANES: 'many', LOG_LEVEL: 'loud', MAX_UPLOAD_BYTES: '1e9' };
  assert.throws(
    () => readSettings(env),
    (error) => {
      assert.ok(error instanceof SettingsError);
      assert.deepEqual(error.message.split('\n'), [
        'Wrong settings in the environment:',
        '  PORT is "70000"; it must be a whole number from 0 to 65535',
        '  INGEST_LANES is "many"; it must be a whole number from 1 to 64',
        `  MAX_UPLOAD_BYTES is "1e9"; it must be a whole number from 1 to ${Number.MAX_SAFE_INTEGER}`,
        '  LOG_LEVEL is "loud"; it must be one of debug, info, warn, error, silent',
      ]);
      return true;
    },
  );
});

test('an invalid database address is reported without its password', () => {
  assert.throws(
    () => readSettings({ DATABASE_URL: 'mysql://shop:secret@db.example/catalogue' }),
    (error) => {
      assert.ok(error instanceof SettingsError);
      assert.match(error.message, /DATABASE_URL must be the address of a Postgres/);
      assert.doesNotMatch(error.message, /secret/);
      return true;
    },
  );
});

for (const [name, value] of [
  ['PORT', '-1'],
  ['PORT', '80.5'],
  ['INGEST_LANES', '0'],
  ['MAX_RECORD_BYTES', '0'],
  ['UPLOAD_IDLE_SECONDS', '0'],
  ['SPOOL_RESERVE_BYTES', '-1'],
  ['INGEST_PARSER', 'FAST'],
  ['ALLOWED_HOSTS', 'shop.example:443'],
  ['ALLOWED_HOSTS', 'https://shop.example'],
  ['ALLOWED_HOSTS', 'shop.*'],
  ['ALLOWED_ORIGINS', '*'],
  ['ALLOWED_ORIGINS', 'null'],
  ['ALLOWED_ORIGINS', 'shop.example'],
  ['ALLOWED_ORIGINS', 'https://shop.example/'],
  ['ALLOWED_ORIGINS', 'https://shop.example:443'],
  ['TRUSTED_PROXIES', 'proxy.example'],
  ['TRUSTED_PROXIES', '10.1'],
  ['TRUSTED_PROXIES', '10.0.0.0/33'],
  ['TRUSTED_PROXIES', '10.0.0.0/'],
  ['LOG_FORMAT', 'text'],
  ['METRICS_PORT', '65536'],
  ['OTEL_EXPORTER_OTLP_ENDPOINT', '127.0.0.1:4318'],
  ['OTEL_EXPORTER_OTLP_HEADERS', 'authorization'],
  ['OTEL_EXPORTER_OTLP_HEADERS', 'a=%zz'],
  ['OTEL_EXPORTER_OTLP_HEADERS', 'a=%0d%0ab'],
  ['OTEL_TRACES_SAMPLER_ARG', '1.5'],
  ['OTEL_TRACES_SAMPLER_ARG', 'half'],
] as const) {
  test(`${name}=${value} is rejected`, () => {
    assert.throws(() => readSettings({ [name]: value }), SettingsError);
  });
}
