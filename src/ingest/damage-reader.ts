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

import type { ByteDialect } from './dialect.ts';
import { type LineShape, shapeOfLine } from './line-shape.ts';
import type { Place } from './record-boundaries.ts';
import { isWhole, type RowShape } from './row-shape.ts';

/** Whole lines of a file that lie in a damaged record, from a line start to another. */
export interface DamagedRecord {
  start: number;
  end: number;
  /** The physical line on which it starts. */
  line: number;
  lineCount: number;
}

export interface Verdict {
  /** In the order of the file; between them are whole records. */
  damaged: DamagedRecord[];
  /** Where a record starts with which reading goes on. */
  resume: Place;
  /** Whether that record is longer than allowed: it goes on inside of quotes, or outside, or to the end of its line. */
  oversized: 'quoted' | 'plain' | 'line' | undefined;
}

export interface DamageOptions {
  dialect: ByteDialect;
  shape: RowShape;
  maxRecordBytes: number;
  /** By column: 1 where the file has fields over several lines. */
  spanning: Uint8Array;
  /** Where the first record starts that is looked at. */
  start: Place;
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
  from: Place;
  to: Place;
  damaged: boolean;
  /** How much more its reading costs than the one that has it. */
  doubt: number;
  before: Stretch | undefined;
}

interface Reading {
  cost: number;
  stretches: Stretch | undefined;
  /** Of the record that is not at its end; outside: of the first of the whole records before it. */
  start: Place;
  /** Outside: whole records that were read last. */
  whole: number;
  /** Quoted: the column, and lines taken that would be rows. */
  column: number;
  rows: number;
}

/** A way to the next line start. */
interface Step extends Reading {
  /** What it makes of the lines from its record's start. */
  stretch: 'damaged' | 'whole' | 'none';
  taken: Place;
}

export class DamageReader {
  readonly #options: DamageOptions;
  /** Whether the file has fields over several lines. */
  readonly #isUsual: boolean;
  readonly #rowTaken: number;
  readonly #noRow: number;
  #at: Place;
  #outside: Reading | undefined;
  #broken: Reading | undefined;
  #quoted: Reading[] = [];

