// Well-formed product files, and damage to them.

export interface GoodRow {
  name: string;
  sku: string;
  description: string;
  /** The text in the file, with its line end. */
  text: string;
}

export interface FileStyle {
  /** How many of the descriptions span several lines. */
  spanning: number;
  /** How many of the lines in them look like rows. */
  rowLike: number;
  /** How many fields are quoted unnecessarily. */
  quoted: number;
  delimiter: string;
  lineEnd: string;
}

export type Random = () => number;

/** The same numbers from 0 up to 1 for the same seed. */
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

function pick<T>(random: Random, items: readonly T[]): T {
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

/** If descriptions span lines, the last one does. */
export function goodRows(random: Random, count: number, style: FileStyle): GoodRow[] {
  return Array.from({ length: count }, (_, index) => {
    const name = phrase(random, style);
    const sku = `s-${index}`;
    const spans = random() < style.spanning || (style.spanning > 0 && index === count - 1);
    const description = spans ? paragraph(random, style) : random() < 0.1 ? '' : phrase(random, style);
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
  let rows = 0;
  const line = () => {
    // Several in one field are more likely to be rows.
    if (rows === 0 && random() < rowLike) {
      rows++;
      return ['a', 'b', 'c'].map((word) => word + Math.floor(random() * 99)).join(delimiter);
    }
    return random() < 0.1 ? '' : phrase(random, style);
  };
  const between = Array.from({ length: Math.floor(random() * 5) }, line);
  // The first and last lines of a description are not rows by themselves.
  return [phrase(random, style), ...between, pick(random, WORDS)].join(random() < 0.5 ? '\n' : lineEnd);
}

function field(random: Random, value: string, { delimiter, quoted }: FileStyle): string {
  const needed = value.includes(delimiter) || /["\r\n]/.test(value);
  return needed || random() < quoted ? `"${value.replaceAll('"', '""')}"` : value;
}

interface Damage {
  /** The characters of the text from here to `end` are replaced. */
  at: number;
  end: number;
  put: string;
}

export interface DamagedText {
  text: string;
  damages: number;
  /** The rows that the damage affects. */
  hit: Set<GoodRow>;
  /** Lines on which a rejection may start: the first of each hit row, or all if it spans none or is hit twice. */
  hitLines: Set<number>;
}

/**
 * Damages the rows in at most this many places, sparing the last row: if no field but the damaged one spans lines, it
 * is undecidable whether its lines are rows.
 */
export function damageRows(random: Random, rows: GoodRow[], style: FileStyle, count: number): DamagedText {
  const good = rows.map(({ text }) => text).join('');
  const damageable = rows
    .slice(0, -1)
    .map(({ text }) => text)
    .join('')
    .slice(0, -style.lineEnd.length);
  const damages: Damage[] = [];
  for (let i = 0; i < count; i++) {
    const damage = damageTo(random, damageable, style);
    if (damages.every(({ at, end }) => damage.end < at || damage.at > end)) damages.push(damage);
  }
  damages.sort((a, b) => a.at - b.at);
  const moved = (place: number) =>
    damages
      .filter(({ at }) => at < place)
      .reduce((sum, { at, end, put }) => sum + put.length - (Math.min(end, place) - at), place);
  const text = damages.reduceRight(
    (whole, { at, end, put }) => whole.slice(0, at) + put + whole.slice(end),
    good,
  );
  const lineAt = (place: number) => 1 + text.slice(0, moved(place)).split(/\r\n|\n|\r/).length;

  const hit = new Set<GoodRow>();
  const hitLines = new Set<number>();
  let start = 0;
  for (const row of rows) {
    const end = start + row.text.length;
    const own = damages.filter((damage) => damage.at <= end && damage.end >= start).length;
    if (own > 0) {
      hit.add(row);
      const spans = row.text.trimEnd().match(/[\r\n]/) !== null;
      const last = spans && own === 1 ? lineAt(start) : lineAt(end);
      for (let line = lineAt(start); line <= last; line++) hitLines.add(line);
    }
    start = end;
  }
  return { text, damages: damages.length, hit, hitLines };
}

/** Adds or removes a quote, delimiter or line end somewhere. */
function damageTo(random: Random, text: string, { delimiter, lineEnd }: FileStyle): Damage {
  const sign = pick(random, ['"', '"', delimiter, lineEnd]);
  const places: number[] = [];
  if (random() < 0.5)
    for (let at = text.indexOf(sign); at >= 0; at = text.indexOf(sign, at + sign.length)) places.push(at);
  if (places.length > 0) {
    const at = pick(random, places);
    return { at, end: at + sign.length, put: '' };
  }
  const at = Math.floor(random() * (text.length + 1));
  return { at, end: at, put: sign };
}
