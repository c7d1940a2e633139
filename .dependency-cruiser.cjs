// Which file may import which: only files of a lower layer, and within a layer only files of a lower folder.

const base = ['telemetry/', 'codes/', 'errors.ts', 'shorten.ts', 'file-descriptors.ts', 'memory/', 'json/'];

/** From the bottom up: a layer, and what it may import of src besides itself. */
const layers = {
  'codes/': [],
  'errors.ts': ['codes/'],
  'shorten.ts': [],
  'file-descriptors.ts': [],
  'memory/': [],
  'json/': [],
  'telemetry/': [],
  'config/': [],
  'config.ts': ['config/', 'errors.ts'],
  'db/': base,
  'ingest/': ['db/', ...base],
  'sources/': ['ingest/', 'db/', ...base],
  'exports/': ['ingest/', 'db/', ...base],
  'access/': ['db/', ...base],
  'resolvers/': ['access/', 'exports/', 'sources/', 'ingest/', 'db/', ...base],
  'schema/': ['resolvers/', 'access/', 'sources/', 'ingest/', 'db/', ...base],
  'http/': ['resolvers/', 'access/', 'exports/', 'sources/', 'ingest/', 'db/', ...base],
  'observe.ts': ['sources/', 'ingest/', 'db/', ...base],
  'app.ts': [
    'observe.ts',
    'http/',
    'schema/',
    'resolvers/',
    'access/',
    'exports/',
    'sources/',
    'ingest/',
    'db/',
    'config.ts',
    ...base,
  ],
  'module-loading.ts': [],
  'guard.js': [],
  'main.ts': [
    'guard.js',
    'memory/',
    'module-loading.ts',
    'app.ts',
    'config.ts',
    'errors.ts',
    'db/postgres/hide-parameters.ts',
  ],
  'source-server/': [],
  'console/': [],
  // Clients of the server. The demos also start one; `verify` and `token` open the database without one.
  'cli/': [
    'source-server/',
    'app.ts',
    'config.ts',
    'errors.ts',
    'shorten.ts',
    'db/postgres/connection/database.ts',
    'db/postgres/connection/connection-budget.ts',
    'db/embedded/attach-embedded-postgres.ts',
    'db/postgres/startup/migrate.ts',
    'db/postgres/startup/distribute.ts',
    'db/postgres/sqlstate.ts',
    'db/access/',
    'access/access-token.ts',
    'telemetry/create-logger.ts',
    'access/identity.ts',
    'db/catalogue/verification/',
  ],
};

/** The files of a folder itself that are not listed by name. */
const OWN_FILES = '*.ts';

/**
 * From the bottom up: what is in a folder. Each entry may import itself and those before it. The files of the folder itself
 * are on top, unless they are listed.
 */
const folders = {
  'db/': [
    'tables/',
    'tables.ts',
    'postgres/',
    'embedded/',
    'imports/',
    'catalogue/',
    'merge/',
    'sources/',
    'access/',
  ],
  'db/postgres/': [
    'schemas.ts',
    'sqlstate.ts',
    'sql/',
    'connection/',
    'copy/',
    'locks/',
    'is-empty.ts',
    'placement.ts',
    'in-doubt.ts',
    'cut.ts',
    'startup/',
  ],
  'db/catalogue/': [
    'product.ts',
    'product-rules.ts',
    'product-version.ts',
    'names/',
    'counts/',
    'search/',
    'products/',
    'history/',
    'catalogue-export.ts',
    'verification/',
  ],
  'db/merge/': [
    'join-method.ts',
    'statistics.ts',
    'turn/',
    'superseded/',
    'slices/',
    'partitions/',
    'claims/',
    'staged/',
    'preview/',
    'first-load/',
    'undo/',
  ],
  'ingest/': [
    'semaphore.ts',
    'minimum-rate.ts',
    'spool/',
    'read/',
    'lane/',
    'merge/',
    'progress/',
    'stages/',
    'run-import.ts',
    'running/',
    'receiving/',
    'issue-fields.ts',
    'requests/',
    'inspect-file.ts',
    'import-service.ts',
    'housekeeping/',
  ],
  'ingest/read/': [
    'byte-stream.ts',
    'dialect.ts',
    'csv-parse-options.ts',
    'formula-guard.ts',
    'warnings.ts',
    'text/',
    'records/',
    'header/',
    'format/',
  ],
  'ingest/lane/': ['rows/', 'parsers/', 'staging/'],
  'sources/': ['fetch/', 'watch/'],
  'sources/fetch/': [
    'source-error.ts',
    'temporary-content.ts',
    'types.ts',
    'http/',
    'validators.ts',
    'download/',
    'content/',
    'source-fetcher.ts',
  ],
  'resolvers/': [
    'bad-input.ts',
    'context.ts',
    'cursor.ts',
    'in-order.ts',
    'pagination.ts',
    'shared-results.ts',
    'field-cost.ts',
    'catalogue/',
    'imports/',
    'sources/',
    'nodes.ts',
  ],
  'http/': [
    OWN_FILES,
    'connections/',
    'clients/',
    'origins/',
    'normalize-request.ts',
    'access/',
    'upload/',
    'graphql/',
    'routes/',
    'router.ts',
    'server.ts',
    'metrics-server.ts',
  ],
  'http/graphql/': [
    'error-mask.ts',
    'documents/',
    'limits/',
    'results/',
    'requests/',
    'subscriptions/',
    'graphiql/',
    'observing/',
    'send-response.ts',
    'yoga.ts',
    'websocket/',
  ],
};

