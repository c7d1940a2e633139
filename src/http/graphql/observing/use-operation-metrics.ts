// Measures GraphQL operations by their names, whatever the transport.

import { type ExecutionArgs, type ExecutionResult, GraphQLError, getOperationAST } from 'graphql';
import { isAsyncIterable, type Plugin } from 'graphql-yoga';
import { LoadstoneError } from '../../../errors.ts';
import type { Metrics } from '../../../telemetry/metrics.ts';
import { OperationNames } from '../../../telemetry/operation-names.ts';
import { currentScope } from '../../../telemetry/scope.ts';
import { originalError } from '../error-mask.ts';

/** The operation of documents that cannot be parsed, or are not valid. */
const INVALID = 'invalid';

export function useOperationMetrics({ of: { operationSeconds, operationErrors } }: Metrics): Plugin {
  const names = new OperationNames();

  function countErrors(operation: string, errors: readonly unknown[] | undefined): void {
    for (const error of errors ?? []) operationErrors.inc({ operation, code: codeOf(error) });
  }

  /** @returns a function to call with the outcome */
  function begin({ document, operationName }: ExecutionArgs): (result: unknown) => void {
    const start = performance.now();
    const ast = getOperationAST(document, operationName);
    const operation = names.labelOf(ast?.name?.value);
    const type = ast?.operation ?? 'query';
    currentScope().span?.setAttributes({
      'graphql.operation.name': operation,
      'graphql.operation.type': type,
    });
    return (result) => {
      operationSeconds.observe({ operation, type }, (performance.now() - start) / 1000);
      if (!isAsyncIterable(result)) countErrors(operation, (result as ExecutionResult | undefined)?.errors);
    };
  }

  return {
    onParse: () => {
      return ({ result }) => {
        if (result instanceof Error) countErrors(INVALID, [result]);
      };
    },
    onValidate: () => {
      return ({ valid, result }) => {
        if (!valid) countErrors(INVALID, result as readonly unknown[]);
      };
    },
    onExecute({ args }) {
      const onEnd = begin(args as ExecutionArgs);
      return { onExecuteDone: ({ result }) => onEnd(result) };
    },
    onSubscribe({ args }) {
      const onEnd = begin(args as ExecutionArgs);
      return { onSubscribeResult: ({ result }) => onEnd(result) };
    },
  };
}

/** One of the codes of this server, so that labels stay few. */
function codeOf(error: unknown): string {
  const cause = originalError(error);
  if (cause instanceof LoadstoneError) return cause.code;
  const code = error instanceof GraphQLError ? error.extensions['code'] : undefined;
  if (typeof code === 'string') return code;
  return error instanceof GraphQLError && cause === error ? 'BAD_USER_INPUT' : 'INTERNAL';
}
