// The contents of the source form, their validation and their conversion to mutation inputs.

import { type DuplicateRule, FIELDS, type ReadingDraft } from '../../../api/reading-draft.ts';
import { defaultErrors } from '../../../components/reading/default-fields.tsx';
import type { SourceChangesInput, SourceDetails, SourceInput } from '../documents.ts';
import { type Interval, secondsOf, toInterval } from '../interval.ts';
import { delimiterName, parseDelimiter, toPercent } from '../labels.ts';

export interface SourceDraft {
  name: string;
  kind: SourceInput['kind'];
  url: string;
  interval: Interval;
  mode: NonNullable<SourceInput['mode']>;
  /** The share of products that may be deleted without confirmation, in percent. */
  maxDeleted: string;
  options: OptionsDraft;
  headers: readonly HeaderDraft[];
}

/**
 * Import options. An empty string means that the profile says it, if there is one, or else that the value is detected or the
 * default applies.
 */
export interface OptionsDraft {
  /** Its name. */
  profile: string;
  /** The columns that are named. */
  mapping: ReadingDraft['mapping'];
  keepColumns: '' | 'true' | 'false';
  defaults: ReadingDraft['defaults'];
  onDuplicate: '' | DuplicateRule;
  sheet: string;
  encoding: string;
  /** A character or its name. */
  delimiter: string;
  isUnquoted: boolean;
  skipInitialSpace: boolean;
  maxRejectedRows: string;
}

export interface HeaderDraft {
  /** Identifies the header while its name is being edited. */
  key: number;
  name: string;
  value: string;
}

/** The fields of the form, as the errors of the API name them. */
const FIELD_NAMES = [
  'name',
  'url',
  'intervalSeconds',
  'maxDeletedShare',
  'encoding',
  'delimiter',
  'maxRejectedRows',
  'headers',
  'profile',
  'mapping',
  'defaults',
  'sheet',
] as const;
type FieldName = (typeof FIELD_NAMES)[number] | 'defaultName';
export type FieldErrors = Partial<Record<FieldName, string>>;

export function isFieldName(name: string): boolean {
  return (FIELD_NAMES as readonly string[]).includes(name);
}

const DEFAULT_INTERVAL_SECONDS = 300;
const DEFAULT_MAX_DELETED_SHARE = 0.2;
/** The maximum of the GraphQL type Int. The server reports values that are out of range. */
const LARGEST_INT = 2 ** 31 - 1;

export const EMPTY_DRAFT: SourceDraft = {
  name: '',
  kind: 'HTTP',
  url: '',
  interval: toInterval(DEFAULT_INTERVAL_SECONDS),
  mode: 'UPSERT',
  maxDeleted: String(toPercent(DEFAULT_MAX_DELETED_SHARE)),
  options: {
    profile: '',
    mapping: {},
    keepColumns: '',
    defaults: {},
    onDuplicate: '',
    sheet: '',
    encoding: '',
    delimiter: '',
    isUnquoted: false,
    skipInitialSpace: false,
    maxRejectedRows: '',
  },
  headers: [],
};

/** The draft of an existing source. The API never returns header values, so they are empty. */
export function draftOf(source: SourceDetails): SourceDraft {
  const { name, kind, url, intervalSeconds, mode, maxDeletedShare, headerNames } = source;
  return {
    name,
    kind,
    url,
    interval: toInterval(intervalSeconds),
    mode,
    maxDeleted: String(toPercent(maxDeletedShare)),
    options: {
      profile: source.profile ?? '',
      mapping: Object.fromEntries(source.mapping.map(({ field, column }) => [field, column])),
      keepColumns: source.keepColumns === null ? '' : source.keepColumns ? 'true' : 'false',
      defaults: Object.fromEntries(source.defaults.map(({ field, value }) => [field, value])),
      onDuplicate: source.onDuplicate ?? '',
      sheet: source.sheet ?? '',
      encoding: source.encoding ?? '',
      delimiter: source.delimiter === null ? '' : delimiterName(source.delimiter),
      isUnquoted: source.quoting === 'NONE',
      skipInitialSpace: source.skipInitialSpace,
      maxRejectedRows: source.maxRejectedRows === null ? '' : String(source.maxRejectedRows),
    },
    headers: headerNames.map((header, key) => ({ key, name: header, value: '' })),
  };
}

