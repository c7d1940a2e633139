// `npm run config`: prints the settings in force, and where each comes from.

import { existsSync, readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { settingsInForce } from '../../config.ts';
import { alignTable } from '../output/format.ts';
import { readArguments, runCommand } from '../run-command.ts';

const USAGE = `Prints the settings that a server started here would have, without passwords, and where each comes from: the
environment, a file .env in this folder, or the default.

  npm run config
  npm run config -- --json

  --json   print them as JSON: {"variable", "value", "source"} for each

Exit status: 0 if a server could start with them, 1 if one is wrong, 2 for invalid arguments.`;

await runCommand(USAGE, async () => {
  const { values } = readArguments({ options: { json: { type: 'boolean', default: false } } });
  const file = existsSync('.env') ? parseEnv(readFileSync('.env', 'utf8')) : {};
  const found = settingsInForce(process.env, file);
  const rows = found.map(({ variable, value, source }) => [variable, value ?? '(not set)', source]);
  console.log(
    values.json ? JSON.stringify(found, null, 2) : alignTable([['SETTING', 'VALUE', 'FROM'], ...rows]),
  );
  return 0;
});
