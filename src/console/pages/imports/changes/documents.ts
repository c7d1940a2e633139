// The GraphQL documents about what an import changed, and what an undo kept.

import { graphql } from '../../../api/graphql.ts';
import { ChangeFields } from '../../../api/product-change.ts';

export const ChangesOfImport = graphql(
  `
    query ChangesOfImport($id: ID!, $first: Int, $after: String, $kind: ChangeKind) {
      import(id: $id) {
        id
        changes(first: $first, after: $after, kind: $kind) {
          nodes {
            ...ChangeFields
          }
          pageInfo {
            hasNextPage
            endCursor
          }
        }
      }
    }
  `,
  [ChangeFields],
);

export const KeptProducts = graphql(`
  query KeptProducts($id: ID!, $first: Int, $after: String) {
    import(id: $id) {
      id
      keptProducts(first: $first, after: $after) {
        nodes {
          sku
          kind
          changedAt
          changedBy {
            id
            kind
            fileName
          }
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
    }
  }
`);
