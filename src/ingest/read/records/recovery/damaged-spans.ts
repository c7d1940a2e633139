// The lines that a hypothesis considers damaged, as a linked list that hypotheses share.

import type { Position } from '../record-scanner.ts';

/** A hypothesis that costs this much more than the best one may still be true. */
export const MAX_DOUBT = 0.6;
/** Spans of two hypotheses that are compared. */
const MAX_COMPARED = 16;

/** Lines of a damaged record, or a valid multi-line record. */
export interface Span {
  from: Position;
  to: Position;
  damaged: boolean;
  /** How much more the hypothesis costs that it comes from than the one that has it. */
  doubt: number;
  before: Span | undefined;
}

/** Whole lines of a file that belong to a damaged record. */
export interface DamagedRecord {
  start: number;
  end: number;
  /** The physical line on which it starts. */
  line: number;
  lineCount: number;
}

/** Adds to the spans of the best hypothesis those that are damaged according to another one that may be true. */
export function addDoubtfulSpans(
  best: Span | undefined,
  other: Span | undefined,
  doubt: number,
): Span | undefined {
  let spans = best;
  let compared = 0;
  for (let span = other; span && compared < MAX_COMPARED; span = span.before) {
    if (isAmong(best, span)) break;
    compared++;
    if (!span.damaged || span.doubt + doubt > MAX_DOUBT) continue;
    const { from, to, damaged } = span;
    spans = { from, to, damaged, doubt: span.doubt + doubt, before: spans };
  }
  return spans;
}

function isAmong(spans: Span | undefined, wanted: Span): boolean {
  let compared = 0;
  for (let span = spans; span && compared < MAX_COMPARED; span = span.before, compared++)
    if (span === wanted) return true;
  return false;
}

/** Merges overlapping spans into damaged records. A valid multi-line record that overlaps a damaged span is damaged too. */
export function damagedRecords(spans: Span | undefined, end: Position): DamagedRecord[] {
  // Of spans with the same start only the longest matters; a field that may be open has one for each of its lines.
  const longest = { damaged: new Map<number, Span>(), valid: new Map<number, Span>() };
  for (let span = spans; span; span = span.before) {
    const start = span.from.at;
    if (start >= end.at) continue;
    const byStart = span.damaged ? longest.damaged : longest.valid;
    const known = byStart.get(start);
    if (!known || known.to.at < span.to.at) byStart.set(start, span);
  }
  const all = [...longest.damaged.values(), ...longest.valid.values()];
  // In the order of the file they are nearly sorted.
  all.reverse();
  all.sort((a, b) => a.from.at - b.from.at || a.to.at - b.to.at);
  const records: DamagedRecord[] = [];
  let merged: { from: Position; to: Position; damaged: boolean } | undefined;
  const finish = () => {
    if (!merged?.damaged) return;
    const { from, to } = merged;
    records.push({ start: from.at, end: to.at, line: from.line, lineCount: to.line - from.line });
  };
  for (const { from, to, damaged } of all) {
    if (merged && from.at < merged.to.at) {
      if (to.at > merged.to.at) merged.to = to;
      merged.damaged ||= damaged;
      continue;
    }
    finish();
    merged = { from, to, damaged };
  }
  finish();
  return records;
}
