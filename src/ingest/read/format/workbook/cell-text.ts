// The text of cells: numbers as plain decimals, dates in ISO 8601.

/** How a number is displayed: as it is, or as a point in time. */
export type NumberKind = 'number' | 'date' | 'time' | 'datetime';

const DAY_SECONDS = 86_400;
const DAY_MS = DAY_SECONDS * 1000;
/** 9999-12-31. */
const LAST_SERIAL = 2_958_465;
/** Day 60 is 29 February 1900, a day that did not exist; so the days before it count from a later epoch. */
const MISSING_DAY = 60;
const EPOCH_MS = Date.UTC(1899, 11, 30);
const EPOCH_1904_MS = Date.UTC(1904, 0, 1);
/** Digits that spreadsheets store and display. */
const PRECISION = 15;

const ESCAPED = /_x([\da-f]{4})_/gi;
/** Text in quotes, escaped characters, fill characters, and all in brackets but elapsed times. */
const LITERAL = /"[^"]*"|\\.|_.|\*.|\[(?![hms]+\])[^\]]*\]/gi;

/** @param id of a number format @param code of a custom format */
export function kindOfFormat(id: number, code: string | undefined): NumberKind {
  if (code !== undefined) return kindOfCode(code);
  if (id === 22) return 'datetime';
  if ((id >= 18 && id <= 21) || (id >= 45 && id <= 47)) return 'time';
  const isDate = (id >= 14 && id <= 17) || (id >= 27 && id <= 36) || (id >= 50 && id <= 58);
  return isDate ? 'date' : 'number';
}

function kindOfCode(code: string): NumberKind {
  const [first = ''] = code.replace(LITERAL, '').split(';');
  if (/general/i.test(first)) return 'number';
  const hasTime = /[hs]/i.test(first);
  const hasDate = /[yd]/i.test(first) || (!hasTime && /m/i.test(first));
  if (hasDate) return hasTime ? 'datetime' : 'date';
  return hasTime ? 'time' : 'number';
}

/** @param stored as the file has it, such as 1.1000000000000001 or 4.00601E+12 */
export function numberText(stored: string, kind: NumberKind, is1904: boolean): string {
  const number = Number(stored);
  if (stored.trim() === '' || !Number.isFinite(number)) return stored;
  if (kind !== 'number' && number >= 0 && number <= LAST_SERIAL) return dateText(number, kind, is1904);
  return /^-?\d+$/.test(stored) ? stored : plainDecimal(number);
}

/** Spreadsheets write control characters as _x000D_, and the underscore of such a text as _x005F_. */
export function unescapeText(text: string): string {
  return text.includes('_x')
    ? text.replace(ESCAPED, (_, code) => String.fromCharCode(Number.parseInt(code, 16)))
    : text;
}

function plainDecimal(number: number): string {
  const text = String(Number(number.toPrecision(PRECISION)));
  const [, sign = '', whole = '', fraction = '', exponent] =
    /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text) ?? [];
  if (exponent === undefined) return text;
  const digits = whole + fraction;
  const point = 1 + Number(exponent);
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  return sign + digits.padEnd(point, '0');
}

function dateText(serial: number, kind: NumberKind, is1904: boolean): string {
  const seconds = Math.round(serial * DAY_SECONDS);
  const days = Math.floor(seconds / DAY_SECONDS);
  const time = timeText(kind === 'time' ? seconds : seconds % DAY_SECONDS);
  if (kind === 'time') return time;
  const offset = is1904 || days >= MISSING_DAY ? days : days + 1;
  const date = new Date((is1904 ? EPOCH_1904_MS : EPOCH_MS) + offset * DAY_MS).toISOString().slice(0, 10);
  return kind === 'date' ? date : `${date}T${time}`;
}

function timeText(seconds: number): string {
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return parts.map((part) => String(part).padStart(2, '0')).join(':');
}
