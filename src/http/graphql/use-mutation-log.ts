// Logs who changes what: each mutation, with its fields and the name of who sent it.

import { getOperationAST, Kind, OperationTypeNode } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { Logger } from 'pino';
import type { Context } from '../../resolvers/context.ts';
import { clientAddress } from '../client-address.ts';
import type { ServerContext } from '../server-context.ts';

export function useMutationLog(log: Logger): Plugin<Context & ServerContext> {
  return {
    onExecute({ args: { document, operationName, contextValue } }) {
      const operation = getOperationAST(document, operationName);
      if (operation?.operation !== OperationTypeNode.MUTATION) return;
      const fields = operation.selectionSet.selections.flatMap((each) =>
        each.kind === Kind.FIELD ? [each.name.value] : [],
      );
      const { identity, req } = contextValue;
      const { id, name: by } = identity;
      log.info({ by, identity: id, address: clientAddress(req), fields }, 'a mutation');
    },
  };
}
