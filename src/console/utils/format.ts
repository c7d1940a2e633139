// Formats numbers, sizes and times in one way on every page.

const counts = new Intl.NumberFormat('en-US');
const oneDecimal = new Intl.NumberFormat('en-US', { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const dateTimes = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short' });
const exactTimes = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'long',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  timeZoneName: 'short',
});
const times = new Intl.DateTimeFormat('en-GB', { timeStyle: 'short' });

/** 1234567 → 1,234,567 */
export function formatCount(count: number): string {
  return counts.format(count);
}

/** 1 row, 2 rows */
export function pluralize(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** Uses decimal units (1 kB = 1,000 bytes), as file managers do. */
export function formatBytes(bytes: number): string {
  const units = ['kB', 'MB', 'GB', 'TB'];
  if (bytes < 1000) return `${bytes} B`;
  let size = bytes / 1000;
  let unit = 0;
  while (size >= 999.95 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${oneDecimal.format(size)} ${units[unit]}`;
}

/** Rounds down, so that 100% means complete. */
export function formatPercent(percent: number): string {
  return `${oneDecimal.format(Math.floor(percent * 10) / 10)} %`;
}

/** 0.4 → 0.4 s, 7 → 7 s, 75 → 1 min 15 s, 4000 → 1 h 6 min */
export function formatSeconds(seconds: number): string {
  if (seconds > 0 && seconds < 0.05) return '< 0.1 s';
  if (seconds < 10 && !Number.isInteger(seconds)) return `${oneDecimal.format(Math.max(seconds, 0))} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${formatCount(Math.floor(whole / 3600))} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** The time only if it is today, otherwise the date and time. */
export function formatDateTime(iso: string, now = new Date()): string {
  const date = new Date(iso);
  return date.toDateString() === now.toDateString() ? `Today, ${times.format(date)}` : dateTimes.format(date);
}

/** 3 November 2026 at 14:05:09 CET */
export function formatExactTime(iso: string): string {
  return exactTimes.format(new Date(iso));
}

export function secondsBetween(from: string, to: string): number {
  return (Date.parse(to) - Date.parse(from)) / 1000;
}
