// Limits on what a client may do within a minute.

import { hash } from 'node:crypto';
import type { GraphQLError } from 'graphql';
import {
  type RateLimiterAbstract,
  RateLimiterMemory,
  RateLimiterPostgres,
  RateLimiterRes,
} from 'rate-limiter-flexible';
import { RATE_COUNTS_TABLE, type SharedRateCounts } from '../../db/access/shared-rate-counts.ts';
import { tryLater } from '../http-error.ts';
import { type Client, clientKey } from './client-key.ts';

export interface RateSettings {
  /** 0: no limit. */
  maxMutationsPerMinute: number;
  /** In the costs of operations. 0: no limit. */
  maxCostPerMinute: number;
}

const WINDOW_SECONDS = 60;

export class RateLimits {
  readonly #mutations: Rate;
  readonly #cost: Rate;

  /** @param shared of all servers that count together; undefined: this process counts for itself */
  constructor({ maxMutationsPerMinute, maxCostPerMinute }: RateSettings, shared?: SharedRateCounts) {
    this.#mutations = new Rate(limiter('mutations', maxMutationsPerMinute, shared), (seconds) =>
      tooMany(seconds, `more than ${inWords(maxMutationsPerMinute)} mutations`, 'Edit many products in one.'),
    );
    this.#cost = new Rate(limiter('cost', maxCostPerMinute, shared), (seconds) =>
      tooMany(
        seconds,
        `operations that cost more than ${inWords(maxCostPerMinute)} in all`,
        'Ask for less, or less often.',
      ),
    );
  }

  /**
   * Counts an operation before it is executed.
   *
   * @throws an HTTP error RATE_LIMITED
   */
  async count(client: Client, { mutations, cost }: { mutations: number; cost: number }): Promise<void> {
    // Short and storable, whatever an identity provider calls its users; and no table has their names and addresses.
    const key = hash('sha256', clientKey(client), 'base64url');
    await this.#mutations.count(key, mutations);
    await this.#cost.count(key, cost);
  }
}

class Rate {
  readonly #limiter: RateLimiterAbstract | undefined;
  readonly #refusal: (seconds: number) => GraphQLError;

  constructor(limiter: RateLimiterAbstract | undefined, refusal: (seconds: number) => GraphQLError) {
    this.#limiter = limiter;
    this.#refusal = refusal;
  }

  async count(key: string, points: number): Promise<void> {
    if (!this.#limiter || points === 0) return;
    // No cost is too large to be counted.
    const counted = Math.min(Math.ceil(points), this.#limiter.points + 1);
    try {
      await this.#limiter.consume(key, counted);
    } catch (refused) {
      if (!(refused instanceof RateLimiterRes)) throw refused;
      throw this.#refusal(Math.max(1, Math.ceil(refused.msBeforeNext / 1000)));
    }
  }
}

/** @param limit 0: none */
function limiter(
  what: string,
  limit: number,
  shared: SharedRateCounts | undefined,
): RateLimiterAbstract | undefined {
  if (limit === 0) return undefined;
  const options = { points: limit, duration: WINDOW_SECONDS };
  const own = new RateLimiterMemory(options);
  if (!shared) return own;
  return new RateLimiterPostgres({
    ...options,
    storeClient: shared,
    storeType: 'client',
    tableName: RATE_COUNTS_TABLE,
    tableCreated: true,
    clearExpiredByTimeout: false,
    keyPrefix: what,
    // Who is over the limit is refused without a statement.
    inMemoryBlockOnConsumed: limit,
    insuranceLimiter: own,
  });
}

function tooMany(seconds: number, what: string, advice: string): GraphQLError {
  const message = `You have sent ${what} within a minute. Try again in ${seconds} s. ${advice}`;
  return tryLater('RATE_LIMITED', message, seconds);
}

function inWords(limit: number): string {
  return limit.toLocaleString('en');
}
