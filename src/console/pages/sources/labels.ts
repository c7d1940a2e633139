// What a data source is set up to do, in words for those who set it up.

import type { SourceKind, SourceMode } from './documents.ts';

interface Choice<Value> {
  value: Value;
  label: string;
  description: string;
}

export const KINDS: readonly Choice<SourceKind>[] = [
  {
    value: 'HTTP',
    label: 'A file',
    description:
      'Any product file at a web address. It is fetched again when its ETag, its date or its content has changed.',
  },
  {
    value: 'SENSE_READ',
    label: 'A data source server',
    description:
      'A server that is asked at /sense whether it has something new (1 or 0), and has its products at /read. The address is what both are below.',
  },
];

export const MODES: readonly Choice<SourceMode>[] = [
  {
    value: 'UPSERT',
    label: 'Add and update',
    description: 'Products that are no longer in its file stay in the catalogue.',
  },
  {
    value: 'REPLACE',
    label: 'Add, update and delete',
    description:
      'Products that this source brought before, and no longer has, are deleted too. Those that another source or an upload brought stay.',
  },
];

/** Of characters that cannot be typed into a field, or not be seen there. */
const DELIMITER_NAMES: Record<string, string> = { '\t': 'tab', ' ': 'space' };

export function delimiterName(delimiter: string): string {
  return DELIMITER_NAMES[delimiter] ?? delimiter;
}

/** @param text a character, or the name of one */
export function parseDelimiter(text: string): string {
  const typed = text.trim();
  const [named] = Object.entries(DELIMITER_NAMES).find(([, name]) => name === typed.toLowerCase()) ?? [];
  return named ?? (typed === '\\t' ? '\t' : typed);
}

export function labelOf<Value>(choices: readonly Choice<Value>[], value: Value): string {
  return choices.find((choice) => choice.value === value)?.label ?? String(value);
}

/** 0.2 → 20 % */
export function formatShare(share: number): string {
  return `${toPercent(share)} %`;
}

/** Without the noise of binary fractions: 0.07 is 7, not 7.000000000000001. */
export function toPercent(share: number): number {
  return Number((share * 100).toPrecision(12));
}
