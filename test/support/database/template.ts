// The Postgres of a test run, and the template of the tests' databases in it. global-setup.ts prepares both and passes
// their URL to the processes of the test files.

/** Environment variable with the URL of a Postgres to use instead of the embedded one: `npm test -- --postgres URL`. */
export const GIVEN_POSTGRES = 'LOADSTONE_TEST_POSTGRES';

/** Environment variable with the URLs of the other nodes of its cluster, with commas: `--workers URL,URL`. */
export const GIVEN_WORKERS = 'LOADSTONE_TEST_WORKERS';

/** Environment variable with the beginning of the names of all folders of the run. */
export const RUN_FOLDER = 'LOADSTONE_TEST_FOLDER';

/** Environment variable with the path of the file to which the seconds that each test file takes are written. */
export const TEST_SECONDS = 'LOADSTONE_TEST_SECONDS';

const VARIABLE = 'LOADSTONE_TEST_SERVER';

export interface TestPostgres {
  /** The URL of a database that tests must not write to. */
  url: string;
  /** The migrated database. The names of all databases of the run begin with its name. */
  template: string;
  /** Whether the run started the server itself, in memory if there is enough, and with fsync off. */
  isEmbedded: boolean;
  /** The role as which servers connect; undefined for the user of the URL. */
  servingRole?: string;
}

export function publishPostgres(postgres: TestPostgres): void {
  process.env[VARIABLE] = JSON.stringify(postgres);
}

/** @throws in a unit test */
export function testPostgres(): TestPostgres {
  const published = process.env[VARIABLE];
  if (!published) {
    throw new Error(
      'There is no Postgres here: unit tests (*.unit.test.ts) run without. Run others as: npm test -- FILE',
    );
  }
  return JSON.parse(published) as TestPostgres;
}

/** For `skip`: why a test that needs the embedded Postgres of the run cannot run; false when it can. */
export function needsEmbeddedPostgres(): string | false {
  return process.env[GIVEN_POSTGRES] ? 'only against the embedded Postgres' : false;
}

/** The URL of another database of the same server. */
export function addressOf(database: string, server: string): string {
  const url = new URL(server);
  url.pathname = `/${database}`;
  return url.href;
}
