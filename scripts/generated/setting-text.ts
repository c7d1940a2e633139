// Defaults and limits of a setting in words, for docs/settings.md and .env.example.

import type { Setting } from '../../src/config/settings.ts';

const POWERS = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];

export function settingsByGroup(settings: readonly Setting[]): [group: string, settings: Setting[]][] {
  return [...Map.groupBy(settings, ({ group }) => group)];
}

/** @returns "0 to 65535", "1 KiB to 256 MiB", "`true` or `false`"; undefined where any text is allowed */
export function allowedText({ limits, choices, unit }: Setting): string | undefined {
  if (choices)
    return choices
      .map((choice) => `\`${choice}\``)
      .join(', ')
      .replace(/, (\S+)$/, ' or $1');
  if (!limits) return undefined;
  const { min, max } = limits;
  if (max === Number.MAX_SAFE_INTEGER) return `${min} or more`;
  return `${amount(min, unit)} to ${amount(max, unit)}`;
}

/** @returns "(4 MiB)" for a number of bytes that is long to read, the unit for any other that has one */
export function unitText({ default: fallback, unit }: Setting): string {
  if (unit === undefined) return '';
  if (unit === 'bytes') {
    const short = amount(Number(fallback), unit);
    return short === fallback ? ' bytes' : ` bytes (${short})`;
  }
  return ` ${unit}`;
}

function amount(value: number, unit: Setting['unit']): string {
  if (unit !== 'bytes') return String(value);
  let rest = value;
  let power = 0;
  while (rest >= 1024 && rest % 1024 === 0) {
    rest /= 1024;
    power++;
  }
  return power === 0 ? String(value) : `${rest} ${POWERS[power]}`;
}