const escapeDots = (path) => path.replaceAll('.', '\\.');
const inSource = (paths) => `^src/(${paths.map(escapeDots).join('|')})`;
const packages = (names) => `node_modules/(${names.join('|')})/`;

function pathOf(folder, entry) {
  if (entry !== OWN_FILES) return `^src/${escapeDots(folder + entry)}`;
  const listed = folders[folder].filter((each) => each.endsWith('.ts') && each !== OWN_FILES);
  return `^src/${folder}(?!(${listed.map(escapeDots).join('|')})$)[^/]+\\.ts$`;
}

module.exports = {
  forbidden: [
    ...Object.entries(layers).map(([layer, lower]) => ({
      name: `${layer} imports only lower layers`,
      severity: 'error',
      from: { path: inSource([layer]) },
      to: { path: '^src/', pathNot: inSource([layer, ...lower]) },
    })),
    ...Object.entries(folders).flatMap(([folder, entries]) =>
      entries.map((entry, at) => ({
        name: `${folder}${entry} imports only what is below it in ${folder}`,
        severity: 'error',
        from: { path: pathOf(folder, entry) },
        to: {
          path: `^src/${folder}`,
          pathNot: entries.slice(0, at + 1).map((lower) => pathOf(folder, lower)),
        },
      })),
    ),
    {
      name: 'only db uses the database driver',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/db/' },
      to: { path: packages(['postgres', 'drizzle-orm', '@embedded-postgres']) },
    },
    {
      name: 'resolvers, ingest and db use no GraphQL server and no HTTP',
      severity: 'error',
      from: { path: inSource(['resolvers/', 'ingest/', 'db/']) },
      to: {
        path: `${packages(['@pothos', 'graphql-yoga', '@graphql-yoga', 'graphql-ws', 'busboy', 'ws'])}|^(node:)?https?2?$`,
      },
    },
    {
      name: 'no cycles',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'unit tests use neither Postgres nor a browser',
      comment: 'Rename the test from *.unit.test.ts to *.test.ts: `npm run test:unit` starts no Postgres.',
      severity: 'error',
      from: { path: '[.]unit[.]test[.]ts$' },
      to: {
        path: '^(test/support/(database/template|browser/browser)|src/db/embedded/start-embedded-postgres)[.]ts$',
        reachable: true,
      },
    },
    {
      name: 'unit tests start no processes',
      comment: 'Rename the test from *.unit.test.ts to *.test.ts: `npm run test:unit` is to take seconds.',
      severity: 'error',
      from: { path: '[.]unit[.]test[.]ts$' },
      to: { path: '^(node:)?child_process$' },
    },
    {
      name: 'src imports no tests, benchmarks or scripts',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|bench|scripts)/' },
    },
    {
      name: 'src imports no development packages',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'every import is resolved',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
