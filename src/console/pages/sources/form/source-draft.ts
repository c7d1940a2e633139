// A data source as a form has it while it is filled in, and what of it is sent.

import type { SourceChangesInput, SourceDetails, SourceInput } from '../documents.ts';
import { type Interval, intervalOf, secondsOf } from '../interval.ts';
import { delimiterNamed, nameOfDelimiter, percentOf } from '../labels.ts';

export interface Draft {
  name: string;
  kind: SourceInput['kind'];
  url: string;
  interval: Interval;
  mode: NonNullable<SourceInput['mode']>;
  /** Of what it brought, how much may be deleted at once, in percent. */
  maxDeleted: string;
  reading: Reading;
  headers: readonly DraftHeader[];
}

/** How its file is read; an empty text is what is found out, or the usual. */
export interface Reading {
  encoding: string;
  /** A character, or the name of one that cannot be typed. */
  delimiter: string;
  isUnquoted: boolean;
  skipInitialSpace: boolean;
  maxRejectedRows: string;
}

export interface DraftHeader {
  /** Tells it from the others while its name is typed. */
  key: number;
  name: string;
  value: string;
}

/** Fields as the server names them where one is at fault. */
export type Field =
  | 'name'
  | 'url'
  | 'intervalSeconds'
  | 'maxDeletedShare'
  | 'encoding'
  | 'delimiter'
  | 'maxRejectedRows'
  | 'headers';
export type Problems = Partial<Record<Field, string>>;

const DEFAULT_INTERVAL_SECONDS = 300;
const DEFAULT_MAX_DELETED_SHARE = 0.2;
/** The API's numbers end here. What is still too large, the server refuses in its own words. */
const LARGEST_INT = 2 ** 31 - 1;

export const EMPTY_DRAFT: Draft = {
  name: '',
  kind: 'HTTP',
  url: '',
  interval: intervalOf(DEFAULT_INTERVAL_SECONDS),
  mode: 'UPSERT',
  maxDeleted: String(percentOf(DEFAULT_MAX_DELETED_SHARE)),
  reading: { encoding: '', delimiter: '', isUnquoted: false, skipInitialSpace: false, maxRejectedRows: '' },
  headers: [],
};

/** As it is; the values of its headers are never told, so they are blank. */
export function draftOf(source: SourceDetails): Draft {
  const { name, kind, url, intervalSeconds, mode, maxDeletedShare, headerNames } = source;
  return {
    name,
    kind,
    url,
    interval: intervalOf(intervalSeconds),
    mode,
    maxDeleted: String(percentOf(maxDeletedShare)),
    reading: {
      encoding: source.encoding ?? '',
      delimiter: source.delimiter === null ? '' : nameOfDelimiter(source.delimiter),
      isUnquoted: source.quoting === 'NONE',
      skipInitialSpace: source.skipInitialSpace,
      maxRejectedRows: source.maxRejectedRows === null ? '' : String(source.maxRejectedRows),
    },
    headers: headerNames.map((header, key) => ({ key, name: header, value: '' })),
  };
}

/** What can be told to be wrong without the server, and the server could not tell. */
export function problemsOf(draft: Draft, before?: Draft): Problems {
  const problems: Problems = {};
  if (secondsOf(draft.interval) === undefined)
    problems.intervalSeconds = 'How often it is checked must be a number.';
  if (shareOf(draft) === undefined) problems.maxDeletedShare = 'This must be a number from 0 to 100.';
  if (!/^\d*$/.test(draft.reading.maxRejectedRows.trim()))
    problems.maxRejectedRows = 'This must be a whole number, or nothing.';
  if (haveChanged(draft, before) && filledIn(draft).some(({ value }) => value === '')) {
    problems.headers = before
      ? 'Headers are replaced all at once: enter the value of each again, or remove the header.'
      : 'Each header needs a value.';
  }
  return problems;
}

export function newSourceOf(draft: Draft): SourceInput {
  const { name, kind, url, mode } = draft;
  return {
    name,
    kind,
    url,
    mode,
    intervalSeconds: intervalSecondsOf(draft),
    maxDeletedShare: shareOf(draft) ?? null,
    ...readingOf(draft),
    headers: headersOf(draft),
  };
}

/** What differs from how it was: whatever is left out stays, as others may have changed it meanwhile. */
export function changesOf(draft: Draft, before: Draft): SourceChangesInput {
  const changes: SourceChangesInput = {};
  if (draft.name !== before.name) changes.name = draft.name;
  if (draft.kind !== before.kind) changes.kind = draft.kind;
  if (draft.url !== before.url) changes.url = draft.url;
  if (draft.mode !== before.mode) changes.mode = draft.mode;
  if (intervalSecondsOf(draft) !== intervalSecondsOf(before))
    changes.intervalSeconds = intervalSecondsOf(draft);
  if (shareOf(draft) !== shareOf(before)) changes.maxDeletedShare = shareOf(draft) ?? null;
  const reading = readingOf(before);
  for (const [option, value] of Object.entries(readingOf(draft)))
    if (value !== reading[option as keyof typeof reading]) Object.assign(changes, { [option]: value });
  if (haveChanged(draft, before)) changes.headers = headersOf(draft);
  return changes;
}

/** Whether headers are to be sent: blank values of known names stand for those that the server has. */
export function haveChanged(draft: Draft, before: Draft | undefined): boolean {
  const names = filledIn(draft).map(({ name }) => name);
  const isAsBefore = names.join('\n') === (before?.headers ?? []).map(({ name }) => name).join('\n');
  return !isAsBefore || draft.headers.some(({ value }) => value !== '');
}

/** Rows in which nothing is written are no headers. */
function filledIn({ headers }: Draft): DraftHeader[] {
  return headers.filter(({ name, value }) => name.trim() !== '' || value !== '');
}

function headersOf(draft: Draft): { name: string; value: string }[] {
  return filledIn(draft).map(({ name, value }) => ({ name: name.trim(), value }));
}

/** As the server takes it: null for what is to be found out. */
function readingOf({ reading }: Draft) {
  const rows = reading.maxRejectedRows.trim();
  return {
    encoding: reading.encoding.trim() || null,
    delimiter: delimiterNamed(reading.delimiter) || null,
    quoting: reading.isUnquoted ? ('NONE' as const) : ('STANDARD' as const),
    skipInitialSpace: reading.skipInitialSpace,
    maxRejectedRows: rows === '' ? null : Math.min(Number(rows), LARGEST_INT),
  };
}

function intervalSecondsOf({ interval }: Draft): number | null {
  const seconds = secondsOf(interval);
  return seconds === undefined ? null : Math.max(Math.min(seconds, LARGEST_INT), -LARGEST_INT);
}

function shareOf({ maxDeleted }: Draft): number | undefined {
  const percent = maxDeleted.trim() === '' ? Number.NaN : Number(maxDeleted);
  return Number.isFinite(percent) ? percent / 100 : undefined;
}
