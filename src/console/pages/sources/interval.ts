// The time between two checks, in the unit in which people think of it.

export const UNITS = [
  { value: 'seconds', one: 'second', seconds: 1 },
  { value: 'minutes', one: 'minute', seconds: 60 },
  { value: 'hours', one: 'hour', seconds: 3600 },
  { value: 'days', one: 'day', seconds: 86_400 },
] as const;

export type Unit = (typeof UNITS)[number]['value'];

/** What a person writes: a number, and a unit. */
export interface Interval {
  amount: string;
  unit: Unit;
}

/** In the largest unit of which it is a whole number. */
export function toInterval(seconds: number): Interval {
  const { value, seconds: each } = UNITS.findLast((unit) => seconds % unit.seconds === 0) ?? UNITS[0];
  return { amount: String(seconds / each), unit: value };
}

/** @returns undefined when the amount is no number */
export function secondsOf({ amount, unit }: Interval): number | undefined {
  const number = amount.trim() === '' ? Number.NaN : Number(amount);
  const each = UNITS.find(({ value }) => value === unit)?.seconds ?? 1;
  return Number.isFinite(number) ? Math.round(number * each) : undefined;
}

/** 300 → every 5 minutes, 60 → every minute */
export function formatInterval(seconds: number): string {
  const { amount, unit } = toInterval(seconds);
  const one = UNITS.find(({ value }) => value === unit)?.one;
  return amount === '1' ? `every ${one}` : `every ${amount} ${unit}`;
}
