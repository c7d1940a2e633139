// `npm run verify`: verifies a database, which may be in use, and lists all differences.

import { readSettings, type Settings } from '../../config.ts';
import { type Verification, verifyCatalogue } from '../../db/catalogue/verification/verify-catalogue.ts';
import { LOG_FOR_PEOPLE } from '../log-for-people.ts';
import { openDatabaseOf } from '../open-database.ts';
import { describeVerification, partLine } from '../output/show-verification.ts';
import { CommandError, INTERRUPTED, interruptSignal, readArguments, runCommand } from '../run-command.ts';

const USAGE = `Verifies a Loadstone database and lists all differences between stored counts and products, and between ledgers of
imports and their issues and partitions, as well as orphaned staging tables. It only reads, in one snapshot, so imports
and updates may go on.

  npm run verify [-- --json]

  --json   print the result as JSON, and progress to standard error

Verifies the database in DATABASE_URL, or the embedded one in DATA_DIR. If a server is running, its embedded Postgres is
used without disturbing it; otherwise Postgres is started for the duration of the command.

Exit status: 0 if there are no differences, 1 if there are, 2 if verification failed, 130 after Ctrl-C.`;

const DIFFERENT = 1;
const NOT_CHECKED = 2;

await runCommand(
  USAGE,
  async () => {
    const { values } = readArguments({ options: { json: { type: 'boolean', default: false } } });
    const settings = readSettings({ ...LOG_FOR_PEOPLE, ...process.env });
    const interrupt = interruptSignal();
    const say = values.json ? console.error : console.log;
    try {
      const found = await check(settings, say, interrupt);
      console.log(values.json ? JSON.stringify(found, null, 2) : `\n${describeVerification(found)}`);
      return found.equal ? 0 : DIFFERENT;
    } catch (error) {
      if (interrupt.aborted) return INTERRUPTED;
      // Errors of Postgres or of the file system speak for themselves.
      if (error instanceof Error && 'code' in error) {
        throw new CommandError(`Verification failed: ${error.message} (${error.code}).`);
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
  const database = await openDatabaseOf(settings, opened, signal);
  const { host, pathname } = new URL(database.url);
  say(`The database at ${host}${pathname}:`);
  return await verifyCatalogue(database, (part) => say(partLine(part)), signal);
}