/** Checks what the API cannot: input that cannot be converted to its types, and missing header values. */
export function validate(draft: SourceDraft, before?: SourceDraft): FieldErrors {
  const errors: FieldErrors = { ...defaultErrors(draft.options.defaults) };
  if (secondsOf(draft.interval) === undefined) errors.intervalSeconds = 'Enter a number.';
  if (shareOf(draft) === undefined) errors.maxDeletedShare = 'Enter a number from 0 to 100.';
  if (!/^\d*$/.test(draft.options.maxRejectedRows.trim()))
    errors.maxRejectedRows = 'Enter a whole number, or leave the field empty.';
  if (headersChanged(draft, before) && filledHeaders(draft).some(({ value }) => value === '')) {
    errors.headers = before
      ? 'All headers are replaced together. Enter the value of each header again, or remove it.'
      : 'Enter a value for each header.';
  }
  return errors;
}

export function newSourceOf(draft: SourceDraft): SourceInput {
  const { name, kind, url, mode } = draft;
  return {
    name,
    kind,
    url,
    mode,
    intervalSeconds: intervalSecondsOf(draft),
    maxDeletedShare: shareOf(draft) ?? null,
    ...importOptionsOf(draft),
    headers: headersOf(draft),
  };
}

/** Only what differs from `before`, so that concurrent changes of other settings are kept. */
export function changesOf(draft: SourceDraft, before: SourceDraft): SourceChangesInput {
  const changes: SourceChangesInput = {};
  if (draft.name !== before.name) changes.name = draft.name;
  if (draft.kind !== before.kind) changes.kind = draft.kind;
  if (draft.url !== before.url) changes.url = draft.url;
  if (draft.mode !== before.mode) changes.mode = draft.mode;
  if (intervalSecondsOf(draft) !== intervalSecondsOf(before))
    changes.intervalSeconds = intervalSecondsOf(draft);
  if (shareOf(draft) !== shareOf(before)) changes.maxDeletedShare = shareOf(draft) ?? null;
  const optionsBefore = importOptionsOf(before);
  for (const [option, value] of Object.entries(importOptionsOf(draft)))
    if (JSON.stringify(value) !== JSON.stringify(optionsBefore[option as keyof typeof optionsBefore]))
      Object.assign(changes, { [option]: value });
  if (headersChanged(draft, before)) changes.headers = headersOf(draft);
  return changes;
}

/** Whether headers must be sent. Unchanged names without values stand for the saved headers. */
export function headersChanged(draft: SourceDraft, before: SourceDraft | undefined): boolean {
  const names = filledHeaders(draft).map(({ name }) => name);
  const isAsBefore = names.join('\n') === (before?.headers ?? []).map(({ name }) => name).join('\n');
  return !isAsBefore || draft.headers.some(({ value }) => value !== '');
}

/** Ignores rows without a name and value. */
function filledHeaders({ headers }: SourceDraft): HeaderDraft[] {
  return headers.filter(({ name, value }) => name.trim() !== '' || value !== '');
}

function headersOf(draft: SourceDraft): { name: string; value: string }[] {
  return filledHeaders(draft).map(({ name, value }) => ({ name: name.trim(), value }));
}

/** As API input, where null means that the value is detected, or that the default applies. */
function importOptionsOf({ options }: SourceDraft) {
  const rows = options.maxRejectedRows.trim();
  const { mapping, defaults } = options;
  return {
    profile: options.profile || null,
    mapping: FIELDS.flatMap((field) => {
      const column = mapping[field]?.trim() ?? '';
      return column === '' ? [] : [{ field, column }];
    }),
    keepColumns: options.keepColumns === '' ? null : options.keepColumns === 'true',
    defaults: FIELDS.flatMap((field) => {
      const value = field === 'SKU' ? undefined : defaults[field];
      return value === undefined ? [] : [{ field, value }];
    }),
    onDuplicate: options.onDuplicate || null,
    sheet: options.sheet.trim() || null,
    encoding: options.encoding.trim() || null,
    delimiter: parseDelimiter(options.delimiter) || null,
    quoting: options.isUnquoted ? ('NONE' as const) : ('STANDARD' as const),
    skipInitialSpace: options.skipInitialSpace,
    maxRejectedRows: rows === '' ? null : Math.min(Number(rows), LARGEST_INT),
  };
}

function intervalSecondsOf({ interval }: SourceDraft): number | null {
  const seconds = secondsOf(interval);
  return seconds === undefined ? null : Math.max(Math.min(seconds, LARGEST_INT), -LARGEST_INT);
}

function shareOf({ maxDeleted }: SourceDraft): number | undefined {
  const percent = maxDeleted.trim() === '' ? Number.NaN : Number(maxDeleted);
  return Number.isFinite(percent) ? percent / 100 : undefined;
}
