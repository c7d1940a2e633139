// The interface `Node`, and the queries that find any object by its ID.

import { costs, lengthOf } from '../resolvers/field-cost.ts';
import { checkNodeIds, nodesByIds } from '../resolvers/nodes.ts';
import { MAX_PAGE_SIZE } from '../resolvers/pagination.ts';
import { builder, UNCACHED } from './builder.ts';

export const NodeRef = builder.nodeInterfaceRef();

builder.queryFields((t) => ({
  node: t.loadable({
    type: NodeRef,
    nullable: true,
    authScopes: { reader: true },
    description:
      'Returns an object by ID, or null if it does not exist. BAD_USER_INPUT for what is not the ID of an object.',
    args: {
      id: t.arg.id({
        required: true,
        description:
          'The `id` of a product, an import, a data source or an import profile. Clients choose the IDs of imports; one that is also the ID of a data source or a profile finds that.',
      }),
    },
    load: nodesByIds,
    resolve: (_root, { id }) => id,
    loaderOptions: UNCACHED,
  }),
  nodes: t.loadable({
    type: [NodeRef],
    ...costs({ size: ({ ids }) => lengthOf(ids) }),
    nullable: { list: false, items: true },
    authScopes: { reader: true },
    description:
      'Returns objects in the order of their IDs, with null for those that do not exist. What is not an ID is null, too, with an error at its place in the list.',
    args: {
      ids: t.arg.idList({ required: true, description: `The IDs, at most ${MAX_PAGE_SIZE}.` }),
    },
    load: nodesByIds,
    resolve: (_root, { ids }) => checkNodeIds(ids),
    loaderOptions: UNCACHED,
  }),
}));
