// How long a source is left alone.

/** Of the interval, earlier or later: sources that began together do not stay together. */
const JITTER = 0.1;
/** After a first failure: much of what goes wrong is over soon. */
const FIRST_RETRY_MS = 60_000;
/** The longest backoff, unless the interval is longer. */
const LONGEST_RETRY_MS = 3_600_000;
/** After a first failure of our own. */
const FIRST_TROUBLE_MS = 1000;
const LONGEST_TROUBLE_MS = 60_000;
/** Above this the number has no room to grow in. */
const MAX_DOUBLINGS = 32;

/**
 * Until the next check: the interval. After a failure a minute, or the interval if that is shorter; twice as long
 * after each further one in a row, up to an hour, or the interval if that is longer.
 *
 * @param random from 0 to 1
 * @returns milliseconds
 */
export function checkDelay(intervalSeconds: number, failures: number, random: number): number {
  const interval = intervalSeconds * 1000;
  const backoff = Math.min(interval, FIRST_RETRY_MS) * 2 ** Math.min(failures - 1, MAX_DOUBLINGS);
  const delay = failures === 0 ? interval : Math.min(backoff, Math.max(interval, LONGEST_RETRY_MS));
  return withJitter(delay, random);
}

/** Until the next attempt after trouble that is not the source's: a second, doubled each time, up to a minute. */
export function troubleDelay(troubles: number, random: number): number {
  const backoff = FIRST_TROUBLE_MS * 2 ** Math.min(troubles - 1, MAX_DOUBLINGS);
  return withJitter(Math.min(backoff, LONGEST_TROUBLE_MS), random);
}

function withJitter(delay: number, random: number): number {
  return delay * (1 + JITTER * (2 * random - 1));
}
