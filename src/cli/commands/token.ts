// `npm run token`: makes, lists and revokes access tokens.

import { nameFault, newToken } from '../../access/access-token.ts';
import { ROLES, type Role } from '../../access/identity.ts';
import { readSettings } from '../../config.ts';
import { type AccessToken, AccessTokenStore } from '../../db/access/access-token-store.ts';
import { isUndefinedTable } from '../../db/postgres/sqlstate.ts';
import { migrateDatabase } from '../../db/postgres/startup/migrate.ts';
import { LOG_FOR_PEOPLE } from '../log-for-people.ts';
import { openDatabaseOf } from '../open-database.ts';
import { alignTable } from '../output/format.ts';
import {
  CommandError,
  readArguments,
  runCommand,
  UsageError,
  untilInterrupted,
  wholeNumber,
} from '../run-command.ts';

const USAGE = `Makes, lists and revokes the tokens with which clients use a Loadstone server.

  npm run token -- create --role ROLE --name NAME [--expires-days N]
  npm run token -- list [--json]
  npm run token -- revoke NAME-OR-ID

  --role ROLE        reader: queries, subscriptions and downloads
                     writer: also imports, and changes of products
                     admin: also data sources
  --name NAME        whom the token is for, beside what is changed with it; no other token has it
  --expires-days N   after how many days it expires (default: it does not)
  --json             print the list as JSON

The token is printed to standard output, this once: only a hash of it is stored. What is made or revoked is in force on all
servers within seconds.

Uses the database in DATABASE_URL, or the embedded one in DATA_DIR; a server may run meanwhile.

Exit status: 0 if it is done, 1 if not, 2 for invalid arguments, 130 after Ctrl-C.`;

const MS_PER_DAY = 86_400_000;

type Values = ReturnType<typeof readValues>['values'];

await runCommand(USAGE, async () => {
  const { values, positionals } = readValues();
  const command = commandOf(positionals, values);
  const settings = readSettings({ ...LOG_FOR_PEOPLE, ...process.env });
  return untilInterrupted(async (interrupt) => {
    await using opened = new AsyncDisposableStack();
    const database = await openDatabaseOf(settings, opened, interrupt, { create: true });
    const tokens = new AccessTokenStore(database);
    await tokens.hasAny().catch(async (error: unknown) => {
      // No server has used this database yet.
      if (!isUndefinedTable(error)) throw error;
      await migrateDatabase(database.url);
    });
    await command(tokens);
    return 0;
  });
});

function readValues() {
  return readArguments({
    allowPositionals: true,
    options: {
      role: { type: 'string' },
      name: { type: 'string' },
      'expires-days': { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  });
}

function commandOf(
  [command, ...rest]: string[],
  values: Values,
): (tokens: AccessTokenStore) => Promise<void> {
  if (command === 'create' && rest.length === 0) {
    const [role, name] = [roleOf(values.role), nameOf(values.name)];
    const expiresAt = expiryOf(values['expires-days']);
    return (tokens) => create(tokens, { role, name, expiresAt });
  }
  if (command === 'list' && rest.length === 0) return (tokens) => list(tokens, values.json);
  const [which, ...others] = rest;
  if (command === 'revoke' && which && others.length === 0) return (tokens) => revoke(tokens, which);
  throw new UsageError('Use create, list, or revoke with the name or the id of a token.');
}

async function create(
  tokens: AccessTokenStore,
  { role, name, expiresAt }: Pick<AccessToken, 'role' | 'name' | 'expiresAt'>,
): Promise<void> {
  const { text, id, hash } = newToken();
  if (!(await tokens.add({ id, name, role, hash, expiresAt })))
    throw new CommandError(
      `There is a token ${name} already. Choose another name, or revoke that one first.`,
    );
  const until = expiresAt ? ` until ${expiresAt.toISOString()}` : '';
  console.error(`The token of ${name}, with the role ${role}${until}. It is shown this once:`);
  console.log(text);
}

async function list(tokens: AccessTokenStore, isJson: boolean): Promise<void> {
  const all = await tokens.list();
  if (isJson) {
    const shown = all.map(({ hash: _hash, ...token }) => ({ ...token, state: stateOf(token) }));
    return console.log(JSON.stringify(shown, null, 2));
  }
  if (all.length === 0) return console.log('There are no tokens.');
  const rows = all.map((token) => [
    token.name,
    token.role,
    stateOf(token),
    dayOf(token.createdAt),
    dayOf(token.expiresAt),
    dayOf(token.lastUsedAt),
    token.id,
  ]);
  const header = ['name', 'role', 'state', 'created', 'expires', 'last used', 'id'];
  console.log(alignTable([header, ...rows]));
}

async function revoke(tokens: AccessTokenStore, which: string): Promise<void> {
  const revoked = await tokens.revoke(which);
  if (!revoked)
    throw new CommandError(`There is no token ${which} in force. \`npm run token -- list\` shows all.`);
  console.log(`Revoked the token of ${revoked.name}.`);
}

function roleOf(text: string | undefined): Role {
  const role = ROLES.find((each) => each === text);
  if (role) return role;
  throw new UsageError(
    `--role must be ${ROLES.join(', ').replace(/, (\w+)$/, ' or $1')}${text ? `, not "${text}"` : ''}.`,
  );
}

function nameOf(text: string | undefined): string {
  if (text === undefined) throw new UsageError('Say with --name whom the token is for.');
  const fault = nameFault(text);
  if (fault) throw new UsageError(`--name ${fault}.`);
  return text;
}

function expiryOf(days: string | undefined): Date | null {
  if (days === undefined) return null;
  return new Date(Date.now() + wholeNumber('--expires-days', days, 1, 3650) * MS_PER_DAY);
}

function stateOf({ revokedAt, expiresAt }: Pick<AccessToken, 'revokedAt' | 'expiresAt'>): string {
  if (revokedAt) return 'revoked';
  return expiresAt && expiresAt <= new Date() ? 'expired' : 'in force';
}

function dayOf(date: Date | null): string {
  return date?.toISOString().slice(0, 10) ?? '-';
}
