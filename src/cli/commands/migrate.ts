// `npm run migrate`: creates or migrates the tables, for servers that may not (MIGRATE=never).

import { readSettings } from '../../config.ts';
import { migrateDatabase } from '../../db/postgres/startup/migrate.ts';
import { CommandError, readArguments, runCommand } from '../run-command.ts';

const USAGE = `Creates or migrates the tables of the database in DATABASE_URL, whose role must own them. Servers with MIGRATE=never then
start with a role that only serves; docs/operations.md lists its privileges. Servers of the version before may run on.

  npm run migrate

Exit status: 0 if the database has all migrations of this version, 1 if it cannot be migrated.`;

await runCommand(USAGE, async () => {
  readArguments({ options: {} });
  const { databaseUrl } = readSettings(process.env);
  if (!databaseUrl)
    throw new CommandError(
      'Set DATABASE_URL to the database to migrate. The server migrates its embedded Postgres itself.',
    );
  await migrateDatabase(databaseUrl);
  const { host, pathname } = new URL(databaseUrl);
  console.log(`The database at ${host}${pathname} has all migrations of this version.`);
  return 0;
});
