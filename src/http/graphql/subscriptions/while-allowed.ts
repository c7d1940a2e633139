// A stream of results that ends when the token of its client is no longer valid.

import { type ExecutionResult, GraphQLError } from 'graphql';
import type { HttpContext } from '../../server-context.ts';
import { abortable } from './abortable.ts';

/**
 * When access ends, the last result is the error UNAUTHENTICATED.
 *
 * @param signal completes the stream without an error
 */
export function whileAllowed(
  results: AsyncIterable<ExecutionResult>,
  signal: AbortSignal,
  watchAccess: HttpContext['watchAccess'],
): AsyncIterableIterator<ExecutionResult> {
  const ended = new AbortController();
  let last: ExecutionResult | undefined;
  const unwatch = watchAccess((reason) => {
    last = { errors: [endedError(reason)] };
    ended.abort();
  });
  const until = AbortSignal.any([signal, ended.signal]);
  const allowed = abortable(results, { signal: until, onEnd: unwatch });
  return {
    async next() {
      const result = await allowed.next();
      if (!result.done || last === undefined || signal.aborted) return result;
      const value = last;
      last = undefined;
      return { done: false, value };
    },
    async return() {
      await allowed.return?.();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

function endedError(reason: string): GraphQLError {
  const message = `${reason} Subscribe again with a valid one.`;
  return new GraphQLError(message, { extensions: { code: 'UNAUTHENTICATED' } });
}
