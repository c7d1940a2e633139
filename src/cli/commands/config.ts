// `npm run config`: prints the settings in force, where each comes from, and how many connections a server may take with them.

import { existsSync, readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { readSettings, settingsInForce } from '../../config.ts';
import { connectionUses } from '../../db/postgres/connection/connection-budget.ts';
import { alignTable, formatCount } from '../output/format.ts';
import { readArguments, runCommand } from '../run-command.ts';

const USAGE = `Prints the settings that a server started here would have, without passwords, and where each comes from: the
environment, a file .env in this folder, or the default. The last line says how many connections to the database it may take,
and for what; where the database grants fewer, imports have fewer lanes.

  npm run config
  npm run config -- --json

  --json   print the settings as JSON: {"variable", "value", "source"} for each

Exit status: 0 if a server could start with them, 1 if one is wrong, 2 for invalid arguments.`;

await runCommand(USAGE, async () => {
  const { values } = readArguments({ options: { json: { type: 'boolean', default: false } } });
  const file = existsSync('.env') ? parseEnv(readFileSync('.env', 'utf8')) : {};
  const found = settingsInForce(process.env, file);
  const rows = found.map(({ variable, value, source }) => [variable, value ?? '(not set)', source]);
  if (values.json) {
    console.log(JSON.stringify(found, null, 2));
  } else {
    console.log(alignTable([['SETTING', 'VALUE', 'FROM'], ...rows]));
    console.log(`\n${connectionLine(connectionUses(readSettings({ ...file, ...process.env })))}`);
  }
  return 0;
});

function connectionLine(uses: Record<string, number>): string {
  const total = Object.values(uses).reduce((sum, count) => sum + count, 0);
  const each = Object.entries(uses).map(([use, count]) => `${use} ${formatCount(count)}`);
  return `Connections: at most ${formatCount(total)}: ${each.join(', ')}`;
}
