// The GraphQL documents of changes of counts.

import { graphql } from '../api/graphql.ts';

export const CountsChanged = graphql(`
  subscription CountsChanged {
    productCountsChanged {
      at
    }
  }
`);

export const CountsOfNamesChanged = graphql(`
  subscription CountsOfNamesChanged($names: [String!]) {
    productCountsChanged(names: $names) {
      counts {
        name
        productCount
      }
    }
  }
`);
