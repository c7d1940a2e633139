// Executes only some expensive queries at the same time, so that all others find a connection and processor time.

import { type ExecutionArgs, type GraphQLError, getOperationAST } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { EXPENSIVE } from '../../../resolvers/field-cost.ts';
import type { Metrics } from '../../../telemetry/metrics.ts';
import { type Client, clientKey } from '../../clients/client-key.ts';
import { tryLater } from '../../http-error.ts';
import type { ServerContext } from '../../server-context.ts';
import { costOf } from './operation-cost.ts';
import { Turns } from './turns.ts';

export interface ExpensiveQueryLimits {
  /** At the same time. 0: no limit. */
  maxExpensiveQueries: number;
  /** Of each statement, and of a query that waits for its turn. 0: no limit. */
  queryTimeoutSeconds: number;
}

/** Of a client. Each holds a request open. */
const MAX_WAITING = 200;
const RETRY_AFTER_SECONDS = 5;

export function useExpensiveQueries(
  { maxExpensiveQueries, queryTimeoutSeconds }: ExpensiveQueryLimits,
  metrics: Metrics,
): Plugin {
  if (maxExpensiveQueries === 0) return {};
  const turns = new Turns(maxExpensiveQueries);
  metrics.beforeScrape(() => {
    metrics.of.expensiveQueries.set({ state: 'running' }, turns.running);
    metrics.of.expensiveQueries.set({ state: 'waiting' }, turns.waiting);
  });

  async function turnOf(client: Client, over: AbortSignal): Promise<Disposable> {
    const key = clientKey(client);
    if (turns.waitingOf(key) >= MAX_WAITING) throw tooMany(`${MAX_WAITING} more of yours wait`);
    using waiting = limited(over, queryTimeoutSeconds);
    try {
      return await turns.take(key, waiting.signal);
    } catch {
      throw tooMany(`this one has waited ${queryTimeoutSeconds} s for its turn`);
    }
  }

  return {
    onExecute({ args, executeFn, setExecuteFn }) {
      if (!isExpensive(args)) return;
      const context = args.contextValue as unknown as ServerContext;
      setExecuteFn(async (args) => {
        using _turn = await turnOf(context, context.over);
        return await executeFn(args);
      });
    },
  };
}

function isExpensive({ schema, document, operationName, variableValues }: ExecutionArgs): boolean {
  const operation = getOperationAST(document, operationName);
  if (operation?.operation !== 'query') return false;
  return costOf(schema, document, operation, variableValues ?? {}).total >= EXPENSIVE;
}

/** Aborts with `over`, or when the seconds have passed. */
function limited(over: AbortSignal, seconds: number): { signal: AbortSignal } & Disposable {
  const timeout = new AbortController();
  const timer = seconds > 0 ? setTimeout(() => timeout.abort(), seconds * 1000) : undefined;
  return {
    signal: AbortSignal.any([over, timeout.signal]),
    [Symbol.dispose]: () => clearTimeout(timer),
  };
}

function tooMany(what: string): GraphQLError {
  const message = `This server executes as many expensive queries as it may, and ${what}. Try again in ${RETRY_AFTER_SECONDS} s or later. Send fewer at once, or queries that cost less than ${EXPENSIVE.toLocaleString('en')}: without \`totalCount\`, for example.`;
  return tryLater('TOO_MANY_QUERIES', message, RETRY_AFTER_SECONDS);
}
