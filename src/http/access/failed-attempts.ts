// Slows down whoever tries tokens: an address has a few failed attempts a minute.
//
// Many clients may share an address, that of their proxy. So tokens that were valid lately still are, whatever else comes
// from there.

import { hash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { networkOf } from '../clients/client-address.ts';
import { httpError } from '../http-error.ts';

const MAX_FAILED = 10;
const WITHIN_SECONDS = 60;
/** A program that goes on trying at once gets no more answers than this allows. */
const REFUSAL_DELAY_MS = 500;
const MAX_KNOWN = 10_000;
const KNOWN_FOR_MS = 3_600_000;

export class FailedAttempts {
  readonly #limiter = new RateLimiterMemory({ points: MAX_FAILED, duration: WITHIN_SECONDS });
  readonly #known = new LRUCache<string, true>({ max: MAX_KNOWN, ttl: KNOWN_FOR_MS });

  /** @throws an HTTP error 429 if too many attempts from this address have failed */
  async check(address: string, token: string): Promise<void> {
    const failed = await this.#limiter.get(networkOf(address));
    if (!failed || failed.consumedPoints < MAX_FAILED || this.#known.has(keyOf(token))) return;
    await delay(REFUSAL_DELAY_MS);
    const seconds = Math.max(1, Math.ceil(failed.msBeforeNext / 1000));
    const message = `There were too many wrong tokens from your address. Try again in ${seconds} s.`;
    throw httpError(429, 'TOO_MANY_ATTEMPTS', message, { 'retry-after': String(seconds) });
  }

  noteSuccess(token: string): void {
    this.#known.set(keyOf(token), true);
  }

  async noteFailure(address: string): Promise<void> {
    await this.#limiter.penalty(networkOf(address));
  }
}

function keyOf(token: string): string {
  return hash('sha256', token, 'base64');
}
