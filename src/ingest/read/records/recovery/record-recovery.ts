// Where reading resumes after damage.
//
// Damage is a quote at a wrong place, too many or too few of them, or a wrong number of fields over several lines. By
// strict quotes alone, one stray quote would take all rows that follow into its record. So from some records before
// the trouble on, lines are read in every way at once, and the way that needs the fewest repairs is taken, as for any
// text that came over a bad line. At each line start there are these readings:
//
//   outside  a record starts here
//   quoted   inside of a field whose quotes are right so far
//   broken   inside of a field with a quote missing before it, or one too many in it
//
// A line whose quotes are read against the rules is a repair, and so is one with a wrong number of fields, and a quote
// that is missing at a line's end. A line that would be a whole row by itself, but is read as part of a broken field,
// speaks against that reading a little, or as much as a repair where the file has no such fields. Records that a repair
// touches are damaged. So are lines that a reading hardly worse has in a damaged record: whether they are rows cannot
// be told, and no line of a field over several lines may become a product.
//
// It ends where a record starts by the best reading, every other is a repair worse, and some whole records follow.

import type { ByteDialect } from '../../dialect.ts';
import { type FieldCountRange, isValidFieldCount } from '../field-count.ts';
import type { Position } from '../record-scanner.ts';
import { type LineScan, scanLine } from '../scan-line.ts';

/** Whole lines of a file that lie in a damaged record, from a line start to another. */
export interface DamagedRecord {
  start: number;
  end: number;
  /** The physical line on which it starts. */
  line: number;
  lineCount: number;
}

export interface Recovery {
  /** In the order of the file; between them are whole records. */
  damaged: DamagedRecord[];
  /** Where a record starts with which reading goes on. */
  resume: Position;
  /** Whether that record is longer than allowed: it goes on inside of quotes, or outside, or to the end of its line. */
  oversized: 'quoted' | 'plain' | 'line' | undefined;
}

export interface RecoveryOptions {
  dialect: ByteDialect;
  fieldCounts: FieldCountRange;
  maxRecordBytes: number;
  /** By column: 1 where the file has fields over several lines. */
  multilineColumns: Uint8Array;
  /** Where the first record starts that is looked at. */
  start: Position;
  /** Where the trouble is. */
  trouble: number;
}

const QUOTE = 0x22;
const SPACE = 0x20;
/** What it costs to take a line for part of a broken field that would be a whole row by itself. */
const ROW_TAKEN = 0.25;
const ROW_TAKEN_UNUSUAL = 0.7;
/** What more a line costs, in a file without such fields, that has quotes at wrong places and could be no row anyway. */
const NO_ROW = 0.8;
/** The same for a line that looks like the first one of a row that spans lines: so many rows. */
const BEGINNING = 2;
/** What more it costs that a quote at a wrong place opens a broken field. */
const MISREAD = 1;
const MISREAD_UNUSUAL = 1.7;
/** What more it costs that a broken field lacks the quotes at both of its ends: nothing speaks for it. */
const BARE = 4;
/** A reading that costs so much more than the best one may still be true. */
const DOUBT = 0.6;
/** Whole records that must follow, and how much is read at most to find them where another reading is a repair worse. */
const WHOLE_RECORDS = 3;
const PATIENCE_BYTES = 64 * 1024;
/** Readings inside of quotes that are followed at once. */
const MAX_QUOTED = 6;
/** Stretches of two readings that are compared. */
const MAX_COMPARED = 16;

/** A stretch of lines that cannot be rows, or a whole record over several lines. */
interface Stretch {
  from: Position;
  to: Position;
  damaged: boolean;
  /** How much more its reading costs than the one that has it. */
  doubt: number;
  before: Stretch | undefined;
}

