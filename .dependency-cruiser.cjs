// Which file may import which. Downwards only: main → app → http, schema → resolvers → sources → ingest → db → errors,
// and from room to room inside of db, ingest and http in the order of `rooms`.

/** A layer, and all that its files may import of src. */
const layers = {
  'codes/': [],
  'errors.ts': ['codes/'],
  'descriptors.ts': [],
  'config/': ['config/'],
  'config.ts': ['config/', 'errors.ts'],
  'db/': ['db/', 'descriptors.ts', 'errors.ts', 'codes/'],
  'ingest/': ['ingest/', 'db/', 'descriptors.ts', 'errors.ts', 'codes/'],
  'sources/': ['sources/', 'ingest/', 'db/', 'descriptors.ts', 'errors.ts', 'codes/'],
  'resolvers/': ['resolvers/', 'sources/', 'ingest/', 'db/', 'errors.ts', 'codes/'],
  'schema/': ['schema/', 'resolvers/', 'sources/', 'ingest/', 'db/', 'errors.ts', 'codes/'],
  'http/': ['http/', 'resolvers/', 'sources/', 'ingest/', 'db/', 'descriptors.ts', 'errors.ts', 'codes/'],
  'console/': ['console/'],
  'app.ts': ['http/', 'schema/', 'resolvers/', 'sources/', 'ingest/', 'db/', 'config.ts', 'errors.ts'],
  // Clients of the server; the demos start one, the check of a database needs none.
  'cli/': [
    'cli/',
    'source-server/',
    'app.ts',
    'config.ts',
    'errors.ts',
    'db/postgres/connection/database.ts',
    'db/embedded/attach-embedded-postgres.ts',
    'db/catalogue/verify-catalogue.ts',
  ],
  'source-server/': ['source-server/'],
  'main.ts': ['app.ts', 'config.ts', 'errors.ts'],
};

/** Of a layer, from the ground up: each may import itself and what stands before it. The layer's own files stand on top. */
const rooms = {
  'db/': ['tables.ts', 'postgres/', 'embedded/', 'imports/', 'catalogue/', 'merge/', 'sources/'],
  'db/postgres/': ['schemas.ts', 'sqlstate.ts', 'quote-identifier.ts', 'connection/', 'locks/', 'startup/'],
  'ingest/': ['spool/', 'read/', 'lane/', 'merge/', 'progress/'],
  'ingest/read/': [
    'byte-stream.ts',
    'dialect.ts',
    'csv-parse-options.ts',
    'warnings.ts',
    'text/',
    'records/',
    'header/',
    'format/',
  ],
  'ingest/lane/': ['rows/', 'parsers/', 'staging/'],
  'sources/': ['fetch/', 'watch/'],
};

const anyOf = (paths) => `^(${paths.join('|').replaceAll('.', '\\.')})`;
const inSource = (paths) => anyOf(paths.map((path) => `src/${path}`));
const packages = (names) => `node_modules/(${names.join('|')})/`;

module.exports = {
  forbidden: [
    ...Object.entries(layers).map(([layer, below]) => ({
      name: `${layer} imports downwards only`,
      severity: 'error',
      from: { path: inSource([layer]) },
      to: { path: '^src/', ...(below.length > 0 && { pathNot: inSource(below) }) },
    })),
    ...Object.entries(rooms).flatMap(([layer, order]) =>
      order.map((room, at) => ({
        name: `${layer}${room} imports no room above it`,
        severity: 'error',
        from: { path: inSource([`${layer}${room}`]) },
        to: {
          path: inSource([layer]),
          pathNot: inSource(order.slice(0, at + 1).map((below) => `${layer}${below}`)),
        },
      })),
    ),
    {
      name: 'only db speaks to the database',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/db/' },
      to: { path: packages(['postgres', 'drizzle-orm', '@embedded-postgres']) },
    },
    {
      name: 'resolvers and ingest know nothing of GraphQL servers and HTTP',
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
        path: '^(test/support/(template|browser)|src/db/embedded/start-embedded-postgres)[.]ts$',
        reachable: true,
      },
    },
    {
      name: 'what is shipped imports no tests, benchmarks or development tools',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|bench|scripts)/' },
    },
    {
      name: 'what is shipped has its packages among the dependencies',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'every import leads somewhere',
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
