// Limits on what a client may do within a minute.

import type { GraphQLError } from 'graphql';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { type Client, clientKey } from './client-key.ts';
import { tryLater } from './http-error.ts';

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

  constructor({ maxMutationsPerMinute, maxCostPerMinute }: RateSettings) {
    this.#mutations = new Rate(maxMutationsPerMinute, (seconds) =>
      tooMany(seconds, `more than ${inWords(maxMutationsPerMinute)} mutations`, 'Edit many products in one.'),
    );
    this.#cost = new Rate(maxCostPerMinute, (seconds) =>
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
    const key = clientKey(client);
    await this.#mutations.count(key, mutations);
    await this.#cost.count(key, cost);
  }
}

class Rate {
  readonly #limiter: RateLimiterMemory | undefined;
  readonly #refusal: (seconds: number) => GraphQLError;

  constructor(limit: number, refusal: (seconds: number) => GraphQLError) {
    this.#limiter =
      limit > 0 ? new RateLimiterMemory({ points: limit, duration: WINDOW_SECONDS }) : undefined;
    this.#refusal = refusal;
  }

  async count(key: string, points: number): Promise<void> {
    if (!this.#limiter || points === 0) return;
    try {
      await this.#limiter.consume(key, Math.ceil(points));
    } catch (refused) {
      if (!(refused instanceof RateLimiterRes)) throw refused;
      throw this.#refusal(Math.max(1, Math.ceil(refused.msBeforeNext / 1000)));
    }
  }
}

function tooMany(seconds: number, what: string, advice: string): GraphQLError {
  const message = `You have sent ${what} within a minute. Try again in ${seconds} s. ${advice}`;
  return tryLater('RATE_LIMITED', message, seconds);
}

function inWords(limit: number): string {
  return limit.toLocaleString('en');
}
