// Executes each operation once for each event, however many subscribers take the event.
//
// Every subscriber still takes events at its own pace, and so skips those that it is too slow for. The first to take an event
// executes the operation; the others get the same result object.

import { hash } from 'node:crypto';
import {
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  getOperationAST,
  locatedError,
  print,
} from 'graphql';
import type { Context } from '../../../resolvers/context.ts';
import { contextOfSharedResults } from '../../../resolvers/shared-results.ts';
import type { ErrorMask } from '../error-mask.ts';

type SharedResult = Promise<ExecutionResult>;

export class SharedExecutions {
  readonly #mask: ErrorMask;
  /** By event, then by operation. An event's results are freed with the event. */
  readonly #results = new WeakMap<object, Map<string, SharedResult>>();

  constructor(mask: ErrorMask) {
    this.#mask = mask;
  }

  /** The results of a subscription's events. An error of the events is the last result. */
  resultsOf(
    events: AsyncIterable<object>,
    subscription: ExecutionArgs,
  ): AsyncIterableIterator<ExecutionResult> {
    const iterator = events[Symbol.asyncIterator]();
    const args = sharedArgs(subscription);
    const key = keyOf(args);
    return {
      next: async () => {
        try {
          const event = await iterator.next();
          return event.done ? event : { done: false, value: await this.#resultOf(event.value, args, key) };
        } catch (error) {
          return { done: false, value: this.#failed(error, args) };
        }
      },
      async return() {
        await iterator.return?.();
        return { done: true, value: undefined };
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  #resultOf(event: object, args: ExecutionArgs, key: string): SharedResult {
    let results = this.#results.get(event);
    if (!results) {
      results = new Map();
      this.#results.set(event, results);
    }
    let result = results.get(key);
    if (!result) {
      // An error may be gone for those who take the event later.
      const forget = () => results.delete(key);
      result = this.#execute({ ...args, rootValue: event }, forget);
      results.set(key, result);
    }
    return result;
  }

  async #execute(args: ExecutionArgs, onErrors: () => void): SharedResult {
    const result = await execute(args);
    if (!result.errors) return result;
    onErrors();
    return { ...result, errors: result.errors.map((error) => this.#mask(error)) };
  }

  #failed(error: unknown, { document, operationName }: ExecutionArgs): ExecutionResult {
    const operation = getOperationAST(document, operationName);
    return { errors: [this.#mask(locatedError(error, operation ?? undefined))] };
  }
}

function sharedArgs({
  schema,
  document,
  operationName,
  variableValues,
  contextValue,
}: ExecutionArgs): ExecutionArgs {
  const context = contextOfSharedResults(contextValue as Context);
  return { schema, document, operationName, variableValues, contextValue: context };
}

/** Equal for operations that give equal results: all that results depend on, except the event. */
function keyOf({ document, operationName, variableValues, contextValue }: ExecutionArgs): string {
  const { services: _, ...ofRequest } = contextValue as Context;
  const text = document.loc?.source.body ?? print(document);
  return hash('sha256', JSON.stringify([text, operationName, variableValues, ofRequest]), 'base64');
}
