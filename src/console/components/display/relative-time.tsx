// A time relative to now, such as "3 minutes ago", updated every second. A tooltip has the exact time.

import { useSyncExternalStore } from 'react';
import { formatDateTime } from '../../utils/format.ts';

const relativeTimes = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
const UNITS = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
] as const;
/** Times further away are shown as a date. */
const MAX_SECONDS = 7 * 86_400;
/** The clocks of two machines may differ by this much. */
const JUST_NOW_SECONDS = 5;

interface RelativeTimeProps {
  iso: string;
  /** Never shows a past time as future or vice versa, even if this machine's clock is wrong. */
  is: 'past' | 'future';
}

export function RelativeTime({ iso, is }: RelativeTimeProps) {
  const now = useSyncExternalStore(everySecond, secondsNow);
  const away = Math.max(is === 'past' ? now - secondsOf(iso) : secondsOf(iso) - now, 0);
  return (
    <time dateTime={iso} title={formatDateTime(iso)}>
      {away > MAX_SECONDS ? formatDateTime(iso) : formatDistance(away, is)}
    </time>
  );
}

function formatDistance(away: number, is: RelativeTimeProps['is']): string {
  if (is === 'past' && away < JUST_NOW_SECONDS) return 'just now';
  const sign = is === 'past' ? -1 : 1;
  const [unit, seconds] = UNITS.find((each) => away >= each[1]) ?? (['second', 1] as const);
  return relativeTimes.format(sign * Math.floor(away / seconds), unit);
}

function secondsOf(iso: string): number {
  return Math.floor(Date.parse(iso) / 1000);
}

function secondsNow(): number {
  return Math.floor(Date.now() / 1000);
}

const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

/** All components share one timer. */
function everySecond(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    for (const each of listeners) each();
  }, 1000);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}
