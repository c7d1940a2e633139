// The GraphQL documents of what pages show of imports.

import { graphql } from '../../api/graphql.ts';

export const RejectionCounts = graphql(`
  query RejectionCounts($id: ID!) {
    import(id: $id) {
      id
      issueCounts {
        code
        kind
        count
      }
    }
  }
`);
