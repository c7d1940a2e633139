// Executes an event of a subscription once for all subscribers that send the same operation, over any transport.

import {
  createSourceEventStream,
  type ExecutionArgs,
  getOperationAST,
  Kind,
  type SubscriptionArgs,
} from 'graphql';
import { isAsyncIterable, type Plugin } from 'graphql-yoga';
import { SHARED_RESULTS } from '../../../resolvers/shared-results.ts';
import type { ErrorMask } from '../error-mask.ts';
import type { SharedStream } from './result-stream.ts';
import { SharedExecutions } from './shared-executions.ts';

export function useSharedResults(mask: ErrorMask): Plugin {
  const executions = new SharedExecutions(mask);
  /** @returns undefined if the subscription cannot begin */
  async function subscribe(args: SubscriptionArgs): Promise<SharedStream | undefined> {
    const events = await createSourceEventStream(args).catch(() => undefined);
    if (!isAsyncIterable<object>(events)) return undefined;
    return { sharedStream: executions.resultsOf(events, args) };
  }
  return {
    onSubscribe({ args, subscribeFn, setSubscribeFn }) {
      // If it cannot begin, Yoga's own function fails in the same way, and reports why as for all other subscriptions.
      if (isShared(args)) setSubscribeFn(async () => (await subscribe(args)) ?? subscribeFn(args));
    },
  };
}

/** A root field in a fragment is not looked for: such a subscription is executed for each subscriber. */
function isShared({ schema, document, operationName }: ExecutionArgs): boolean {
  const root = getOperationAST(document, operationName)?.selectionSet.selections[0];
  if (root?.kind !== Kind.FIELD) return false;
  const field = schema.getSubscriptionType()?.getFields()[root.name.value];
  return field?.extensions['sharedResults'] === SHARED_RESULTS.sharedResults;
}
