// Files of products as they should be, and damage to them.

export interface GoodRow {
  name: string;
  sku: string;
  description: string;
  /** As the file has it, with its line end. */
  text: string;
}

export interface FileStyle {
  /** How many of the descriptions span lines. */
  spanning: number;
  /** How many of the lines in them look like rows. */
  rowLike: number;
  /** How many fields are quoted that need not be. */
  quoted: number;
  delimiter: string;
  lineEnd: string;
}

export type Random = () => number;

/** Always the same numbers for a seed, from 0 up to 1. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const WORDS = ['oak', 'red', 'TV', 'cup', 'of', 'tin', 'soft', 'x', 'best', 'Größe', '12', 'a-1'];

export function pick<T>(random: Random, items: readonly T[]): T {
  return items[Math.floor(random() * items.length)] as T;
}

export function styleFrom(random: Random): FileStyle {
  return {
    spanning: pick(random, [0, 0, 0.1, 0.4, 0.8]),
    rowLike: pick(random, [0, 0.1]),
    quoted: pick(random, [0, 0, 0.3, 1]),
    delimiter: pick(random, [',', ',', ';', '\t', '|']),
    lineEnd: pick(random, ['\n', '\n', '\r\n', '\r']),
  };
}

export function goodRows(random: Random, count: number, style: FileStyle): GoodRow[] {
  return Array.from({ length: count }, (_, index) => {
    const name = phrase(random, style);
    const sku = `s-${index}`;
    const description = random() < style.spanning ? paragraph(random, style) : random() < 0.1 ? '' : phrase(random, style);
    const text = [name, sku, description].map((value) => field(random, value, style)).join(style.delimiter);
    return { name, sku, description, text: text + style.lineEnd };
  });
}

function phrase(random: Random, { delimiter }: FileStyle): string {
  const words = Array.from({ length: 1 + Math.floor(random() * 4) }, () => pick(random, WORDS));
  if (random() < 0.1) words.push(`"${pick(random, WORDS)}"`);
  if (random() < 0.1) words.push(`${delimiter}${pick(random, WORDS)}`);
  return words.join(' ');
}

function paragraph(random: Random, style: FileStyle): string {
  const { delimiter, lineEnd, rowLike } = style;
  const line = () => {
    if (random() < rowLike) return ['a', 'b', 'c'].map((word) => word + Math.floor(random() * 99)).join(delimiter);
    return random() < 0.1 ? '' : phrase(random, style);
  };
  const between = Array.from({ length: Math.floor(random() * 5) }, line);
  // What a description begins and ends with is no row by itself.
  return [phrase(random, style), ...between, pick(random, WORDS)].join(random() < 0.5 ? '\n' : lineEnd);
}

function field(random: Random, value: string, { delimiter, quoted }: FileStyle): string {
  const needed = value.includes(delimiter) || /["\r\n]/.test(value);
  return needed || random() < quoted ? `"${value.replaceAll('"', '""')}"` : value;
}

export interface Damage {
  kind: string;
  /** Where in the text; bytes from there to `end` are replaced. */
  at: number;
  end: number;
  put: string;
}

/** One quote, delimiter or line end more or less, somewhere. */
export function damageTo(random: Random, text: string, { delimiter, lineEnd }: FileStyle): Damage {
  const [what, sign] = pick(random, [
    ['quote', '"'],
    ['quote', '"'],
    ['delimiter', delimiter],
    ['line end', lineEnd],
  ] as const);
  if (random() < 0.5) {
    const at = Math.floor(random() * (text.length + 1));
    return { kind: `${what} more`, at, end: at, put: sign };
  }
  const places: number[] = [];
  for (let at = text.indexOf(sign); at >= 0; at = text.indexOf(sign, at + sign.length)) places.push(at);
  if (places.length === 0) return damageTo(random, text, { delimiter, lineEnd } as FileStyle);
  const at = pick(random, places);
  return { kind: `${what} less`, at, end: at + sign.length, put: '' };
}
