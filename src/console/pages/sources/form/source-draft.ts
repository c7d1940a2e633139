// A data source as a form has it while it is filled in, and what of it is sent.

import type { SourceChangesInput, SourceDetails, SourceInput } from '../documents.ts';
import { type Interval, secondsOf, toInterval } from '../interval.ts';
import { delimiterName, parseDelimiter, toPercent } from '../labels.ts';

export interface SourceDraft {
  name: string;
  kind: SourceInput['kind'];
  url: string;
  interval: Interval;
  mode: NonNullable<SourceInput['mode']>;
  /** Of what it brought, how much may be deleted at once, in percent. */
  maxDeleted: string;
  reading: OptionsDraft;
  headers: readonly HeaderDraft[];
}

/** How its file is read; an empty text is what is found out, or the usual. */
export interface OptionsDraft {
  encoding: string;
  /** A character, or the name of one that cannot be typed. */
  delimiter: string;
  isUnquoted: boolean;
  skipInitialSpace: boolean;
  maxRejectedRows: string;
}

export interface HeaderDraft {
  /** Tells it from the others while its name is typed. */
  key: number;
  name: string;
  value: string;
}

/** Fields as the server names them where one is at fault. */
export type FieldName =
  | 'name'
  | 'url'
  | 'intervalSeconds'
  | 'maxDeletedShare'
  | 'encoding'
  | 'delimiter'
  | 'maxRejectedRows'
  | 'headers';
export type FieldErrors = Partial<Record<FieldName, string>>;

const DEFAULT_INTERVAL_SECONDS = 300;
const DEFAULT_MAX_DELETED_SHARE = 0.2;
/** The API's numbers end here. What is still too large, the server refuses in its own words. */
const LARGEST_INT = 2 ** 31 - 1;

export const EMPTY_DRAFT: SourceDraft = {
  name: '',
  kind: 'HTTP',
  url: '',
  interval: toInterval(DEFAULT_INTERVAL_SECONDS),
  mode: 'UPSERT',
  maxDeleted: String(toPercent(DEFAULT_MAX_DELETED_SHARE)),
  reading: { encoding: '', delimiter: '', isUnquoted: false, skipInitialSpace: false, maxRejectedRows: '' },
  headers: [],
};

/** As it is; the values of its headers are never told, so they are blank. */
export function draftOf(source: SourceDetails): SourceDraft {
  const { name, kind, url, intervalSeconds, mode, maxDeletedShare, headerNames } = source;
  return {
    name,
    kind,
    url,
    interval: toInterval(intervalSeconds),
    mode,
    maxDeleted: String(toPercent(maxDeletedShare)),
    reading: {
      encoding: source.encoding ?? '',
      delimiter: source.delimiter === null ? '' : delimiterName(source.delimiter),
      isUnquoted: source.quoting === 'NONE',
      skipInitialSpace: source.skipInitialSpace,
      maxRejectedRows: source.maxRejectedRows === null ? '' : String(source.maxRejectedRows),
    },
    headers: headerNames.map((header, key) => ({ key, name: header, value: '' })),
  };
}

/** What can be told to be wrong without the server, and the server could not tell. */
export function validate(draft: SourceDraft, before?: SourceDraft): FieldErrors {
  const errors: FieldErrors = {};
  if (secondsOf(draft.interval) === undefined)
    errors.intervalSeconds = 'How often it is checked must be a number.';
  if (shareOf(draft) === undefined) errors.maxDeletedShare = 'This must be a number from 0 to 100.';
  if (!/^\d*$/.test(draft.reading.maxRejectedRows.trim()))
    errors.maxRejectedRows = 'This must be a whole number, or nothing.';
  if (headersChanged(draft, before) && filledHeaders(draft).some(({ value }) => value === '')) {
    errors.headers = before
      ? 'Headers are replaced all at once: enter the value of each again, or remove the header.'
      : 'Each header needs a value.';
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

/** What differs from how it was: whatever is left out stays, as others may have changed it meanwhile. */
export function changesOf(draft: SourceDraft, before: SourceDraft): SourceChangesInput {
  const changes: SourceChangesInput = {};
  if (draft.name !== before.name) changes.name = draft.name;
  if (draft.kind !== before.kind) changes.kind = draft.kind;
  if (draft.url !== before.url) changes.url = draft.url;
  if (draft.mode !== before.mode) changes.mode = draft.mode;
  if (intervalSecondsOf(draft) !== intervalSecondsOf(before))
    changes.intervalSeconds = intervalSecondsOf(draft);
  if (shareOf(draft) !== shareOf(before)) changes.maxDeletedShare = shareOf(draft) ?? null;
  const reading = importOptionsOf(before);
  for (const [option, value] of Object.entries(importOptionsOf(draft)))
    if (value !== reading[option as keyof typeof reading]) Object.assign(changes, { [option]: value });
  if (headersChanged(draft, before)) changes.headers = headersOf(draft);
  return changes;
}

/** Whether headers are to be sent: blank values of known names stand for those that the server has. */
export function headersChanged(draft: SourceDraft, before: SourceDraft | undefined): boolean {
  const names = filledHeaders(draft).map(({ name }) => name);
  const isAsBefore = names.join('\n') === (before?.headers ?? []).map(({ name }) => name).join('\n');
  return !isAsBefore || draft.headers.some(({ value }) => value !== '');
}

/** Rows in which nothing is written are no headers. */
function filledHeaders({ headers }: SourceDraft): HeaderDraft[] {
  return headers.filter(({ name, value }) => name.trim() !== '' || value !== '');
}

function headersOf(draft: SourceDraft): { name: string; value: string }[] {
  return filledHeaders(draft).map(({ name, value }) => ({ name: name.trim(), value }));
}

/** As the server takes it: null for what is to be found out. */
function importOptionsOf({ reading }: SourceDraft) {
  const rows = reading.maxRejectedRows.trim();
  return {
    encoding: reading.encoding.trim() || null,
    delimiter: parseDelimiter(reading.delimiter) || null,
    quoting: reading.isUnquoted ? ('NONE' as const) : ('STANDARD' as const),
    skipInitialSpace: reading.skipInitialSpace,
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
