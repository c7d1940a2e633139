// `npm run verify`: checks a database, which may be in use meanwhile, and says exactly what differs.

import { pino } from 'pino';
import { readSettings, type Settings } from '../../config.ts';
import { type Verification, verifyCatalogue } from '../../db/catalogue/verify-catalogue.ts';
import { attachEmbeddedPostgres } from '../../db/embedded/attach-embedded-postgres.ts';
import { openDatabase } from '../../db/postgres/connection/database.ts';
import { describeVerification, partLine } from '../output/show-verification.ts';
import { CommandError, INTERRUPTED, interruptSignal, readArguments, runCommand } from '../run-command.ts';

const USAGE = `Checks a database of Loadstone and says exactly what differs: kept counts from products, ledgers of imports from
their issues and partitions, and staging tables that were left. It only reads, and sees all of it as of one instant:
imports and updates may go on meanwhile.

  npm run verify [-- --json]

  --json   prints the result as JSON; the progress goes to the standard error

DATABASE_URL says which database. Without it, it is the embedded one in DATA_DIR: that of a server that runs is used
without disturbing it; where none runs, Postgres is started for the time of the check.

Exit status: 0 when all is equal, 1 when something differs, 2 when it could not be checked, 130 after Ctrl-C.`;

const DIFFERENT = 1;
const NOT_CHECKED = 2;
const STDERR = 2;

await runCommand(
  USAGE,
  async () => {
    const { values } = readArguments({ options: { json: { type: 'boolean', default: false } } });
    const settings = readSettings({ LOG_LEVEL: 'warn', ...process.env });
    const interrupt = interruptSignal();
    const say = values.json ? console.error : console.log;
    try {
      const found = await check(settings, say, interrupt);
      console.log(values.json ? JSON.stringify(found, null, 2) : `\n${describeVerification(found)}`);
      return found.equal ? 0 : DIFFERENT;
    } catch (error) {
      if (interrupt.aborted) return INTERRUPTED;
      // Of Postgres, or of the file system: their own words tell it best.
      if (error instanceof Error && 'code' in error) {
        throw new CommandError(`The check broke off: ${error.message} (${error.code}).`);
      }
      throw error;
    }
  },
  NOT_CHECKED,
);

async function check(
  settings: Settings,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<Verification> {
  await using opened = new AsyncDisposableStack();
  const url = settings.databaseUrl ?? (await openEmbedded(settings, opened, signal));
  const database = openDatabase(url, { max: 1 });
  opened.defer(() => database.close());
  const { host, pathname } = new URL(url);
  say(`The database at ${host}${pathname}:`);
  return await verifyCatalogue(database, (part) => say(partLine(part)), signal);
}

async function openEmbedded(
  { dataDir, logLevel }: Settings,
  opened: AsyncDisposableStack,
  signal: AbortSignal,
): Promise<string> {
  const log = pino({ level: logLevel }, pino.destination({ fd: STDERR, sync: true }));
  const postgres = await attachEmbeddedPostgres({ dataDir, log }, signal);
  opened.defer(() => postgres.close());
  return postgres.url;
}
