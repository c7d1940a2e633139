// The database that those of the tests are copies of. Its server is started once for a run (global-setup.ts),
// which leaves the address to the processes of the test files.

export const TEMPLATE = 'template_loadstone';

const VARIABLE = 'LOADSTONE_TEST_SERVER';

export function publishServer(url: string): void {
  process.env[VARIABLE] = url;
}

/** The address of the server's own database, which is not for tests to write to. */
export function testServer(): string {
  const url = process.env[VARIABLE];
  if (!url) throw new Error('There is no Postgres for the tests. Run them as: npm test -- FILE');
  return url;
}

/** The address of another database of the same server. */
export function addressOf(database: string, server: string): string {
  const url = new URL(server);
  url.pathname = `/${database}`;
  return url.href;
}
