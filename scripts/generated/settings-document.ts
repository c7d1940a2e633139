// docs/settings.md: all settings, a table for each group.

import { SETTINGS, type Setting } from '../../src/config/settings.ts';
import { code, generatedNotice, table } from './markdown.ts';
import { allowedText, settingsByGroup, unitText } from './setting-text.ts';

const INTRODUCTION = `Settings are environment variables. A variable that is unset or empty has its default. If a value is invalid, the
server does not start, and prints one message that names every invalid setting and what is allowed.

\`npm start\`, \`npm run dev\`, \`npm run demo\` and \`npm run verify\` also read a file \`.env\` in the project's folder:
copy [\`.env.example\`](../.env.example) and uncomment what you change. Variables of the environment take precedence.

What Postgres needs, poolers, several server processes and memory: [operations.md](operations.md).`;

export function settingsDocument(): string {
  const sections = settingsByGroup(Object.values(SETTINGS)).map(
    ([group, settings]) =>
      `## ${group}\n\n${table(['Variable', 'Default', 'Allowed', 'Meaning'], settings.map(rowOf))}`,
  );
  const notice = generatedNotice('src/config/settings.ts');
  return `${[notice, '# Settings', INTRODUCTION, ...sections].join('\n\n')}\n`;
}

function rowOf(setting: Setting): string[] {
  return [code(setting.variable), defaultOf(setting), allowedText(setting) ?? '', setting.description];
}

function defaultOf(setting: Setting): string {
  if (setting.defaultText) return setting.defaultText;
  return setting.default === undefined ? 'unset' : `${code(setting.default)}${unitText(setting)}`;
}
