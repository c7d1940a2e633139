// The GraphQL documents of the page for imports.

import { graphql } from '../../api/graphql.ts';

export const IsEmpty = graphql(`
  query IsEmpty {
    products(first: 1) {
      nodes {
        sku
      }
    }
    imports(first: 1) {
      nodes {
        id
      }
    }
  }
`);
