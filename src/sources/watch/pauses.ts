// How long a source is left alone.

/** Of the interval, earlier or later: sources that began together do not stay together. */
const JITTER = 0.1;
/** After a first failure: much of what goes wrong is over soon. */
const FIRST_PAUSE_MS = 60_000;
/** A source that keeps failing is asked at least so often, or at its interval if that is longer. */
const LONGEST_PAUSE_MS = 3_600_000;

/**
 * Until the next check: the interval. After a failure a minute, or the interval if that is shorter; twice as long
 * after each further one in a row, up to an hour, or the interval if that is longer.
 *
 * @param random from 0 to 1
 */
export function pauseAfter(intervalSeconds: number, failures: number, random = Math.random()): number {
  const interval = intervalSeconds * 1000;
  const grown = Math.min(interval, FIRST_PAUSE_MS) * 2 ** Math.min(failures - 1, 32);
  const pause = failures === 0 ? interval : Math.min(grown, Math.max(interval, LONGEST_PAUSE_MS));
  return pause * (1 + JITTER * (2 * random - 1));
}
