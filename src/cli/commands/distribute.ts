// `npm run distribute`: moves a catalogue to all nodes of a Citus cluster.

import { readSettings } from '../../config.ts';
import { openDatabase } from '../../db/postgres/connection/database.ts';
import { distributeCatalogue } from '../../db/postgres/startup/distribute.ts';
import { migrateDatabase } from '../../db/postgres/startup/migrate.ts';
import { CommandError, readArguments, runCommand } from '../run-command.ts';

const USAGE = `Moves the catalogue in DATABASE_URL, the coordinator of a Citus cluster, to all its nodes. It is counted before and after;
if a row were missing, nothing is moved. Queries go on meanwhile, writes wait. docs/scale.md tells how to set a cluster up. An
empty catalogue needs no move: it is spread when the server starts.

  npm run distribute

Exit status: 0 if the catalogue is on all nodes, 1 if it cannot be moved.`;

await runCommand(USAGE, async () => {
  readArguments({ options: {} });
  const { databaseUrl } = readSettings(process.env);
  if (!databaseUrl) throw new CommandError('Set DATABASE_URL to the coordinator of the cluster.');
  await migrateDatabase(databaseUrl);
  const database = openDatabase(databaseUrl, { max: 1, applicationName: 'loadstone distribute' });
  try {
    const moved = await distributeCatalogue(database, (table, rows) => {
      console.log(`${table}: ${rows.toLocaleString('en')} rows …`);
    });
    for (const { table, rows, seconds } of moved) {
      console.log(`${table}: ${rows.toLocaleString('en')} rows on all nodes, after ${seconds.toFixed(1)} s`);
    }
    console.log('The catalogue is on all nodes.');
    return 0;
  } finally {
    await database.close();
  }
});