interface Reading {
  cost: number;
  stretches: Stretch | undefined;
  /** Of the record that is not at its end; outside: of the first of the whole records before it. */
  start: Position;
  /** Outside: whole records that were read last. */
  whole: number;
  /** Broken: whether no quote stands where it began. */
  bare: boolean;
  /** Quoted: the column, and lines taken that would be rows. */
  column: number;
  rows: number;
}

/** A way to the next line start. */
interface Step extends Reading {
  /** What it makes of the lines from its record's start: refused is one with a wrong number of fields. */
  stretch: 'damaged' | 'whole' | 'refused' | 'none';
  taken: Position;
}

/** A line, and what speaks for each way to read it. */
interface Line {
  from: Position;
  /** As it reads from outside, and from inside of quotes. */
  fresh: LineScan;
  within: LineScan;
  isBlank: boolean;
  isRow: boolean;
  /** How many rows it would be to take it for part of another record. */
  rows: number;
  /** Whether it has delimiters enough, should its quotes mean nothing. */
  couldBeRow: boolean;
  endsWithQuote: boolean;
}

/** The ways that lead to the next line start. */
interface Ways {
  outside: Step[];
  quoted: Reading[];
  broken: Reading[];
}

export class RecordRecovery {
  readonly #options: RecoveryOptions;
  /** Whether the file has fields over several lines. */
  readonly #isUsual: boolean;
  readonly #rowTaken: number;
  readonly #noRow: number;
  readonly #misread: number;
  #at: Position;
  #outside: Reading | undefined;
  #broken: Reading | undefined;
  #quoted: Reading[] = [];