  constructor(options: DamageOptions) {
    this.#options = options;
    this.#at = options.start;
    this.#isUsual = options.spanning.includes(1);
    this.#rowTaken = this.#isUsual ? ROW_TAKEN : ROW_TAKEN_UNUSUAL;
    this.#noRow = this.#isUsual ? 0 : NO_ROW;
    this.#outside = { cost: 0, stretches: undefined, start: this.#at, whole: 0, column: 0, rows: 0 };
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
  read(bytes: Uint8Array, end: number, next: number): Verdict | undefined {
    if (next - this.#at.at > this.#options.maxRecordBytes) return this.readOversized(bytes);
    this.#step(bytes, end, { at: next, line: this.#at.line + 1 });
    return this.#verdict();
  }

  /** The next line is longer than a record may be. */
  readOversized(bytes: Uint8Array): Verdict {
    const { dialect, maxRecordBytes } = this.#options;
    const best = this.#best();
    if (best !== this.#outside) return this.#passOver(best);
    const { end } = shapeOfLine(bytes, this.#at.at, this.#at.at + maxRecordBytes, dialect, false);
    return this.#end(best, this.#at, end === 'fault' ? 'line' : 'plain');
  }

  /** The file ends here. */
  finish(): Verdict {
    const steps = [
      ...(this.#outside ? [this.#toOutside(this.#outside, 0, 'none')] : []),
      ...this.#quoted.map((reading) => this.#toOutside(reading, 1 + this.#takenBy(reading, 0), 'damaged')),
      ...(this.#broken ? [this.#toOutside(this.#broken, 1, 'damaged')] : []),
    ];
    return this.#end(this.#merge(steps), this.#at, undefined);
  }

  #step(bytes: Uint8Array, end: number, next: Place): void {
    const { dialect, shape } = this.#options;
    const from = this.#at;
    const fresh = shapeOfLine(bytes, from.at, end, dialect, false);
    const within = shapeOfLine(bytes, from.at, end, dialect, true);
    const blank = isBlank(bytes, from.at, end, dialect.delimiter);
    const isRow = fresh.end === 'outside' && !blank && isWhole(shape, fresh.delimiters, fresh.endsEmpty);
    const row = isRow ? 1 : 0;
    const outside: Step[] = [];
    const broken: Reading[] = [];
    const quoted: Reading[] = [];
    const before = this.#outside;
    this.#at = next;

    if (before) {
      const begun = { ...before, start: from, whole: 0, rows: 0 };
      if (fresh.end !== 'outside') {
        const cost = couldBeRow(bytes, from.at, end, dialect, shape) ? 1 : 1 + this.#noRow;
        outside.push(this.#toOutside(begun, cost, 'damaged'));
      } else if (isRow || blank) {
        const whole = before.whole + row;
        const start = before.whole === 0 ? from : before.start;
        outside.push({ ...before, start, whole, stretch: 'none', taken: from });
      } else outside.push(this.#toOutside(begun, 1, 'none'));
      if (fresh.end === 'inside') {
        // A quote last of all in its line is as likely to close.
        const rows = bytes[end - 1] === QUOTE ? 1 : 0;
        quoted.push({ ...begun, column: fresh.before, rows });
      }
      if (!blank) broken.push({ ...begun, cost: before.cost + 1 + row * this.#rowTaken });
    }
    for (const reading of this.#quoted) {
      const repaired = 1 + this.#takenBy(reading, row);
      outside.push(this.#toOutside(reading, repaired, 'damaged'));
      if (within.end === 'fault') broken.push({ ...reading, cost: reading.cost + repaired });
      else if (within.end === 'outside') {
        outside.push(this.#close(reading, within, next));
      } else {
        const column = reading.column + Math.max(within.before, 0);
        quoted.push({ ...reading, rows: reading.rows + row, column });
      }
    }
    if (this.#broken) {
      const reading = this.#broken;
      const taken = row * this.#rowTaken;
      const { spanning } = this.#options;
      if (within.end === 'outside') {
        const isElsewhere = this.#isUsual && spanning[shape.columns - 1 - within.delimiters] !== 1;
        outside.push(this.#toOutside(reading, isElsewhere ? ROW_TAKEN_UNUSUAL : 0, 'damaged'));
      } else outside.push(this.#toOutside(reading, 1 + taken, 'damaged'));
      if (within.end === 'inside') broken.push({ ...reading, cost: reading.cost + taken });
      if (within.end === 'fault') broken.push({ ...reading, cost: reading.cost + 1 + taken });
    }

    this.#outside = outside.length > 0 ? this.#merge(outside) : undefined;
    this.#broken = mergeBroken(broken, next);
    this.#quoted = this.#fewest(quoted);
  }

  /** A record over several lines that ends as it should. */
  #close(reading: Reading, within: LineShape, next: Place): Step {
    const { shape, maxRecordBytes } = this.#options;
    // Well-formed, and yet to be rejected.
    if (next.at - reading.start.at > maxRecordBytes)
      return this.#toOutside(reading, this.#takenBy(reading, 0), 'damaged');
    if (!isWhole(shape, reading.column + within.delimiters, within.endsEmpty))
      return this.#toOutside(reading, 1 + this.#takenBy(reading, 0), 'whole');
    const whole = this.#toOutside(reading, 0, 'whole');
    return { ...whole, start: reading.start, whole: 1 };
  }

  #toOutside(reading: Reading, cost: number, stretch: Step['stretch']): Step {
    return {
      cost: reading.cost + cost,
      stretches: reading.stretches,
      start: this.#at,
      whole: 0,
      column: 0,
      rows: 0,
      stretch,
      taken: reading.start,
    };
  }

  /** What it costs to read lines as part of a quoted field that is none. */
  #takenBy({ rows, column }: Reading, more: number): number {
    const usual = this.#options.spanning[column] === 1;
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
      if (step.stretch !== 'none')
        stretches = { from: step.taken, to: this.#at, damaged: true, doubt, before: stretches };
      doubtful ||= stretches !== known;
    }
    return doubtful
      ? { cost, stretches, start: this.#at, whole: 0, column, rows }
      : { cost, stretches, start, whole, column, rows };
  }

  #fewest(quoted: Reading[]): Reading[] {
    if (quoted.length <= MAX_QUOTED) return quoted;
    const cost = (reading: Reading) => reading.cost + this.#takenBy(reading, 0);
    return quoted.toSorted((a, b) => cost(a) - cost(b)).slice(0, MAX_QUOTED);
  }

  #verdict(): Verdict | undefined {
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

  #passOver(reading: Reading): Verdict {
    return this.#end(reading, reading.start, 'quoted');
  }

  #end(reading: Reading, resume: Place, oversized: Verdict['oversized']): Verdict {
    return { damaged: damagedOf(reading.stretches, resume), resume, oversized };
  }
}

/** Of readings inside of a broken field, the best; where others in doubt began before it, that is in doubt. */
function mergeBroken(readings: Reading[], at: Place): Reading | undefined {
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
function damagedOf(stretches: Stretch | undefined, end: Place): DamagedRecord[] {
  const all: Stretch[] = [];
  for (let one = stretches; one; one = one.before) if (one.from.at < end.at) all.push(one);
  all.sort((a, b) => a.from.at - b.from.at || a.to.at - b.to.at);
  const damaged: DamagedRecord[] = [];
  let run: { from: Place; to: Place; damaged: boolean } | undefined;
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

/** Whether the line has delimiters enough for a row, should its quotes mean nothing. */
function couldBeRow(
  bytes: Uint8Array,
  from: number,
  to: number,
  dialect: ByteDialect,
  shape: RowShape,
): boolean {
  return shapeOfLine(bytes, from, to, { ...dialect, quoting: 'NONE' }, false).delimiters >= shape.columns - 1;
}

/** Whether nothing is in the line, or nothing that can be seen. */
function isBlank(bytes: Uint8Array, from: number, to: number, delimiter: number): boolean {
  for (let at = from; at < to; at++)
    if ((bytes[at] as number) > SPACE && bytes[at] !== delimiter) return false;
  return true;
}
