// .env.example: all settings as comments, to be copied to .env.

import { SETTINGS, type Setting } from '../../src/config/settings.ts';
import { allowedText, settingsByGroup, unitText } from './setting-text.ts';

const INTRODUCTION = `# Settings of Loadstone. Copy this file to .env and uncomment what you change; variables of the environment take
# precedence. Generated from src/config/settings.ts by \`npm run generate\`. Do not edit.
`;

export function envExample(): string {
  const groups = settingsByGroup(Object.values(SETTINGS)).map(
    ([group, settings]) => `## ${group}\n\n${settings.map(entryOf).join('\n')}`,
  );
  return [INTRODUCTION, ...groups].join('\n');
}

function entryOf(setting: Setting): string {
  const value = setting.defaultText ? '' : (setting.default ?? setting.example ?? '');
  const allowed = allowedText(setting)?.replaceAll('`', '');
  const details = [
    `Default: ${setting.defaultText ?? (setting.default === undefined ? 'unset' : setting.default + unitText(setting))}.`,
    ...(allowed ? [`Allowed: ${allowed}.`] : []),
  ];
  return `# ${setting.description.replaceAll('`', '')}\n# ${details.join(' ')}\n#${setting.variable}=${value}\n`;
}