  constructor(options: RecoveryOptions) {
    this.#options = options;
    this.#at = options.start;
    this.#isUsual = options.multilineColumns.includes(1);
    this.#rowTaken = this.#isUsual ? ROW_TAKEN : ROW_TAKEN_UNUSUAL;
    this.#noRow = this.#isUsual ? 0 : NO_ROW;
    this.#misread = this.#isUsual ? MISREAD : MISREAD_UNUSUAL;
    this.#outside = {
      cost: 0,
      stretches: undefined,
      start: this.#at,
      whole: 0,
      bare: false,
      column: 0,
      rows: 0,
    };
  }

  /** Where the next line starts. */
  get at(): number {
    return this.#at.at;
  }

  /**
   * Reads the next line.
   *
   * @param end where it ends
   * @param next where the one after it starts
   * @returns undefined as long as more must be seen
   */
  read(bytes: Uint8Array, end: number, next: number): Recovery | undefined {
    if (next - this.#at.at > this.#options.maxRecordBytes) return this.readOversized(bytes);
    this.#step(bytes, end, { at: next, line: this.#at.line + 1 });
    return this.#verdict();
  }

  /** The next line is longer than a record may be. */
  readOversized(bytes: Uint8Array): Recovery {
    const { dialect, maxRecordBytes } = this.#options;
    const best = this.#best();
    if (best !== this.#outside) return this.#passOver(best);
    const { end } = scanLine(bytes, this.#at.at, this.#at.at + maxRecordBytes, dialect, false);
    return this.#end(best, this.#at, end === 'fault' ? 'line' : 'plain');
  }

  /** The file ends here. */
  finish(): Recovery {
    const steps = [
      ...(this.#outside ? [this.#toOutside(this.#outside, 0, 'none')] : []),
      ...this.#quoted.map((reading) => this.#toOutside(reading, 1 + this.#takenBy(reading, 0), 'damaged')),
      ...(this.#broken ? [this.#toOutside(this.#broken, 1, 'damaged')] : []),
    ];
    return this.#end(this.#merge(steps), this.#at, undefined);
  }

  #step(bytes: Uint8Array, end: number, next: Position): void {
    const line = this.#lineAt(bytes, this.#at, end);
    const ways: Ways = { outside: [], quoted: [], broken: [] };
    this.#at = next;
    if (this.#outside) this.#readFromOutside(this.#outside, line, ways);
    for (const reading of this.#quoted) this.#readFromQuoted(reading, line, ways);
    if (this.#broken) this.#readFromBroken(this.#broken, line, ways);
    this.#outside = ways.outside.length > 0 ? this.#merge(ways.outside) : undefined;
    this.#broken = mergeBroken(ways.broken, next);
    this.#quoted = this.#fewest(ways.quoted);
  }

  #lineAt(bytes: Uint8Array, from: Position, end: number): Line {
    const { dialect, fieldCounts, multilineColumns } = this.#options;
    const fresh = scanLine(bytes, from.at, end, dialect, false);
    const within = scanLine(bytes, from.at, end, dialect, true);
    const isBlank = isBlankLine(bytes, from.at, end, dialect.delimiter);
    const isRow =
      fresh.end === 'outside' &&
      !isBlank &&
      isValidFieldCount(fieldCounts, fresh.delimiters, fresh.endsEmpty);
    const { lastQuotedColumn, delimiters } = fresh;
    const beginsRow =
      fresh.end === 'inside' && lastQuotedColumn === delimiters && multilineColumns[lastQuotedColumn] === 1;
    const rows = isRow ? 1 : beginsRow ? BEGINNING : 0;
    const couldBeRow =
      scanLine(bytes, from.at, end, { ...dialect, quoting: 'NONE' }, false).delimiters >= fieldCounts.min - 1;
    return { from, fresh, within, isBlank, isRow, rows, couldBeRow, endsWithQuote: bytes[end - 1] === QUOTE };
  }

  #readFromOutside(before: Reading, line: Line, { outside, quoted, broken }: Ways): void {
    const { from, fresh, isBlank, isRow } = line;
    const begun = { ...before, start: from, whole: 0, bare: false, rows: 0 };
    if (fresh.end !== 'outside') {
      outside.push(this.#toOutside(begun, line.couldBeRow ? 1 : 1 + this.#noRow, 'damaged'));
    } else if (isRow || isBlank) {
      const start = before.whole === 0 ? from : before.start;
      const whole = before.whole + (isRow ? 1 : 0);
      outside.push({ ...before, start, whole, stretch: 'none', taken: from });
    } else outside.push(this.#toOutside(begun, 1, 'none'));
    // A quote last of all in its line is as likely to close.
    if (fresh.end === 'inside')
      quoted.push({ ...begun, column: fresh.lastQuotedColumn, rows: line.endsWithQuote ? 1 : 0 });
    if (isBlank) return;
    const misread = fresh.end === 'fault' ? this.#misread : 0;
    const bare = fresh.end === 'outside';
    broken.push({ ...begun, bare, cost: before.cost + 1 + misread + (isRow ? this.#rowTaken : 0) });
  }

  #readFromQuoted(reading: Reading, { within, rows }: Line, { outside, quoted, broken }: Ways): void {
    const { fieldCounts, maxRecordBytes } = this.#options;
    const repaired = 1 + this.#takenBy(reading, rows);
    if (within.end === 'fault') broken.push({ ...reading, cost: reading.cost + repaired });
    else if (within.end === 'inside') {
      const column = reading.column + Math.max(within.lastQuotedColumn, 0);
      quoted.push({ ...reading, rows: reading.rows + rows, column });
    } else if (this.#at.at - reading.start.at > maxRecordBytes) {
      // Well-formed, and rejected for its length.
      outside.push(this.#toOutside(reading, this.#takenBy(reading, 0), 'damaged'));
    } else if (isValidFieldCount(fieldCounts, reading.column + within.delimiters, within.endsEmpty)) {
      outside.push({ ...this.#toOutside(reading, 0, 'whole'), start: reading.start, whole: 1 });
    } else outside.push(this.#toOutside(reading, 1 + this.#takenBy(reading, 0), 'refused'));
    outside.push(this.#toOutside(reading, repaired, 'damaged'));
  }

  #readFromBroken(reading: Reading, { within, rows }: Line, { outside, broken }: Ways): void {
    const { fieldCounts, multilineColumns } = this.#options;
    const taken = rows * this.#rowTaken;
    if (within.end === 'outside') {
      const isElsewhere =
        this.#isUsual && multilineColumns[fieldCounts.columns - 1 - within.delimiters] !== 1;
      outside.push(this.#toOutside(reading, isElsewhere ? ROW_TAKEN_UNUSUAL : 0, 'damaged'));
      return;
    }
    const cost = taken + (within.end === 'fault' ? 1 : 0);
    outside.push(this.#toOutside(reading, 1 + taken + (reading.bare ? BARE : 0), 'damaged'));
    broken.push({ ...reading, cost: reading.cost + cost });
  }

  #toOutside(reading: Reading, cost: number, stretch: Step['stretch']): Step {
    return {
      cost: reading.cost + cost,
      stretches: reading.stretches,
      start: this.#at,
      whole: 0,
      bare: false,
      column: 0,
      rows: 0,
      stretch,
      taken: reading.start,
    };
  }

  /** What it costs to read lines as part of a quoted field that is none. */
  #takenBy({ rows, column }: Reading, more: number): number {
    const usual = this.#options.multilineColumns[column] === 1;
    return (rows + more) * (usual ? ROW_TAKEN : ROW_TAKEN_UNUSUAL);
  }

  #merge(steps: Step[]): Reading {
    const best = steps.reduce((least, step) => (step.cost < least.cost ? step : least));
    const { cost, start, whole, column, rows } = best;
    let stretches = best.stretches;
    if (best.stretch !== 'none') {
      const damaged = best.stretch === 'damaged';
      stretches = { from: best.taken, to: this.#at, damaged, doubt: 0, before: stretches };
    }
    let doubtful = false;
    for (const step of steps) {
      const doubt = step.cost - cost;
      if (step === best || doubt > DOUBT) continue;
      const known = stretches;
      stretches = withDoubts(stretches, step.stretches, doubt);
      const isRefused = best.stretch === 'refused' && step.taken.at >= best.taken.at;
      if (step.stretch !== 'none' && !isRefused)
        stretches = { from: step.taken, to: this.#at, damaged: true, doubt, before: stretches };
      doubtful ||= stretches !== known;
    }
    return doubtful
      ? { cost, stretches, start: this.#at, whole: 0, bare: false, column, rows }
      : { cost, stretches, start, whole, bare: false, column, rows };
  }

  #fewest(quoted: Reading[]): Reading[] {
    if (quoted.length <= MAX_QUOTED) return quoted;
    const cost = (reading: Reading) => reading.cost + this.#takenBy(reading, 0);
    return quoted.toSorted((a, b) => cost(a) - cost(b)).slice(0, MAX_QUOTED);
  }

  #verdict(): Recovery | undefined {
    const { start, trouble, maxRecordBytes } = this.#options;
    const at = this.#at;
    if (at.at <= trouble) return undefined;
    const outside = this.#outside;
    const others = this.#broken ? [this.#broken, ...this.#quoted] : this.#quoted;
    const decided = outside && others.every(({ cost }) => cost >= outside.cost + 1);
    if (decided && outside.whole >= WHOLE_RECORDS)
      return this.#end(outside, outside.start.at > trouble ? outside.start : at, undefined);
    const seen = at.at - start.at;
    if (seen <= PATIENCE_BYTES) return undefined;
    if (decided) return this.#end(outside, at, undefined);
    const best = this.#best();
    const isOpen = (reading: Reading) => at.at - reading.start.at > PATIENCE_BYTES / 2;
    const waits = others.some((reading) => reading.cost < best.cost + 1 && isOpen(reading));
    if (waits && seen <= maxRecordBytes + PATIENCE_BYTES) return undefined;
    if (best === outside) return this.#end(best, at, undefined);
    if (best === this.#broken)
      return this.#end(this.#merge([this.#toOutside(best, 1, 'damaged')]), at, undefined);
    return this.#isOversized(best) ? this.#passOver(best) : this.#end(best, best.start, undefined);
  }

  /** The reading that costs the least, should a record that is too long be no row. */
  #best(): Reading {
    // Of equal ones a field that goes on: that a record starts here may follow from taking it for closed.
    const readings = [...this.#quoted, this.#outside, this.#broken].filter(
      (reading) => reading !== undefined,
    );
    const cost = (reading: Reading) => {
      if (reading === this.#outside) return reading.cost;
      if (reading === this.#broken) return reading.cost + 1;
      return reading.cost + (this.#isOversized(reading) ? 1 + this.#takenBy(reading, 0) : 0);
    };
    return readings.reduce((least, reading) => (cost(reading) < cost(least) ? reading : least));
  }

  #isOversized({ start }: Reading): boolean {
    return this.#at.at - start.at > this.#options.maxRecordBytes;
  }

  #passOver(reading: Reading): Recovery {
    return this.#end(reading, reading.start, 'quoted');
  }

  #end(reading: Reading, resume: Position, oversized: Recovery['oversized']): Recovery {
    return { damaged: damagedOf(reading.stretches, resume), resume, oversized };
  }
}

/** Of readings inside of a broken field, the best; where others in doubt began before it, that is in doubt. */
function mergeBroken(readings: Reading[], at: Position): Reading | undefined {
  if (readings.length === 0) return undefined;
  const best = readings.reduce((least, reading) => (reading.cost < least.cost ? reading : least));
  let { stretches } = best;
  for (const reading of readings) {
    const doubt = reading.cost - best.cost;
    if (reading === best || doubt > DOUBT) continue;
    stretches = withDoubts(stretches, reading.stretches, doubt);
    if (reading.start.at < best.start.at)
      stretches = { from: reading.start, to: at, damaged: true, doubt, before: stretches };
  }
  return { ...best, stretches };
}

/** The stretches of the best reading, with those that are damaged in another one which may be true. */
function withDoubts(
  best: Stretch | undefined,
  other: Stretch | undefined,
  doubt: number,
): Stretch | undefined {
  const known = new Set<Stretch>();
  for (let one = best; one && known.size < MAX_COMPARED; one = one.before) known.add(one);
  let stretches = best;
  let compared = 0;
  for (let one = other; one && !known.has(one) && compared < MAX_COMPARED; one = one.before) {
    compared++;
    if (!one.damaged || one.doubt + doubt > DOUBT) continue;
    stretches = { ...one, doubt: one.doubt + doubt, before: stretches };
  }
  return stretches;
}

/** The damaged records: stretches that overlap are one, and a whole record that one of them touches is part of it. */
function damagedOf(stretches: Stretch | undefined, end: Position): DamagedRecord[] {
  const all: Stretch[] = [];
  for (let one = stretches; one; one = one.before) if (one.from.at < end.at) all.push(one);
  all.sort((a, b) => a.from.at - b.from.at || a.to.at - b.to.at);
  const damaged: DamagedRecord[] = [];
  let run: { from: Position; to: Position; damaged: boolean } | undefined;
  const settle = () => {
    if (!run?.damaged) return;
    const { from, to } = run;
    damaged.push({ start: from.at, end: to.at, line: from.line, lineCount: to.line - from.line });
  };
  for (const one of all) {
    if (run && one.from.at < run.to.at) {
      if (one.to.at > run.to.at) run.to = one.to;
      run.damaged ||= one.damaged;
      continue;
    }
    settle();
    run = { from: one.from, to: one.to, damaged: one.damaged };
  }
  settle();
  return damaged;
}

/** Whether nothing is in the line, or nothing that can be seen. */
function isBlankLine(bytes: Uint8Array, from: number, to: number, delimiter: number): boolean {
  for (let at = from; at < to; at++)
    if ((bytes[at] as number) > SPACE && bytes[at] !== delimiter) return false;
  return true;
}
