// What a profile or a data source says about how a file is read. What it leaves to the server is omitted.

import { type DuplicateRule, FIELDS, type ProductField } from '../../api/reading-draft.ts';
import { formatCount } from '../../utils/format.ts';
import { delimiterWord } from '../../utils/reading/delimiters.ts';
import { encodingLabel } from '../../utils/reading/encodings.ts';
import type { Fact } from '../display/facts.tsx';
import { DUPLICATE_RULES } from './duplicate-rules.ts';
import { FIELD_LABELS } from './field-labels.ts';

interface ReadingSettings {
  encoding: string | null;
  delimiter: string | null;
  quoting: 'STANDARD' | 'NONE';
  skipInitialSpace: boolean;
  sheet: string | null;
  onDuplicate: DuplicateRule | null;
  maxRejectedRows: number | null;
  keepColumns: boolean | null;
  mapping: readonly { column: string; field: ProductField }[];
  defaults: readonly { field: ProductField; value: string }[];
}

export function readingFacts(settings: ReadingSettings): Fact[] {
  const { encoding, delimiter, onDuplicate, maxRejectedRows, keepColumns, mapping, defaults } = settings;
  const sorted = <Item extends { field: ProductField }>(items: readonly Item[]) =>
    FIELDS.flatMap((field) => items.filter((item) => item.field === field));
  return [
    [
      'Columns',
      sorted(mapping)
        .map(({ field, column }) => `${FIELD_LABELS[field]} from “${column}”`)
        .join(', '),
    ],
    ['Other columns', keepColumns !== null && (keepColumns ? 'kept as attributes' : 'not imported')],
    [
      'Filled in',
      sorted(defaults)
        .map(({ field, value }) => `${FIELD_LABELS[field]}: ${value === '' ? 'empty' : `“${value}”`}`)
        .join(', '),
    ],
    ['Same SKU', DUPLICATE_RULES.find(({ value }) => value === onDuplicate)?.label],
    ['Sheet', settings.sheet],
    ['Encoding', encoding !== null && encodingLabel(encoding)],
    ['Delimiter', delimiter !== null && delimiterWord(delimiter)],
    ['Quotes', settings.quoting === 'NONE' && 'ordinary characters'],
    ['Spaces after a delimiter', settings.skipInitialSpace && 'ignored'],
    ['Rejected rows', maxRejectedRows !== null && `at most ${formatCount(maxRejectedRows)}`],
  ];
}
