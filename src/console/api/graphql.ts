// Types the results and variables of GraphQL documents from schema.graphql.

import { initGraphQLTada } from 'gql.tada';
import type { introspection } from './graphql-env.d.ts';

export const graphql = initGraphQLTada<{
  introspection: introspection;
  disableMasking: true;
  scalars: { SafeInt: number; DateTime: string; Upload: File };
}>();

export type { ResultOf, VariablesOf } from 'gql.tada';
