// How a file is to be read, as it is chosen on a page, and its conversion from and to the options of the API.

import type { ImportProfile } from './import-profiles.ts';
import type { ImportOptions } from './upload/upload-file.ts';

type Mapping = NonNullable<ImportOptions['mapping']>;

export type ProductField = Mapping[number]['field'];
export type DefaultField = Exclude<ProductField, 'SKU'>;
export type DuplicateRule = NonNullable<ImportOptions['onDuplicate']>;

/** An empty string means that the server finds out, or that its default applies. */
export interface ReadingDraft {
  /** The name of the profile that says all of this; empty if there is none, or something differs. */
  profile: string;
  encoding: string;
  delimiter: string;
  isUnquoted: boolean;
  skipInitialSpace: boolean;
  sheet: string;
  onDuplicate: DuplicateRule;
  maxRejectedRows: number | null;
  /** Whether columns that become no field are kept as attributes. */
  keepColumns: boolean;
  /** The columns that were chosen. The others are matched by their names. */
  mapping: Partial<Record<ProductField, string>>;
  /** Fields whose suggested column was turned down. */
  unchosen: readonly ProductField[];
  /** Values for what is missing, which may be empty. */
  defaults: Partial<Record<DefaultField, string>>;
}

export const FIELDS: readonly ProductField[] = ['SKU', 'NAME', 'DESCRIPTION'];

export const EMPTY_DRAFT: ReadingDraft = {
  profile: '',
  encoding: '',
  delimiter: '',
  isUnquoted: false,
  skipInitialSpace: false,
  sheet: '',
  onDuplicate: 'LAST_WINS',
  maxRejectedRows: null,
  keepColumns: false,
  mapping: {},
  unchosen: [],
  defaults: {},
};

export function optionsOf(draft: ReadingDraft): ImportOptions {
  return { ...readingOptions(draft), ...(draft.profile !== '' && { profile: draft.profile }) };
}

/** What a profile keeps of it. */
export function readingOptions(draft: ReadingDraft): Omit<ImportOptions, 'profile'> {
  const { encoding, delimiter, sheet, maxRejectedRows, mapping, defaults } = draft;
  return {
    ...(encoding !== '' && { encoding }),
    ...(delimiter !== '' && { delimiter }),
    ...(sheet !== '' && { sheet }),
    ...(maxRejectedRows !== null && { maxRejectedRows }),
    quoting: draft.isUnquoted ? 'NONE' : 'STANDARD',
    skipInitialSpace: draft.skipInitialSpace,
    onDuplicate: draft.onDuplicate,
    keepColumns: draft.keepColumns,
    mapping: entriesOf(mapping).map(([field, column]) => ({ field, column })),
    defaults: entriesOf(defaults).map(([field, value]) => ({ field, value })),
  };
}

export function draftOf(options: ImportOptions | ImportProfile): ReadingDraft {
  return {
    profile: ('profile' in options && options.profile) || '',
    encoding: options.encoding ?? '',
    delimiter: options.delimiter ?? '',
    isUnquoted: options.quoting === 'NONE',
    skipInitialSpace: options.skipInitialSpace ?? false,
    sheet: options.sheet ?? '',
    onDuplicate: options.onDuplicate ?? 'LAST_WINS',
    maxRejectedRows: options.maxRejectedRows ?? null,
    keepColumns: options.keepColumns ?? false,
    unchosen: [],
    mapping: Object.fromEntries((options.mapping ?? []).map(({ field, column }) => [field, column])),
    defaults: Object.fromEntries((options.defaults ?? []).map(({ field, value }) => [field, value])),
  };
}

function entriesOf<Key extends string>(record: Partial<Record<Key, string>>): [Key, string][] {
  return Object.entries(record) as [Key, string][];
}
