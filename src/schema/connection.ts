// Lists in pages, as the Relay cursor specification has them.

import {
  type Connection,
  type CountedConnection,
  DEFAULT_PAGE_SIZE,
  type Edge,
  MAX_PAGE_SIZE,
  type PageInfo,
} from '../resolvers/connection.ts';
import { builder } from './builder.ts';

type Types = typeof builder.$inferSchemaTypes;
type NodeRef<Node> = PothosSchemaTypes.ObjectRef<Types, Node>;

const PAGE_SIZE = `From 0 to ${MAX_PAGE_SIZE}; outside of that BAD_USER_INPUT.`;

const PageInfoRef = builder.objectRef<PageInfo>('PageInfo').implement({
  description: 'Where a page stands in its list.',
  fields: (t) => ({
    hasNextPage: t.exposeBoolean('hasNextPage', { description: 'Whether the list goes on after this page.' }),
    hasPreviousPage: t.exposeBoolean('hasPreviousPage', {
      description: 'Whether the list has nodes before this page.',
    }),
    startCursor: t.exposeString('startCursor', {
      nullable: true,
      description: 'The cursor of the first node, for `before`; null when the page is empty.',
    }),
    endCursor: t.exposeString('endCursor', {
      nullable: true,
      description: 'The cursor of the last node, for `after`; null when the page is empty.',
    }),
  }),
});

export const pageArgs = builder.args((t) => ({
  first: t.int({
    description: `How many nodes, from the start or from \`after\` on. ${DEFAULT_PAGE_SIZE} unless told. ${PAGE_SIZE}`,
  }),
  after: t.string({
    description: 'Only nodes after this cursor, which must come from a page in the same order.',
  }),
  last: t.int({
    description: `How many nodes, counted back from the end or from \`before\`; not with \`first\`. ${PAGE_SIZE}`,
  }),
  before: t.string({
    description: 'Only nodes before this cursor, which must come from a page in the same order.',
  }),
}));

/** Makes `<name>Connection` and `<name>Edge`. */
export function connectionType<Node>(name: string, node: NodeRef<Node>, description: string) {
  const connection = builder.objectRef<Connection<Node>>(`${name}Connection`);
  return connection.implement({ description, fields: (t) => connectionFields(t, name, node) });
}

/** The same with a `totalCount`, which is found only for those who ask for it. */
export function countedConnectionType<Node>(
  name: string,
  node: NodeRef<Node>,
  text: { description: string; totalCount: string },
) {
  const connection = builder.objectRef<CountedConnection<Node>>(`${name}Connection`);
  return connection.implement({
    description: text.description,
    fields: (t) => ({
      ...connectionFields(t, name, node),
      totalCount: t.field({
        type: 'SafeInt',
        description: text.totalCount,
        resolve: (page) => page.totalCount(),
      }),
    }),
  });
}

function connectionFields<Node>(
  t: PothosSchemaTypes.ObjectFieldBuilder<Types, Connection<Node>>,
  name: string,
  node: NodeRef<Node>,
) {
  return {
    edges: t.field({
      type: [edgeType(name, node)],
      description: 'The nodes of this page with their cursors, in order.',
      resolve: (page) => page.edges,
    }),
    nodes: t.field({
      type: [node],
      description: 'The nodes of this page, in order.',
      resolve: (page) => page.edges.map((edge) => edge.node),
    }),
    pageInfo: t.field({
      type: PageInfoRef,
      description: 'Where this page stands in the list.',
      resolve: (page) => page.pageInfo,
    }),
  };
}

function edgeType<Node>(name: string, node: NodeRef<Node>) {
  return builder.objectRef<Edge<Node>>(`${name}Edge`).implement({
    description: 'A node, and its place in the list.',
    fields: (t) => ({
      node: t.expose('node', { type: node, description: 'The node.' }),
      cursor: t.exposeString('cursor', { description: 'Opaque; for `after` and `before`.' }),
    }),
  });
}
