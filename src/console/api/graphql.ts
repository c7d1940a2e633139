// Types the results and variables of GraphQL documents from schema.graphql.

import { initGraphQLTada } from 'gql.tada';
import type { DocumentNode } from 'graphql';
import type { introspection } from './graphql-env.d.ts';

const tada = initGraphQLTada<{
  introspection: introspection;
  disableMasking: true;
  scalars: { SafeInt: number; DateTime: string; Upload: File };
}>();

/** All documents that are loaded, fragments included: from them comes the list of those that a server allows. */
export const documents: DocumentNode[] = [];

export const graphql = new Proxy(tada, {
  apply(target, self, given: Parameters<typeof tada>) {
    const document = Reflect.apply(target, self, given);
    documents.push(document);
    return document;
  },
});

export type { ResultOf, VariablesOf } from 'gql.tada';
