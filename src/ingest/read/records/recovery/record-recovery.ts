// Finds where reading can resume after an error in the quoting: a misplaced quote, a missing or surplus one, or a multi-line
// record with a wrong number of fields.
//
// With strict quoting alone, one stray quote would swallow all rows that follow. So lines are read again from some records
// before the error, under several hypotheses at once, and the one that needs the fewest repairs wins. This is minimum-cost
// error correction, as in a Viterbi decoder. At each line start there are these hypotheses:
//
//   outside  a record starts here
//   quoted   inside a field whose quotes are correct so far
//   broken   inside a field with a missing quote before it, or a surplus one in it
//
// Each repair costs 1: a line whose quotes are read against the rules, a record with a wrong number of fields, a missing
// quote at the end of a line. Reading a line that would be a valid row as part of a broken field costs less than a repair, or
// about as much if the file has no multi-line fields. Records with a repair are damaged. So are lines that belong to a
// damaged record under a hypothesis that costs little more: they may or may not be rows, and no line of a multi-line field
// may become a product.
//
// Recovery ends where a record starts under the best hypothesis, all others cost at least one repair more, and some valid
// records follow.

import type { ByteDialect } from '../../dialect.ts';
import { type FieldCountRange, isValidFieldCount } from '../field-count.ts';
import type { Position } from '../record-scanner.ts';
import { scanLine } from '../scan-line.ts';
import { type CandidateLine, candidateLine } from './candidate-line.ts';
import { type DamagedRecord, damagedRecords } from './damaged-spans.ts';
import { type Hypothesis, mergeBroken, mergeTransitions, type Transition } from './hypothesis.ts';

export interface Recovery {
  /** In file order. Between them are valid records. */
  damaged: DamagedRecord[];
  /** Start of the record at which reading resumes. */
  resumeAt: Position;
  /** If that record is too long: whether it continues inside quotes, outside quotes, or to the end of its line. */
  oversized: 'quoted' | 'plain' | 'line' | undefined;
}

export interface RecoveryOptions {
  dialect: ByteDialect;
  fieldCounts: FieldCountRange;
  maxRecordBytes: number;
  /** For each column: 1 if the file has multi-line fields there. */
  multilineColumns: Uint8Array;
  /** Start of the first record to read again. */
  start: Position;
  /** Offset of the error. */
  errorAt: number;
}

/** Cost of reading a valid row as part of a broken field, in a file or column with and without multi-line fields. */
const ROW_ABSORBED = 0.25;
const ROW_ABSORBED_UNUSUAL = 0.7;
/** Extra cost, in a file without multi-line fields, of a line with misplaced quotes that could not be a row anyway. */
const NO_ROW = 0.8;
/** Extra cost if a misplaced quote opens a broken field, in a file with and without multi-line fields. */
const MISPLACED_OPENING = 1;
const MISPLACED_OPENING_UNUSUAL = 1.7;
/** Extra cost of a broken field without a quote at either end: there is no evidence for it. */
const NO_QUOTES = 4;
/** How many valid records must follow, and how far to look ahead for them. */
const VALID_RECORDS = 3;
const MAX_LOOK_AHEAD_BYTES = 64 * 1024;
/** Lines that are read without a decision. Each takes some 200 bytes of memory. Hardly any field has as many. */
const MAX_UNDECIDED_LINES = 20_000;
/** Hypotheses of the kind `quoted` that are followed at once. */
const MAX_QUOTED = 6;

interface NextHypotheses {
  outside: Transition[];
  quoted: Hypothesis[];
  broken: Hypothesis[];
}

export class RecordRecovery {
  readonly #options: RecoveryOptions;
  readonly #hasMultilineFields: boolean;
  readonly #rowAbsorbed: number;
  readonly #noRow: number;
  readonly #misplacedOpening: number;
  #at: Position;
  #outside: Hypothesis | undefined;
  #broken: Hypothesis | undefined;
  #quoted: Hypothesis[] = [];

