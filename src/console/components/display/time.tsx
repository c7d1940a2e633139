// Times: as a date, or relative to now. A tooltip has the exact time with its zone.

import { Tooltip } from '@mantine/core';
import { useSyncExternalStore } from 'react';
import { formatDateTime, formatExactTime } from '../../utils/format.ts';

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

interface TimeProps {
  iso: string;
  /** Whether Tab leads to it. Not in lists, where that would be too many stops. */
  isFocusable?: boolean;
}

/** "Today, 14:05" or "3 Nov 2026, 14:05" */
export function Time({ iso, isFocusable = false }: TimeProps) {
  return (
    <Exact iso={iso} isFocusable={isFocusable}>
      {formatDateTime(iso)}
    </Exact>
  );
}

interface RelativeTimeProps extends TimeProps {
  /** Never shows a past time as future or vice versa, even if this machine's clock is wrong. */
  is: 'past' | 'future';
}

/** "3 minutes ago", updated every second */
export function RelativeTime({ iso, is, isFocusable = false }: RelativeTimeProps) {
  const now = useSyncExternalStore(everySecond, secondsNow);
  const away = Math.max(is === 'past' ? now - secondsOf(iso) : secondsOf(iso) - now, 0);
  return (
    <Exact iso={iso} isFocusable={isFocusable}>
      {away > MAX_SECONDS ? formatDateTime(iso) : formatDistance(away, is)}
    </Exact>
  );
}

function Exact({ iso, isFocusable, children }: Required<TimeProps> & { children: string }) {
  return (
    <Tooltip label={formatExactTime(iso)} events={{ hover: true, focus: true, touch: true }}>
      <time dateTime={iso} tabIndex={isFocusable ? 0 : undefined}>
        {children}
      </time>
    </Tooltip>
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
