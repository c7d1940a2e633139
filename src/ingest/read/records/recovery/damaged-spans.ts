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
  /** How many spans the list has, this one included. */
  depth: number;
}

/** Whole lines of a file that belong to a damaged record. */
export interface DamagedRecord {
  start: number;
  end: number;
  /** The physical line on which it starts. */
  line: number;
  lineCount: number;
}

/** The spans of the best hypothesis, while others that lead to the same point are merged into it. */
export class MergedSpans {
  /** Those of the best hypothesis alone. */
  readonly #best: Span | undefined;
  #all: Span | undefined;
  #isDoubtful = false;

  constructor(best: Span | undefined) {
    this.#best = best;
    this.#all = best;
  }

  get all(): Span | undefined {
    return this.#all;
  }

  /** Whether lines are damaged according to another hypothesis that may be true, and not according to the best one. */
  get isDoubtful(): boolean {
    return this.#isDoubtful;
  }

  /** Adds lines that are damaged according to another hypothesis. @param doubt how much more it costs than the best one */
  addDoubtful(from: Position, to: Position, doubt: number): void {
    if (isCovered(this.#all, from, to, doubt)) return;
    this.#isDoubtful = true;
    this.#all = joined(this.#all, from, to, doubt);
  }

  /** Adds those of another hypothesis that the best one does not have. @param doubt how much more it costs */
  addDoubtfulOf(other: Span | undefined, doubt: number): void {
    let own = this.#best;
    let passed = 0;
    let compared = 0;
    for (let span = other; span && compared < MAX_COMPARED; span = span.before) {
      // What both have is at the same depth.
      for (; own && own.depth > span.depth && passed < MAX_COMPARED; passed++) own = own.before;
      if (own === span) break;
      compared++;
      if (span.damaged && span.doubt + doubt <= MAX_DOUBT)
        this.addDoubtful(span.from, span.to, span.doubt + doubt);
    }
  }
}

/** Whether one of the last spans says as much of these lines already, and no less surely. */
function isCovered(spans: Span | undefined, from: Position, to: Position, doubt: number): boolean {
  let compared = 0;
  for (let span = spans; span && compared < MAX_COMPARED; span = span.before, compared++)
    if (span.damaged && span.doubt <= doubt && span.from.at <= from.at && span.to.at >= to.at) return true;
  return false;
}

/** Adds a span. Last spans that overlap it and are as doubtful become one with it, so that hopeless lines do not make long lists. */
function joined(spans: Span | undefined, from: Position, to: Position, doubt: number): Span {
  let before = spans;
  let [first, last] = [from, to];
  for (let compared = 0; before && compared < MAX_COMPARED; compared++) {
    const isOther = !before.damaged || before.doubt !== doubt;
    if (isOther || before.from.at >= last.at || before.to.at <= first.at) break;
    if (before.from.at < first.at) first = before.from;
    if (before.to.at > last.at) last = before.to;
    before = before.before;
  }
  return { from: first, to: last, damaged: true, doubt, before, depth: (before?.depth ?? 0) + 1 };
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
