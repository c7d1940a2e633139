// Refuses operations that cost too much, or come too often, before they are executed, and tells clients the cost of the others.

import { type DocumentNode, type GraphQLError, type GraphQLSchema, getOperationAST } from 'graphql';
import type { GraphQLParams, Plugin } from 'graphql-yoga';
import type { RateLimits } from '../../clients/rate-limits.ts';
import type { HttpContext, ServerContext } from '../../server-context.ts';
import { documentError } from '../documents/document-error.ts';
import { rootFieldsOf } from '../documents/document-shape.ts';
import { costOf, type OperationCost } from './operation-cost.ts';

/** Of a response over HTTP. */
const COST_HEADER = 'query-cost';

interface Validated {
  schema: GraphQLSchema;
  document: DocumentNode;
}

/** @param maxCost 0: no limit */
export function useOperationLimits(maxCost: number, rates: RateLimits): Plugin {
  const validated = new WeakMap<object, Validated>();
  return {
    onValidate({ context, params: { schema, documentAST } }) {
      validated.set(context, { schema, document: documentAST });
    },
    // Only valid documents get here, on every transport.
    async onContextBuilding({ context }) {
      const { schema, document } = validated.get(context) ?? {};
      const { params, res, req, identity } = context as unknown as ServerContext & {
        params?: GraphQLParams;
        res?: HttpContext['res'];
      };
      const operation = document && getOperationAST(document, params?.operationName);
      if (!schema || !operation) return;
      const cost = costOf(schema, document, operation, params?.variables ?? {});
      if (res && !res.headersSent) res.setHeader(COST_HEADER, String(cost.total));
      if (maxCost > 0 && cost.total > maxCost) throw tooExpensive(cost, maxCost);
      const mutations = operation.operation === 'mutation' ? rootFieldsOf(document, operation) : 0;
      await rates.count({ req, identity }, { mutations, cost: cost.total });
    },
  };
}

function tooExpensive({ total, dearest }: OperationCost, limit: number): GraphQLError {
  const message = `The operation costs ${inWords(total)}, and the limit is ${inWords(limit)}. Most of it is for \`${dearest}\`. Ask for less of that: a smaller page (\`first\` or \`last\`), fewer fields or aliases, or split the operation into several requests.`;
  return documentError('QUERY_TOO_EXPENSIVE', message, { cost: total, limit, dearest });
}

function inWords(cost: number): string {
  return Number.isFinite(cost) ? Math.round(cost).toLocaleString('en') : 'more than can be counted';
}