  constructor(options: RecoveryOptions) {
    this.#options = options;
    this.#at = options.start;
    this.#hasMultilineFields = options.multilineColumns.includes(1);
    this.#rowAbsorbed = this.#hasMultilineFields ? ROW_ABSORBED : ROW_ABSORBED_UNUSUAL;
    this.#noRow = this.#hasMultilineFields ? 0 : NO_ROW;
    this.#misplacedOpening = this.#hasMultilineFields ? MISPLACED_OPENING : MISPLACED_OPENING_UNUSUAL;
    this.#outside = {
      cost: 0,
      spans: undefined,
      start: this.#at,
      validRecords: 0,
      hasNoQuotes: false,
      column: 0,
      rows: 0,
    };
  }

  /** Start of the next line. */
  get at(): number {
    return this.#at.at;
  }

  /**
   * Reads the next line.
   *
   * @param end of the line
   * @param next start of the line after it
   * @returns undefined while more lines are needed
   */
  read(bytes: Uint8Array, end: number, next: number): Recovery | undefined {
    if (next - this.#at.at > this.#options.maxRecordBytes) return this.readOversized(bytes);
    this.#step(bytes, end, { at: next, line: this.#at.line + 1 });
    return this.#decide();
  }

  /** Call it if the next line is longer than a record may be. */
  readOversized(bytes: Uint8Array): Recovery {
    const { dialect, maxRecordBytes } = this.#options;
    const best = this.#best();
    if (best !== this.#outside) return this.#skipOversized(best);
    const { end } = scanLine(bytes, this.#at.at, this.#at.at + maxRecordBytes, dialect, false);
    return this.#end(best, this.#at, end === 'fault' ? 'line' : 'plain');
  }

  /** Call it at the end of the file. */
  finish(): Recovery {
    const transitions = [
      ...(this.#outside ? [this.#toOutside(this.#outside, 0, 'none')] : []),
      ...this.#quoted.map((hypothesis) =>
        this.#toOutside(hypothesis, 1 + this.#costOfAbsorbedRows(hypothesis, 0), 'damaged'),
      ),
      ...(this.#broken ? [this.#toOutside(this.#broken, 1, 'damaged')] : []),
    ];
    return this.#end(mergeTransitions(transitions, this.#at), this.#at, undefined);
  }

  #step(bytes: Uint8Array, end: number, next: Position): void {
    const { dialect, fieldCounts, multilineColumns } = this.#options;
    const line = candidateLine(bytes, this.#at, end, dialect, fieldCounts, multilineColumns);
    const following: NextHypotheses = { outside: [], quoted: [], broken: [] };
    this.#at = next;
    if (this.#outside) this.#extendOutside(this.#outside, line, following);
    for (const hypothesis of this.#quoted) this.#extendQuoted(hypothesis, line, following);
    if (this.#broken) this.#extendBroken(this.#broken, line, following);
    this.#outside = following.outside.length > 0 ? mergeTransitions(following.outside, next) : undefined;
    this.#broken = mergeBroken(following.broken, next);
    this.#quoted = this.#cheapest(following.quoted);
  }

  #extendOutside(before: Hypothesis, line: CandidateLine, { outside, quoted, broken }: NextHypotheses): void {
    const { from, unquoted, isBlank, isRow } = line;
    const started: Hypothesis = { ...before, start: from, validRecords: 0, hasNoQuotes: false, rows: 0 };
    if (unquoted.end !== 'outside') {
      outside.push(this.#toOutside(started, line.couldBeRow ? 1 : 1 + this.#noRow, 'damaged'));
    } else if (isRow || isBlank) {
      const start = before.validRecords === 0 ? from : before.start;
      const validRecords = before.validRecords + (isRow ? 1 : 0);
      outside.push({ ...before, start, validRecords, span: 'none', recordStart: from });
    } else outside.push(this.#toOutside(started, 1, 'none'));
    // A quote at the end of a line is as likely to close a field.
    if (unquoted.end === 'inside')
      quoted.push({ ...started, column: unquoted.lastQuotedColumn, rows: line.endsWithQuote ? 1 : 0 });
    if (isBlank) return;
    const misplaced = unquoted.end === 'fault' ? this.#misplacedOpening : 0;
    const hasNoQuotes = unquoted.end === 'outside';
    broken.push({
      ...started,
      hasNoQuotes,
      cost: before.cost + 1 + misplaced + (isRow ? this.#rowAbsorbed : 0),
    });
  }

  #extendQuoted(
    hypothesis: Hypothesis,
    { quoted: line, rows }: CandidateLine,
    { outside, quoted, broken }: NextHypotheses,
  ): void {
    const { fieldCounts, maxRecordBytes } = this.#options;
    const repairCost = 1 + this.#costOfAbsorbedRows(hypothesis, rows);
    if (line.end === 'fault') broken.push({ ...hypothesis, cost: hypothesis.cost + repairCost });
    else if (line.end === 'inside') {
      const column = hypothesis.column + Math.max(line.lastQuotedColumn, 0);
      quoted.push({ ...hypothesis, rows: hypothesis.rows + rows, column });
    } else if (this.#at.at - hypothesis.start.at > maxRecordBytes) {
      // Well-formed, but rejected for its length.
      outside.push(this.#toOutside(hypothesis, this.#costOfAbsorbedRows(hypothesis, 0), 'damaged'));
    } else if (isValidFieldCount(fieldCounts, hypothesis.column + line.delimiters, line.endsEmpty)) {
      outside.push({ ...this.#toOutside(hypothesis, 0, 'valid'), start: hypothesis.start, validRecords: 1 });
    } else outside.push(this.#toOutside(hypothesis, 1 + this.#costOfAbsorbedRows(hypothesis, 0), 'refused'));
    outside.push(this.#toOutside(hypothesis, repairCost, 'damaged'));
  }

  #extendBroken(
    hypothesis: Hypothesis,
    { quoted: line, rows }: CandidateLine,
    { outside, broken }: NextHypotheses,
  ): void {
    const { fieldCounts, multilineColumns } = this.#options;
    const absorbed = rows * this.#rowAbsorbed;
    if (line.end === 'outside') {
      const isElsewhere =
        this.#hasMultilineFields && multilineColumns[fieldCounts.columns - 1 - line.delimiters] !== 1;
      outside.push(this.#toOutside(hypothesis, isElsewhere ? ROW_ABSORBED_UNUSUAL : 0, 'damaged'));
      return;
    }
    const cost = absorbed + (line.end === 'fault' ? 1 : 0);
    outside.push(
      this.#toOutside(hypothesis, 1 + absorbed + (hypothesis.hasNoQuotes ? NO_QUOTES : 0), 'damaged'),
    );
    broken.push({ ...hypothesis, cost: hypothesis.cost + cost });
  }

  #toOutside(hypothesis: Hypothesis, cost: number, span: Transition['span']): Transition {
    return {
      cost: hypothesis.cost + cost,
      spans: hypothesis.spans,
      start: this.#at,
      validRecords: 0,
      hasNoQuotes: false,
      column: 0,
      rows: 0,
      span,
      recordStart: hypothesis.start,
    };
  }

  /** Cost of having read valid rows as part of a quoted field. */
  #costOfAbsorbedRows({ rows, column }: Hypothesis, more: number): number {
    const isMultiline = this.#options.multilineColumns[column] === 1;
    return (rows + more) * (isMultiline ? ROW_ABSORBED : ROW_ABSORBED_UNUSUAL);
  }

  #cheapest(quoted: Hypothesis[]): Hypothesis[] {
    if (quoted.length <= MAX_QUOTED) return quoted;
    const cost = (hypothesis: Hypothesis) => hypothesis.cost + this.#costOfAbsorbedRows(hypothesis, 0);
    return quoted.toSorted((a, b) => cost(a) - cost(b)).slice(0, MAX_QUOTED);
  }

  #decide(): Recovery | undefined {
    const { start, errorAt, maxRecordBytes } = this.#options;
    const at = this.#at;
    if (at.at <= errorAt) return undefined;
    const outside = this.#outside;
    const others = this.#broken ? [this.#broken, ...this.#quoted] : this.#quoted;
    const isDecided = outside && others.every(({ cost }) => cost >= outside.cost + 1);
    if (isDecided && outside.validRecords >= VALID_RECORDS)
      return this.#end(outside, outside.start.at > errorAt ? outside.start : at, undefined);
    const bytesRead = at.at - start.at;
    if (bytesRead <= MAX_LOOK_AHEAD_BYTES) return undefined;
    if (isDecided) return this.#end(outside, at, undefined);
    const best = this.#best();
    const isOpen = (hypothesis: Hypothesis) => at.at - hypothesis.start.at > MAX_LOOK_AHEAD_BYTES / 2;
    const isUndecided = others.some((hypothesis) => hypothesis.cost < best.cost + 1 && isOpen(hypothesis));
    const isWithinLimits =
      bytesRead <= maxRecordBytes + MAX_LOOK_AHEAD_BYTES && at.line - start.line <= MAX_UNDECIDED_LINES;
    if (isUndecided && isWithinLimits) return undefined;
    if (best === outside) return this.#end(best, at, undefined);
    if (best === this.#broken)
      return this.#end(mergeTransitions([this.#toOutside(best, 1, 'damaged')], at), at, undefined);
    return this.#isOversized(best) ? this.#skipOversized(best) : this.#end(best, best.start, undefined);
  }

  /** The cheapest hypothesis, if a record that is too long is not a row. */
  #best(): Hypothesis {
    // At equal cost, prefer an open field: that a record starts here may only be assumed because the field is considered closed.
    const hypotheses = [...this.#quoted, this.#outside, this.#broken].filter(
      (hypothesis) => hypothesis !== undefined,
    );
    const cost = (hypothesis: Hypothesis) => {
      if (hypothesis === this.#outside) return hypothesis.cost;
      if (hypothesis === this.#broken) return hypothesis.cost + 1;
      return (
        hypothesis.cost + (this.#isOversized(hypothesis) ? 1 + this.#costOfAbsorbedRows(hypothesis, 0) : 0)
      );
    };
    return hypotheses.reduce((least, hypothesis) => (cost(hypothesis) < cost(least) ? hypothesis : least));
  }

  #isOversized({ start }: Hypothesis): boolean {
    return this.#at.at - start.at > this.#options.maxRecordBytes;
  }

  #skipOversized(hypothesis: Hypothesis): Recovery {
    return this.#end(hypothesis, hypothesis.start, 'quoted');
  }

  #end(hypothesis: Hypothesis, resumeAt: Position, oversized: Recovery['oversized']): Recovery {
    return { damaged: damagedRecords(hypothesis.spans, resumeAt), resumeAt, oversized };
  }
}
