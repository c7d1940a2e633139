// Logs who changes what: each mutation, with its fields and the name of who sent it.

import { type DocumentNode, getOperationAST, Kind, OperationTypeNode, type SelectionSetNode } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { Logger } from 'pino';
import type { Context } from '../../../resolvers/context.ts';
import { clientAddress } from '../../clients/client-address.ts';
import type { ServerContext } from '../../server-context.ts';

export function useMutationLog(log: Logger): Plugin<Context & ServerContext> {
  return {
    onExecute({ args: { document, operationName, contextValue } }) {
      const operation = getOperationAST(document, operationName);
      if (operation?.operation !== OperationTypeNode.MUTATION) return;
      const fields = rootFields(document, operation.selectionSet);
      const { identity, req } = contextValue;
      const { id, name: by } = identity;
      log.info({ by, identity: id, address: clientAddress(req), fields }, 'a mutation');
    },
  };
}

/** The names of the fields, those of fragments included. A validated document has no cycles. */
function rootFields(document: DocumentNode, { selections }: SelectionSetNode): string[] {
  return selections.flatMap((each) => {
    if (each.kind === Kind.FIELD) return [each.name.value];
    if (each.kind === Kind.INLINE_FRAGMENT) return rootFields(document, each.selectionSet);
    const spread = document.definitions.find(
      (definition) =>
        definition.kind === Kind.FRAGMENT_DEFINITION && definition.name.value === each.name.value,
    );
    return spread && 'selectionSet' in spread ? rootFields(document, spread.selectionSet) : [];
  });
}
