// One way to read damaged lines, and how several that lead to the same point become one.

import type { Position } from '../record-scanner.ts';
import { MAX_DOUBT, MergedSpans, type Span } from './damaged-spans.ts';

export interface Hypothesis {
  cost: number;
  spans: Span | undefined;
  /** Of the current record. Outside: of the first of the valid records just read. */
  start: Position;
  /** Outside: number of valid records just read. */
  validRecords: number;
  /** Broken: whether the field started without a quote. */
  hasNoQuotes: boolean;
  /** Quoted: the current column. */
  column: number;
  /** Quoted: number of lines in the field that would be valid rows. */
  rows: number;
}

/** A hypothesis that a record starts at the next line, and how it was reached. */
export interface Transition extends Hypothesis {
  /** What it makes of the lines since `recordStart`. Refused: a record with a wrong number of fields. */
  span: 'damaged' | 'valid' | 'refused' | 'none';
  recordStart: Position;
}

/** @returns the cheapest transition. What others of about the same cost read in another way is doubtful. */
export function mergeTransitions(transitions: Transition[], at: Position): Hypothesis {
  const best = transitions.reduce((least, next) => (next.cost < least.cost ? next : least));
  const { cost, start, validRecords, column, rows } = best;
  const spans = new MergedSpans(spansOf(best, at));
  for (const other of transitions) {
    const doubt = other.cost - cost;
    if (other === best || doubt > MAX_DOUBT) continue;
    spans.addDoubtfulOf(other.spans, doubt);
    const isRefused = best.span === 'refused' && other.recordStart.at >= best.recordStart.at;
    if (other.span !== 'none' && !isRefused) spans.addDoubtful(other.recordStart, at, doubt);
  }
  const { all } = spans;
  return spans.isDoubtful
    ? { cost, spans: all, start: at, validRecords: 0, hasNoQuotes: false, column, rows }
    : { cost, spans: all, start, validRecords, hasNoQuotes: false, column, rows };
}

function spansOf({ span, spans, recordStart }: Transition, at: Position): Span | undefined {
  if (span === 'none') return spans;
  const depth = (spans?.depth ?? 0) + 1;
  return { from: recordStart, to: at, damaged: span === 'damaged', doubt: 0, before: spans, depth };
}

/** @returns the cheapest hypothesis. Lines since the start of another one that may be true and started earlier are doubtful. */
export function mergeBroken(hypotheses: Hypothesis[], at: Position): Hypothesis | undefined {
  if (hypotheses.length === 0) return undefined;
  const best = hypotheses.reduce((least, next) => (next.cost < least.cost ? next : least));
  const spans = new MergedSpans(best.spans);
  for (const other of hypotheses) {
    const doubt = other.cost - best.cost;
    if (other === best || doubt > MAX_DOUBT) continue;
    spans.addDoubtfulOf(other.spans, doubt);
    if (other.start.at < best.start.at) spans.addDoubtful(other.start, at, doubt);
  }
  return { ...best, spans: spans.all };
}
