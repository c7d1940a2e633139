// The interval between two checks, as a number and a unit.

export const UNITS = [
  { value: 'seconds', one: 'second', seconds: 1 },
  { value: 'minutes', one: 'minute', seconds: 60 },
  { value: 'hours', one: 'hour', seconds: 3600 },
  { value: 'days', one: 'day', seconds: 86_400 },
] as const;

export type Unit = (typeof UNITS)[number]['value'];

/** An interval as the user enters it. */
export interface Interval {
  amount: string;
  unit: Unit;
}

/** Uses the largest unit that gives a whole number: 300 → 5 minutes */
export function toInterval(seconds: number): Interval {
  const { value, seconds: each } = UNITS.findLast((unit) => seconds % unit.seconds === 0) ?? UNITS[0];
  return { amount: String(seconds / each), unit: value };
}

/** @returns undefined if the amount is not a number */
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
