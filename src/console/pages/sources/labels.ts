// Labels for the settings of a data source.

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
    description: 'A product file at a web address. It is downloaded again when it has changed.',
  },
  {
    value: 'SENSE_READ',
    label: 'A data source server',
    description:
      'A server that reports at /sense whether it has changes (1 or 0) and provides its products at /read. Enter the address without these paths.',
  },
];

export const MODES: readonly Choice<SourceMode>[] = [
  {
    value: 'UPSERT',
    label: 'Add and update',
    description: 'Products that are no longer in the file stay in the catalogue.',
  },
  {
    value: 'REPLACE',
    label: 'Add, update and delete',
    description:
      'Products that are no longer in the file are deleted, unless they also came from another source or an upload.',
  },
];

/** Names of delimiters that cannot be typed into a field or are invisible there. */
const DELIMITER_NAMES: Record<string, string> = { '\t': 'tab', ' ': 'space' };

export function delimiterName(delimiter: string): string {
  return DELIMITER_NAMES[delimiter] ?? delimiter;
}

/** @param text a character or its name */
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

/** Rounds away floating-point errors: 0.07 → 7, not 7.000000000000001 */
export function toPercent(share: number): number {
  return Number((share * 100).toPrecision(12));
}
